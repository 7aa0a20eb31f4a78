from __future__ import annotations

import configparser
from types import SimpleNamespace
from typing import cast

import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.model import Model, Mount
from hub_runner.errors import UsageError
from hub_runner.loop.uat_environment import lasting, with_configuration, with_master_password

LABELS = {"hub-runner.uat": "hub"}


def engine(*variables: str) -> Engine:
    """One whose images have these variables."""
    image = {"Config": {"Env": list(variables)}}
    return cast(Engine, SimpleNamespace(api=SimpleNamespace(inspect_image=lambda _: image)))


def model(**database: object) -> Model:
    services = {"odoo": {"image": "odoo:18.0"}, "db": {"image": "postgres:17", **database}}
    return cast(Model, {"name": "hub-uat-env", "services": services})


def options(configuration: bytes) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(configuration.decode())
    return dict(parser.items("options"))


def test_the_master_password_takes_the_place_of_the_repositorys_and_the_rest_stays() -> None:
    before = b"[options]\nadmin_passwd = admin\naddons_path = /mnt/extra-addons\n"
    assert options(with_master_password(before, "s%cret")) == {
        "admin_passwd": "s%cret",
        "addons_path": "/mnt/extra-addons",
    }


@pytest.mark.parametrize("before", [b"", b"[queue_job]\nchannels = root:1\n"])
def test_a_configuration_without_options_gets_some(before: bytes) -> None:
    assert options(with_master_password(before, "secret"))["admin_passwd"] == "secret"


def test_the_database_and_the_files_get_volumes_that_bear_the_name_and_the_labels() -> None:
    made = lasting(model(environment={"PGDATA": "/data/pg"}), engine(), labels=LABELS)
    assert made["volumes"] == {
        "uat-database": {"name": "hub-uat-env_uat-database", "labels": LABELS},
        "uat-files": {"name": "hub-uat-env_uat-files", "labels": LABELS},
    }
    assert made["services"]["db"]["volumes"] == [{"type": "volume", "source": "uat-database", "target": "/data/pg"}]


def test_the_folder_of_the_data_is_that_of_the_image_if_the_service_names_none() -> None:
    made = lasting(model(), engine("PATH=/bin", "PGDATA=/var/lib/postgresql/18/docker"), labels=LABELS)
    assert made["services"]["db"]["volumes"][0]["target"] == "/var/lib/postgresql/18/docker"


@pytest.mark.parametrize("target", ["/data", "/data/pg"])
def test_a_named_volume_that_holds_the_data_already_is_enough(target: str) -> None:
    mounts = [{"type": "volume", "source": "mine", "target": target}]
    made = lasting(model(environment={"PGDATA": "/data/pg"}, volumes=mounts), engine(), labels=LABELS)
    assert made["services"]["db"]["volumes"] == mounts


@pytest.mark.parametrize("mount", [{"type": "tmpfs", "target": "/data/pg"}, {"type": "volume", "target": "/data/pg"}])
def test_a_mount_that_ends_with_its_container_is_not_enough(mount: dict[str, str]) -> None:
    made = lasting(model(environment={"PGDATA": "/data/pg"}, volumes=[mount]), engine(), labels=LABELS)
    assert made["services"]["db"]["volumes"] == [{"type": "volume", "source": "uat-database", "target": "/data/pg"}]


@pytest.mark.parametrize("tmpfs", ["/data/pg", "/data/pg/:size=1g", ["/data/pg:size=1g"]])
def test_a_database_in_memory_moves_into_its_volume(tmpfs: str | list[str]) -> None:
    made = lasting(model(environment={"PGDATA": "/data/pg"}, tmpfs=tmpfs), engine(), labels=LABELS)
    assert made["services"]["db"]["tmpfs"] == []
    assert made["services"]["db"]["volumes"] == [{"type": "volume", "source": "uat-database", "target": "/data/pg"}]


def test_other_folders_stay_in_memory() -> None:
    made = lasting(model(tmpfs=["/tmp", "/var/lib/postgresql/data"]), engine(), labels=LABELS)
    assert made["services"]["db"]["tmpfs"] == ["/tmp"]


def test_postgresql_waits_for_the_disk_whatever_the_compose_file_says_for_tests() -> None:
    made = lasting(model(command=["postgres", "-c", "fsync=off"]), engine(), labels=LABELS)
    command = made["services"]["db"]["command"]
    assert command is not None
    assert command[:3] == ["postgres", "-c", "fsync=off"]
    assert command.index("fsync=on") > command.index("fsync=off"), "PostgreSQL takes the last one"


def test_a_compose_file_without_a_db_service_has_nothing_that_could_last() -> None:
    with pytest.raises(UsageError, match="needs a service called `db`"):
        lasting(cast(Model, {"name": "x", "services": {"odoo": {"image": "odoo"}}}), engine(), labels=LABELS)


def test_odoo_is_told_of_its_configuration_as_official_images_take_it() -> None:
    assert with_configuration(model(), "/x.conf")["services"]["odoo"]["environment"] == {"ODOO_RC": "/x.conf"}


def test_modules_that_were_copied_in_end_with_their_container() -> None:
    named = [
        {"type": "volume", "source": f"hub-runner-odoo-{n}", "target": it} for n, it in enumerate(("/x/", "/var/lib/odoo"))
    ]
    before = model()
    before["services"]["odoo"]["volumes"] = cast(list[Mount], [*named, {"type": "volume", "source": "mine", "target": "/y"}])
    made = lasting(before, engine(), labels=LABELS, addons="/x")["services"]["odoo"]["volumes"]
    assert made == [
        {"type": "volume", "target": "/x/"},
        named[1],
        {"type": "volume", "source": "mine", "target": "/y"},
    ]
