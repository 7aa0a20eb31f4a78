from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, cast

import pytest

from hub_runner.engine.compose_overrides import Overrides, own
from hub_runner.engine.composefile import addons_target, odoo_image
from hub_runner.engine.gateway import FRONT
from hub_runner.engine.model import GATEWAY, Model

ADDONS = (Path("/checkout/addons"), Path("/checkout/extra"))
LABELS = {"hub-runner.run": "p"}


def bind(source: str, target: str) -> dict[str, Any]:
    return {"type": "bind", "source": source, "target": target, "read_only": True}


def model(**odoo: Any) -> Model:
    """As ``docker compose config`` writes one."""
    return cast(
        Model,
        {
            "name": "x",
            "services": {"db": {"image": "postgres:17"}, "odoo": {"image": "odoo:18.0", **odoo}},
            "networks": {"default": {"name": "x_default"}},
            "volumes": {"data": {"name": "x_data"}},
        },
    )


COMMANDS = {"odoo:18.0": ["odoo"], "registry.example/odoo:18.0": ["odoo"], "other/odoo:18.0": ["./odoo-bin", "-c", "x"]}


def owned(before: Model, **images: str) -> Model:
    return own(before, Overrides(run_id="p", labels=LABELS, addons=ADDONS, images=images, image_commands=COMMANDS))


def test_everything_that_compose_makes_bears_the_name_and_labels_of_the_run() -> None:
    after = owned(model(labels={"mine": "kept"}))
    assert after["name"] == "p"
    assert after["services"]["odoo"]["labels"] == {"mine": "kept", **LABELS}
    assert after["networks"]["default"] == {"name": "p_default", "labels": LABELS}
    assert after["volumes"]["data"] == {"name": "p_data", "labels": LABELS}


def test_what_would_make_two_runs_meet_or_outlive_their_end_is_dropped() -> None:
    unwanted = {
        "container_name": "odoo",
        "restart": "always",
        "ports": [{"target": 8069}],
        "profiles": ["debug"],
        "scale": 2,
        "logging": {"driver": "none"},
        "mac_address": "02:42:ac:11:65:43",
    }
    assert not set(unwanted) & set(owned(model(**unwanted))["services"]["odoo"])


def test_replicas_and_restarts_are_dropped_and_limits_stay() -> None:
    """E4."""
    deploy = {"replicas": 2, "mode": "replicated", "restart_policy": {"condition": "any"}, "resources": {"limits": {}}}
    assert owned(model(deploy=deploy))["services"]["odoo"]["deploy"] == {"resources": {"limits": {}}}


def test_fixed_addresses_are_dropped_and_aliases_stay() -> None:
    """E5."""
    attachment = {"ipv4_address": "172.30.0.9", "ipv6_address": "fd00::9", "mac_address": "02:42::", "aliases": ["web"]}
    before = model(networks={"default": attachment, "other": None, "fixed": {"ipv4_address": "172.30.0.9"}})
    networks: dict[str, Any] = {
        "default": {
            "ipam": {"config": [{"subnet": "172.30.0.0/16"}]},
            "enable_ipv6": True,
            "driver_opts": {"com.docker.network.bridge.name": "br-odoo", "com.docker.network.driver.mtu": "1400"},
        },
        "other": {"ipam": {}},
    }
    after = owned({**before, "networks": networks})
    assert after["services"]["odoo"]["networks"] == {"default": {"aliases": ["web"]}, "other": None, "fixed": None}
    owned_networks = after.get("networks") or {}
    assert owned_networks["default"] == {
        "driver_opts": {"com.docker.network.driver.mtu": "1400"},
        "name": "p_default",
        "labels": LABELS,
    }
    assert owned_networks["other"] == {"ipam": {}, "name": "p_other", "labels": LABELS}


def test_a_container_name_lives_on_as_an_alias_for_the_other_services() -> None:
    after = owned(model(container_name="the-odoo", networks={"default": None, "back": {"aliases": ["o"]}}))
    assert after["services"]["odoo"]["networks"] == {
        "default": {"aliases": ["the-odoo"]},
        "back": {"aliases": ["o", "the-odoo"]},
    }


def test_no_folder_is_made_on_the_engines_host_for_a_mount_of_what_is_not_there() -> None:
    """E9."""
    volumes = [{**bind("/checkout/odoo.conf", "/etc/odoo/odoo.conf"), "bind": {"create_host_path": True, "selinux": "z"}}]
    (mount,) = owned(model(volumes=volumes))["services"]["odoo"]["volumes"]
    assert mount["bind"] == {"create_host_path": False, "selinux": "z"}


def test_a_service_of_which_the_file_wants_no_container_is_left_out() -> None:
    before = model(depends_on={"db": {"condition": "service_started"}, "mail": {"condition": "service_started"}})
    before["services"]["mail"] = {"image": "mail", "scale": 0}
    after = owned(before)
    assert set(after["services"]) == {"db", "odoo"}
    assert set(after["services"]["odoo"]["depends_on"]) == {"db"}


def test_with_a_proxy_each_service_reaches_the_others_and_itself_directly() -> None:
    """E1."""
    run = Overrides(run_id="p", labels=LABELS, addons=ADDONS, proxies={"HTTP_PROXY": "http://proxy"})
    after = own(model(environment={"A": "b"}), run)["services"]
    assert after["odoo"]["environment"] == {"A": "b", "NO_PROXY": DIRECT, "no_proxy": DIRECT}
    assert after["db"]["environment"] == {"NO_PROXY": DIRECT, "no_proxy": DIRECT}
    assert "environment" not in owned(model())["services"]["db"], "without a proxy nothing is added"


DIRECT = "localhost,127.0.0.1,::1,db,odoo"


def test_a_read_only_container_gets_volumes_for_what_is_copied_into_it() -> None:
    """E3."""
    data = {"type": "volume", "source": "data", "target": "/var/lib/odoo"}
    after = owned(model(read_only=True, volumes=[data]))
    targets = {it["source"]: it["target"] for it in after["services"]["odoo"]["volumes"]}
    assert targets == {
        "data": "/var/lib/odoo",
        "hub-runner-odoo-0": "/hub-runner",
        "hub-runner-odoo-1": "/mnt/extra-addons",
    }
    assert (after.get("volumes") or {})["hub-runner-odoo-0"] == {"name": "p_hub-runner-odoo-0", "labels": LABELS}
    own_folder = {"type": "volume", "source": "data", "target": "/mnt/extra-addons/"}
    after = owned(model(read_only=True, volumes=[own_folder]))
    assert [it["source"] for it in after["services"]["odoo"]["volumes"]] == ["data", "hub-runner-odoo-0"]


def test_no_container_has_an_anonymous_volume_which_would_outlive_it_unseen() -> None:
    declared = {"odoo:18.0": ["/mnt/extra-addons", "/var/lib/odoo"], "postgres:17": ["/var/lib/postgresql/data"]}
    run = Overrides(run_id="p", labels=LABELS, addons=ADDONS, image_volumes=declared)
    data = {"type": "volume", "source": "data", "target": "/var/lib/odoo/"}
    after = own(model(volumes=[data], tmpfs=["/mnt/extra-addons:size=1m"]), run)
    assert after["services"]["odoo"]["volumes"] == [data]
    assert [it["target"] for it in after["services"]["db"]["volumes"]] == ["/var/lib/postgresql/data"]
    assert (after.get("volumes") or {})["hub-runner-db-0"] == {"name": "p_hub-runner-db-0", "labels": LABELS}


def test_a_volume_without_a_name_in_the_file_gets_one() -> None:
    nameless = {"type": "volume", "target": "/var/lib/odoo", "volume": {}}
    run = Overrides(run_id="p", labels=LABELS, addons=ADDONS, image_volumes={"odoo:18.0": ["/mnt", "/var/lib/odoo"]})
    after = own(model(volumes=[nameless, {"type": "tmpfs", "target": "/tmp"}]), run)
    assert [(it.get("source"), it["target"]) for it in after["services"]["odoo"]["volumes"]] == [
        ("hub-runner-odoo-0", "/var/lib/odoo"),
        (None, "/tmp"),
        ("hub-runner-odoo-1", "/mnt"),
    ]
    assert after["volumes"]["hub-runner-odoo-0"] == {"name": "p_hub-runner-odoo-0", "labels": LABELS}


def test_what_is_external_stays_as_it_is() -> None:
    before = model()
    before["networks"]["default"] = {"name": "proxy", "external": True}
    before["volumes"]["data"] = {"name": "shared", "external": True}
    after = owned(before)
    assert after["networks"]["default"] == {"name": "proxy", "external": True}
    assert after["volumes"]["data"] == {"name": "shared", "external": True}


HOME = "/home/me"


@pytest.mark.parametrize(
    ("target", "environment"),
    [
        ("/var/lib/postgresql/data", {}),
        ("/var/lib/postgresql", {}),
        ("/var/lib/postgresql/data/", {"PGDATA": "/var/lib/postgresql/data/pgdata"}),
        ("/pg", {"PGDATA": "/pg/17"}),
        ("/var/lib/odoo", {}),
        ("/var/lib/odoo/filestore", {}),
    ],
)
@pytest.mark.parametrize(
    "volume", [None, {"name": "x", "external": True}, {"name": "x", "driver_opts": {"type": "none", "device": HOME}}]
)
def test_data_that_the_next_run_would_find_lies_in_a_volume_of_the_runs_own(
    target: str, environment: dict[str, str], volume: Any
) -> None:
    """A second run found the database of the first: its module was "installed already"."""
    mount = {"type": "volume", "source": "kept"} if volume else {"type": "bind", "source": HOME}
    before = model(volumes=[{**mount, "target": target}], environment=environment)
    before["volumes"]["kept"] = volume
    after = owned(before)
    (kept,) = after["services"]["odoo"]["volumes"]
    assert (kept["type"], kept["target"]) == ("volume", target)
    made = after["volumes"][kept["source"]]
    assert made == {"name": f"p_{kept['source']}", "labels": LABELS}


def test_services_that_share_a_folder_of_data_share_the_volume_in_its_place() -> None:
    data = {"type": "bind", "source": HOME, "target": "/var/lib/odoo"}
    before = model(volumes=[data])
    before["services"]["worker"] = cast(Any, {"image": "odoo:18.0", "volumes": [data]})
    services = owned(before)["services"]
    assert services["odoo"]["volumes"] == services["worker"]["volumes"]


def test_what_is_no_data_of_a_run_is_mounted_as_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").touch()
    mounts: list[dict[str, Any]] = [
        {"type": "bind", "source": f"{tmp_path}/postgresql.conf", "target": "/var/lib/postgresql/data/postgresql.conf"},
        {"type": "bind", "source": HOME, "target": "/var/lib/odoo/addons/18.0"},
        {"type": "bind", "source": HOME, "target": "/var/lib/odoo/filestore", "read_only": True},
        {"type": "bind", "source": HOME, "target": "/docker-entrypoint-initdb.d"},
        {"type": "volume", "source": "fast", "target": "/var/lib/postgresql/data"},
        {"type": "volume", "source": "shared", "target": "/shared"},
    ]
    before = model(volumes=mounts)
    memory = {"type": "tmpfs", "device": "tmpfs"}
    before["volumes"]["fast"] = {"driver_opts": memory}
    before["volumes"]["shared"] = {"external": True}
    after = owned(before)
    assert [it["type"] for it in after["services"]["odoo"]["volumes"]] == [it["type"] for it in mounts]
    assert after["volumes"]["fast"] == {"name": "p_fast", "driver_opts": memory, "labels": LABELS}
    assert after["volumes"]["shared"] == {"external": True}


def test_the_repositorys_model_is_not_changed() -> None:
    before = model(restart="always", volumes=[bind("/checkout/addons", "/mnt")])
    kept = copy.deepcopy(before)
    owned(before)
    assert before == kept


def test_a_service_or_network_of_nothing_is_fine() -> None:
    before = model()
    before["networks"]["default"] = None
    assert owned(before)["networks"]["default"] == {"name": "p_default", "labels": LABELS}


def test_an_image_is_replaced_where_it_stands_and_is_never_pulled_by_compose() -> None:
    services = owned(model(), **{"odoo:18.0": "hub-runner/odoo:19.0"})["services"]
    assert (services["odoo"]["image"], services["odoo"]["pull_policy"]) == ("hub-runner/odoo:19.0", "never")
    assert services["db"]["image"] == "postgres:17"


def test_an_image_that_the_repository_builds_is_built_again_under_one_name_for_all_runs() -> None:
    before = model(build={"context": "/checkout"})
    del before["services"]["odoo"]["image"]
    first, second = (own(before, Overrides(run_id=name, labels={}, addons=ADDONS)) for name in ("p", "q"))
    assert first["services"]["odoo"]["image"] == second["services"]["odoo"]["image"]
    assert first["services"]["odoo"]["pull_policy"] == "build"
    before["services"]["odoo"]["build"]["context"] = "/another checkout"
    assert owned(before)["services"]["odoo"]["image"] != first["services"]["odoo"]["image"]


def test_a_build_never_overwrites_our_stand_in() -> None:
    after = owned(model(build={"context": "/checkout"}), **{"odoo:18.0": "hub-runner/odoo:19.0"})
    assert after["services"]["odoo"]["image"] == "odoo:18.0"


@pytest.mark.parametrize(
    ("volumes", "target"),
    [
        ([], "/mnt/extra-addons"),
        ([bind("/checkout/addons", "/opt/addons")], "/opt/addons"),
        ([bind("/etc/odoo", "/etc/odoo"), bind("/checkout/extra/", "/opt/extra")], "/opt/extra"),
        ([bind("/checkout/addons/traction", "/opt/one/traction")], "/opt/one"),
        ([bind("/checkout/addons/traction", "/opt/one/traction"), bind("/checkout/extra", "/opt/extra")], "/opt/extra"),
        ([bind("/checkout", "/opt/all")], "/mnt/extra-addons"),
        ([{"type": "volume", "source": "data", "target": "/var/lib/odoo"}], "/mnt/extra-addons"),
        ([{"type": "tmpfs", "target": "/tmp"}], "/mnt/extra-addons"),
    ],
)
def test_the_modules_are_copied_to_where_the_file_would_have_shown_them(volumes: list[Any], target: str) -> None:
    assert addons_target(model(volumes=volumes), ADDONS) == target


def test_no_mount_lets_a_test_change_the_modules_of_the_checkout() -> None:
    kept = [bind("/checkout/etc", "/etc/odoo"), {"type": "volume", "source": "data", "target": "/var/lib/odoo"}]
    gone = [bind("/checkout/addons", "/mnt/extra-addons"), bind("/checkout/extra/traction", "/mnt/extra/traction")]
    volumes = owned(model(volumes=[*gone, *kept]))["services"]["odoo"]["volumes"]
    assert [it["target"] for it in volumes] == ["/etc/odoo", "/var/lib/odoo"]


def test_the_addons_folder_is_known_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "addons").symlink_to(tmp_path / "real")
    volumes = [bind(str(tmp_path / "real"), "/opt/addons")]
    assert addons_target(model(volumes=volumes), (tmp_path / "addons",)) == "/opt/addons"


def test_a_dollar_sign_in_a_path_is_compose_s_way_to_write_it(tmp_path: Path) -> None:
    (tmp_path / "$HOME").mkdir()
    volumes = [bind(f"{tmp_path}/$$HOME", "/opt/$$x")]
    assert addons_target(model(volumes=volumes), (tmp_path / "$HOME",)) == "/opt/$x"


def test_the_image_is_that_of_the_service_and_unknown_where_it_is_built() -> None:
    assert odoo_image(model(image="our/odoo:1")) == "our/odoo:1"
    assert odoo_image(model(build={"context": "."})) == ""


@pytest.mark.parametrize("command", [["odoo", "--max-cron-threads=0"], ["--max-cron-threads=0"], None])
def test_the_server_is_kept_from_the_database_of_the_tests(command: list[str] | None) -> None:
    after = owned(model(image="registry.example/odoo:18.0", command=command))
    words = after["services"]["odoo"]["command"] or []
    assert words[-1] == "--db-filter=^(?!hub_runner_test)"
    assert words.count("--max-cron-threads=0") == 1, "scheduled actions take no notice of the filter"


def test_the_server_of_a_lasting_environment_runs_its_scheduled_actions() -> None:
    run = Overrides(run_id="p", labels=LABELS, addons=ADDONS, crons=True)
    assert own(model(command=["odoo"]), run)["services"]["odoo"]["command"] == ["odoo", "--db-filter=^(?!hub_runner_test)"]


@pytest.mark.parametrize(
    ("variables", "kept_from"),
    [
        ({"POSTGRES_DB": "postgres", "POSTGRES_USER": "odoo"}, ""),
        ({"POSTGRES_DB": "odoo", "POSTGRES_USER": "x"}, "|odoo$$"),
        ({"POSTGRES_USER": "my.shop"}, r"|my\.shop$$"),
        ({"POSTGRES_PASSWORD": "x"}, ""),
    ],
)
def test_the_server_is_kept_from_the_empty_database_of_postgresqls_image(variables: dict[str, str], kept_from: str) -> None:
    """It would answer its healthcheck with 500: in there are no tables of Odoo."""
    before = model(image="odoo:18.0", command=None)
    before["services"]["db"]["environment"] = {**variables}
    after = owned(before)
    assert (after["services"]["odoo"]["command"] or [])[-1] == f"--db-filter=^(?!hub_runner_test{kept_from})"


@pytest.mark.parametrize(
    ("image", "command"),
    [
        ("odoo:18.0", ["odoo", "--db-filter=^mine$"]),
        ("odoo:18.0", ["sh", "-c", "exec odoo"]),
        ("my-own-server", None),
        ("other/odoo:18.0", None),
    ],
)
def test_a_command_of_another_kind_stays_as_it_is(image: str, command: list[str] | None) -> None:
    after = owned(model(image=image, command=command))
    assert after["services"]["odoo"].get("command") == command


def test_of_an_image_that_compose_builds_nobody_knows_the_command() -> None:
    before = model(build={"context": "."})
    del before["services"]["odoo"]["image"]
    assert "command" not in owned(before)["services"]["odoo"]


def test_an_image_is_not_asked_for_its_command_if_the_file_has_an_entrypoint_of_its_own() -> None:
    assert "command" not in owned(model(entrypoint=["/start"]))["services"]["odoo"]


@pytest.mark.parametrize("internal", [True, False])
def test_odoo_with_internal_networks_only_is_published_by_a_gateway(internal: bool) -> None:
    before = model(networks={"back": None})
    before["networks"] = {"default": {"name": "x_default"}, "back": {"name": "x_back", "internal": internal}}
    after = owned(before)
    assert (GATEWAY in after["services"]) == internal
    assert not (after["networks"]["default"] or {}).get("internal")
    if internal:
        assert set(after["services"][GATEWAY]["networks"]) == {"back", FRONT}
