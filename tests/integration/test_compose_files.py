"""Compose files that a repository has changed: what still works, and what is kept from making two runs meet."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.composefile import resolve
from tests.integration.conftest import Make, keeping_models, run
from tests.standins import Images
from tests.standins.checkout import Checkout, fast_compose

pytestmark = pytest.mark.integration
NAME = "docker-compose.agent.yml"


def model(folder: Path) -> Any:
    """What the one run gave to compose, of which `docker` in ``folder`` has kept a copy."""
    (path,) = folder.glob("*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def changed(odoo: str = "", more: str = "", top: str = "") -> str:
    """This repository's own file with lines added to the odoo service, beside it, and below all."""
    text = fast_compose()
    head, tail = text.split("\nvolumes:\n", 1)
    return f"{head}\n{odoo}\n{more}\nvolumes:\n{tail}\n{top}\n"


def test_a_changed_file_still_works_and_two_runs_of_it_never_meet(make: Make, tmp_path: Path) -> None:
    """Fixed names, restart policies, other services with ports, fixed networks and volumes, env_file, profiles."""
    compose = changed(
        odoo="""
    container_name: the-odoo
    restart: unless-stopped
    env_file: [odoo.env]
    networks: [default, inner]
""",
        more="""
  mail:
    image: ${HUB_RUNNER_ODOO_IMAGE}
    container_name: the-mail
    restart: always
    command: odoo
    ports: ["127.0.0.1:18199:8069"]
    volumes: ["mails:/mails"]
  debug:
    image: no-such-image
    profiles: [debug]
""",
        top="""
  mails: {name: the-mails}
networks:
  inner: {name: the-network, internal: true}
""",
    )
    checkout = make(compose=compose)
    (checkout.root / "odoo.env").write_text("FROM_FILE=yes\n", encoding="utf-8")
    done = run(checkout, "probe", PATH=keeping_models(tmp_path / "docker"))
    assert done.passed, done.said
    services = model(tmp_path / "docker")["services"]
    assert set(services) == {"db", "odoo", "mail"}
    assert services["odoo"]["environment"]["FROM_FILE"] == "yes"
    assert "ports" not in services["mail"]
    assert not [name for name, service in services.items() if "container_name" in service]
    text = json.dumps(model(tmp_path / "docker"))
    assert not [name for name in ("the-mails", "the-network") if f'"{name}"' in text]


def test_odoo_with_internal_networks_only_is_published_all_the_same(make: Make) -> None:
    done = run(make(compose=changed(top="networks:\n  default: {internal: true}")), "probe")
    assert done.passed, done.said


@pytest.fixture
def outside(engine: Engine) -> Iterator[str]:
    """A network and a volume of somebody else."""
    name = "hub-runner-outside"
    engine.client.networks.create(name)
    engine.client.volumes.create(name)
    yield name
    engine.client.networks.get(name).remove()
    engine.client.volumes.get(name).remove()


def test_what_is_external_is_used_and_survives(make: Make, engine: Engine, outside: str) -> None:
    compose = changed(
        odoo=f"    networks: [default, {outside}]",
        top=f"  {outside}: {{external: true}}\nnetworks: {{{outside}: {{external: true}}}}",
    ).replace("odoo-data:/var/lib/odoo", f"{outside}:/var/lib/odoo")
    done = run(make(compose=compose), "probe")
    assert done.passed, done.said
    assert engine.client.networks.get(outside)
    assert engine.client.volumes.get(outside)


def test_an_external_network_that_is_missing_is_said(make: Make) -> None:
    compose = changed(odoo="    networks: [gone]", top="networks: {gone: {external: true, name: hub-runner-gone}}")
    done = run(make(compose=compose), "probe")
    assert done.code == 4
    assert "hub-runner-gone" in done.said


def test_dollar_signs_arrive_as_they_were_meant(make: Make) -> None:
    """In the file `$$` is a dollar sign; the resolved file goes through compose a second time."""
    odoo = """
    labels: {tricky: 'a$$b$$$$c "quoted" {json: [1]}'}
    hostname: tricky
"""
    compose = changed(odoo=odoo).replace("PASSWORD: ", "TRICKY: 'p$$w$${x}$$$$ \"q\" ''s'' \\n'\n      PASSWORD: ", 2)
    script = (
        "begin test_one\n[ \"$TRICKY\" = 'p$w${x}$$ \"q\" '\"'s'\"' \\n' ] && passed test_one || failed test_one\nfinish 0\n"
    )
    checkout = make(compose=compose, modules={"probe": script})
    assert "TRICKY" in model_of(checkout)["services"]["odoo"]["environment"]
    done = run(checkout, "probe")
    assert done.log.count("test test_one: passed") == 1, done.said


def model_of(checkout: Checkout) -> Any:
    environ = {**checkout.environ, "HUB_RUNNER_ADDONS": str(checkout.root / "addons")}
    return resolve(checkout.root / NAME, environ)


def test_an_image_that_the_repository_builds_is_used_and_built_again_when_it_changes(
    make: Make, engine: Engine, standins: Images, tmp_path: Path
) -> None:
    """No image is left behind by each run: one name serves them all."""
    compose = fast_compose().replace("image: ${HUB_RUNNER_ODOO_IMAGE:-odoo:18.0}", "build: .")
    script = 'begin test_one\n[ "$BUILT" = two ] && passed test_one || failed test_one\nfinish 0\n'
    checkout = make(compose=compose, modules={"probe": script})
    tags: set[str] = set()
    path = keeping_models(tmp_path / "docker")
    for word, passed in (("one", False), ("two", True)):
        (checkout.root / "Dockerfile").write_text(f"FROM {standins.odoo}\nENV BUILT={word}\n", encoding="utf-8")
        (checkout.root / ".dockerignore").write_text("*\n", encoding="utf-8")
        done = run(checkout, "probe", PATH=path)
        assert ("test test_one: passed" in done.log) == passed, done.said
        tags |= {tag for it in engine.client.images.list() for tag in it.tags if tag.startswith("hub-runner-build/odoo:")}
    ours = {json.loads(path.read_text())["services"]["odoo"]["image"] for path in (tmp_path / "docker").glob("*.json")}
    assert len(ours) == 1
    assert ours <= tags
    engine.client.images.remove(ours.pop(), force=True)


def test_modules_of_several_folders_come_along_wherever_the_file_shows_them(make: Make, tmp_path: Path) -> None:
    checkout = make(
        modules={"probe": "begin test_one\n[ -f /mnt/extra-addons/helper/__manifest__.py ] && passed test_one\nfinish 0\n"}
    )
    (checkout.root / "addons" / "probe" / "__manifest__.py").write_text("{'depends': ['helper']}", encoding="utf-8")
    helper = checkout.root / "more addons" / "helper"
    helper.mkdir(parents=True)
    (helper / "__manifest__.py").write_text("{'name': 'Helper'}", encoding="utf-8")
    done = run(checkout, "probe", HUB_RUNNER_ADDONS="addons 'more addons'")
    assert "test test_one: passed" in done.log, done.said


def test_no_test_can_change_the_checkout_even_where_the_file_mounts_it_for_writing(make: Make) -> None:
    compose = fast_compose().replace("read_only: true", "read_only: false")
    script = "begin test_one\necho changed >/mnt/extra-addons/probe/__init__.py\npassed test_one\nfinish 0\n"
    checkout = make(compose=compose, modules={"probe": script})
    assert "test test_one: passed" in run(checkout, "probe").log
    assert (checkout.root / "addons" / "probe" / "__init__.py").read_text(encoding="utf-8") == ""


def test_a_repository_without_a_compose_file_is_served_by_ours(make: Make) -> None:
    checkout = make()
    (checkout.root / NAME).unlink()
    done = run(checkout, "probe")
    assert done.passed, done.said
    assert sorted(path.name for path in checkout.root.iterdir() if path.is_dir()) == [".hub-runner", "addons", "state"]


def test_the_file_works_by_hand(make: Make, standins: Images) -> None:
    """`docker compose up` alone, without hub-runner."""
    checkout = make()
    environ = {**checkout.environ, "HUB_RUNNER_ODOO_IMAGE": standins.odoo, "HUB_RUNNER_DB_IMAGE": standins.db}
    compose = ("docker", "compose", "--file", NAME, "--project-name", f"hub-runner-hand-{os.getpid()}")
    environ["HUB_RUNNER_PORT"] = "18198"
    try:
        done = subprocess.run(
            (*compose, "up", "--wait"), cwd=checkout.root, env=environ, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        seen = subprocess.run(
            (*compose, "port", "odoo", "8069"), cwd=checkout.root, env=environ, capture_output=True, check=True
        )
        assert seen.stdout == b"127.0.0.1:18198\n"
    finally:
        subprocess.run(
            (*compose, "down", "--volumes", "--timeout", "0"),
            cwd=checkout.root,
            env=environ,
            capture_output=True,
            check=True,
        )


def test_our_file_gives_nothing_away_and_lets_nothing_run_wild() -> None:
    """No container name, no restart policy, limits, no new privileges, 127.0.0.1 only."""
    model = resolve(Path(__file__).parents[2] / NAME, {"HUB_RUNNER_PORT": "8091", "PATH": os.environ["PATH"]})
    assert set(model["services"]) == {"db", "odoo"}
    for service in model["services"].values():
        assert not {"container_name", "restart", "privileged", "cap_add"} & set(service)
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["mem_limit"]) > 0
        assert service["pids_limit"] > 0
        assert service["healthcheck"]["test"]
    assert [(it["host_ip"], it["published"]) for it in model["services"]["odoo"]["ports"]] == [("127.0.0.1", "8091")]
