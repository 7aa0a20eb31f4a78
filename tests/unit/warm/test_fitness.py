"""In doubt a run starts cold, and says why."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest

from hub_runner.engine.model import Model, Service, Volume
from hub_runner.warm.fitness import OUTSIDE, ImageConfig, data_folder, outside_of_volumes, unfit, why_unknown
from tests.unit.warm.worlds import IMAGE, MODEL


def changed(service: str, **values: Any) -> Model:
    model = copy.deepcopy(MODEL)
    model["services"][service] |= cast(Service, values)
    return model


def test_this_repositorys_compose_file_is_fit() -> None:
    assert unfit(MODEL, IMAGE) is None
    assert why_unknown(MODEL) is None


def test_a_database_outside_of_each_volume_stays_where_it_is() -> None:
    assert outside_of_volumes(MODEL, IMAGE) == MODEL


@pytest.mark.parametrize(
    ("model", "image"),
    [
        (changed("db", environment={"POSTGRES_USER": "odoo"}), IMAGE),
        (
            changed("db", environment={"POSTGRES_USER": "odoo", "PGDATA": "/var/lib/postgresql/18/docker"}),
            {**IMAGE, "Volumes": {"/var/lib/postgresql": {}}},
        ),
        (changed("db", volumes=[{"type": "volume", "source": "x", "target": "/var/lib/hub-runner"}]), IMAGE),
    ],
    ids=["no PGDATA", "PostgreSQL 18", "a volume of the compose file"],
)
def test_a_database_in_a_volume_that_goes_with_the_run_is_moved_out_of_it(model: Model, image: ImageConfig) -> None:
    assert unfit(model, image) is None
    moved = outside_of_volumes(model, image)["services"]["db"]
    assert str(data_folder(moved, image)) == OUTSIDE
    assert moved["environment"]["POSTGRES_USER"] == "odoo"
    assert outside_of_volumes(model, image)["services"]["odoo"] == model["services"]["odoo"]


@pytest.mark.parametrize(
    "log",
    [
        {"POSTGRES_INITDB_WALDIR": "/wal"},
        {"POSTGRES_INITDB_ARGS": "--no-sync --waldir=/wal"},
        {"POSTGRES_INITDB_ARGS": "-X /wal"},
    ],
)
@pytest.mark.parametrize(
    "mount", [{"tmpfs": ["/wal:mode=700"]}, {"volumes": [{"type": "volume", "source": "x", "target": "/wal"}]}]
)
def test_a_write_ahead_log_in_a_mount_is_in_no_image(log: dict[str, str], mount: dict[str, Any]) -> None:
    environment = {**(MODEL["services"]["db"]["environment"]), **log}
    assert "write-ahead log (/wal) lies in a mount (/wal)" in str(
        unfit(changed("db", environment=environment, **mount), IMAGE)
    )
    assert unfit(changed("db", environment=environment), IMAGE) is None


def test_what_is_in_an_image_that_is_mounted_is_not_known() -> None:
    mount = {"type": "image", "source": "company/enterprise:18.0", "target": "/mnt/enterprise"}
    assert "has a mount of company/enterprise:18.0, whose" in str(unfit(changed("odoo", volumes=[mount]), IMAGE))


def test_a_user_of_the_service_may_be_unable_to_make_another_folder() -> None:
    why = unfit(changed("db", environment={"POSTGRES_USER": "odoo"}, user="999"), IMAGE)
    assert "can make no other folder" in str(why)


@pytest.mark.parametrize(
    "mount",
    [
        {"volumes": [{"type": "bind", "source": "/", "target": "/var/lib/hub-runner/pgdata"}]},
        {"tmpfs": ["/var/lib/hub-runner:size=1g"]},
        {"tmpfs": "/var/lib"},
    ],
    ids=["bind", "tmpfs", "one tmpfs"],
)
def test_a_database_in_any_mount_is_kept_by_no_image(mount: dict[str, Any]) -> None:
    assert "lies in a mount" in str(unfit(changed("db", **mount), IMAGE))


def test_a_newer_postgres_image_with_its_volume_further_up_is_fit_with_this_repositorys_file() -> None:
    """E11."""
    newer: ImageConfig = {**IMAGE, "Volumes": {"/var/lib/postgresql": {}}}
    assert unfit(MODEL, newer) is None
    assert outside_of_volumes(MODEL, newer) == MODEL


def test_a_volume_around_the_other_folder_too_leaves_no_place() -> None:
    volume = {"type": "volume", "source": "x", "target": "/var/lib"}
    assert "lies in a volume" in str(unfit(changed("db", volumes=[volume]), IMAGE))


def test_a_folder_that_only_begins_like_a_volume_is_outside_of_it() -> None:
    environment = {**MODEL["services"]["db"]["environment"], "PGDATA": "/var/lib/postgresql/data-of-runs"}
    model = changed("db", environment=environment)
    assert outside_of_volumes(model, IMAGE) == model


def test_a_database_elsewhere_is_not_ours_to_prepare() -> None:
    assert "is not the service `db`" in str(unfit(changed("odoo", environment={"HOST": "postgres.internal"}), IMAGE))


def test_a_database_without_a_healthcheck_could_be_asked_too_early() -> None:
    assert "no healthcheck" in str(unfit(changed("db", healthcheck=None), IMAGE))


@pytest.mark.parametrize("key", ["configs", "secrets", "volumes_from"])
def test_contents_that_nobody_knows_beforehand_start_cold(key: str) -> None:
    assert f"`{key}`" in str(unfit(changed("odoo", **{key: ["something"]}), IMAGE))


def test_an_external_volume_may_hold_anything() -> None:
    model = changed("odoo", volumes=[{"type": "volume", "source": "enterprise", "target": "/mnt/enterprise"}])
    model["volumes"]["enterprise"] = {"external": True, "name": "enterprise"}
    assert "the external volume enterprise" in str(unfit(model, IMAGE))


@pytest.mark.parametrize("volume", [{"driver_opts": {"type": "none", "o": "bind", "device": "/srv"}}, {"driver": "nfs"}])
def test_a_volume_that_leads_elsewhere_may_hold_anything(volume: dict[str, Any]) -> None:
    model = changed("odoo", volumes=[{"type": "volume", "source": "enterprise", "target": "/mnt/enterprise"}])
    model["volumes"]["enterprise"] = cast(Volume, volume)
    assert "the volume enterprise with a driver or options" in str(unfit(model, IMAGE))


def test_a_volume_that_another_service_has_too_may_hold_anything() -> None:
    model = changed("odoo", volumes=[{"type": "volume", "source": "fetched", "target": "/mnt/fetched"}])
    model["volumes"]["fetched"] = {}
    assert unfit(model, IMAGE) is None
    model["services"]["fetch"] = {"image": "git", "volumes": [{"type": "volume", "source": "fetched", "target": "/x"}]}
    assert "the volume fetched, which another service has, too" in str(unfit(model, IMAGE))


@pytest.mark.parametrize(
    "memory",
    [
        {"tmpfs": ["/var/lib/odoo"]},
        {"tmpfs": "/var/lib/odoo/filestore:size=1g"},
        {"volumes": [{"type": "tmpfs", "target": "/var/lib"}]},
    ],
    ids=str,
)
def test_files_in_memory_can_be_copied_by_no_engine(memory: dict[str, Any]) -> None:
    assert "in memory" in str(unfit(changed("odoo", **memory), IMAGE))
    assert unfit(changed("odoo", tmpfs=["/tmp"]), IMAGE) is None  # a folder of the container


def test_an_entrypoint_of_its_own_may_prepare_what_a_database_is_made_with() -> None:
    assert "an entrypoint of its own" in str(unfit(changed("odoo", entrypoint=["/prepare.sh"]), IMAGE))


def test_a_mount_of_the_engines_own_host_cannot_be_looked_into() -> None:
    mount = {"type": "bind", "source": "/on/the/engines/host", "target": "/mnt/enterprise"}
    assert "/on/the/engines/host, which is not here" in str(unfit(changed("odoo", volumes=[mount]), IMAGE))


def test_on_another_host_a_path_of_ours_may_hold_anything() -> None:
    mount = {"type": "bind", "source": "/", "target": "/mnt/enterprise"}
    assert unfit(changed("odoo", volumes=[mount]), IMAGE) is None
    assert "which is not here" in str(unfit(changed("odoo", volumes=[mount]), IMAGE, same_host=False))


@pytest.mark.parametrize("service", ["db", "odoo"])
def test_an_image_that_compose_builds_is_not_known_beforehand(service: str) -> None:
    assert f"`{service}`" in str(why_unknown(changed(service, build={"context": "."})))


def test_without_a_service_db_there_is_nothing_to_prepare() -> None:
    model = copy.deepcopy(MODEL)
    del model["services"]["db"]
    assert "no service `db`" in str(why_unknown(model))
