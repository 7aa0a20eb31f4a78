"""Keys of a compose file that could make a run fail, meet another run or lie: see docs/compose.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Done, Make, run, run_until
from tests.standins import images
from tests.standins.checkout import PASS, fast_compose

pytestmark = pytest.mark.integration


def changed(odoo: str = "", more: str = "", top: str = "") -> str:
    """This repository's own file with lines added to the odoo service, beside it, and below all."""
    head, tail = fast_compose().split("\nvolumes:\n", 1)
    return f"{head}\n{odoo}\n{more}\nvolumes:\n{tail}\n{top}\n"


def first_line(done: Done) -> str:
    """Of the only problem, as the log has it."""
    return next(line for line in done.said.splitlines() if line.startswith(("PROBLEM", "hub-runner: ")))


def client_config(folder: Path, **values: Any) -> str:
    """A folder for DOCKER_CONFIG."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    return str(folder)


PROXY = {"default": {"httpProxy": "http://127.0.0.1:9"}}


def test_a_proxy_of_dockers_client_does_not_stand_before_the_runs_own_hosts(make: Make, tmp_path: Path) -> None:
    """E1."""
    config = client_config(tmp_path / "config", proxies=PROXY)
    script = 'begin test_one\ncase "$NO_PROXY" in *127.0.0.1*db*odoo*) passed test_one ;; esac\nfinish 0\n'
    done = run(make(modules={"probe": script}), "probe", DOCKER_CONFIG=config)
    assert "test test_one: passed" in done.log, done.said


def test_a_healthcheck_that_takes_the_proxy_all_the_same_is_told_with_it(make: Make, tmp_path: Path) -> None:
    """E1: busybox's wget knows no NO_PROXY."""
    config = client_config(tmp_path / "config", proxies=PROXY)
    compose = (
        fast_compose().replace("curl --silent --fail --output /dev/null", "wget -q -O /dev/null").replace("seq 20", "seq 2")
    )
    words = f"A proxy is set in the container (from {config}/config.json): HTTP_PROXY=http://127.0.0.1:9"
    done, _ = run_until(words, make(compose=compose), "probe", seconds=4, DOCKER_CONFIG=config)
    assert done.code == 4
    assert words in first_line(done)


@pytest.mark.parametrize(
    "keys",
    [
        "    deploy: {replicas: 2, restart_policy: {condition: any}}",
        "    scale: 2",
        "    tmpfs: [/tmp]",
        "    tmpfs: [/tmp, /var/tmp]\n    read_only: true",
        "    logging: {driver: none}",
    ],
    ids=["replicas", "scale", "tmpfs", "read_only", "logging"],
)
def test_it_is_green_with(make: Make, keys: str) -> None:
    """E3, E4, E6."""
    done = run(make(compose=changed(keys)), "probe")
    assert done.passed, done.said


def test_a_secret_may_come_from_the_dotenv_or_be_the_runs_own_password(make: Make) -> None:
    compose = changed(
        "    secrets: [token, password]",
        top="secrets: {token: {environment: TOKEN}, password: {environment: HUB_RUNNER_DB_PASSWORD}}",
    )
    told = '"$(cat /run/secrets/token)$(cat /run/secrets/password)"'
    script = f'begin test_one\ntest {told} = "a b$PASSWORD" && passed test_one\nfinish 0\n'
    checkout = make(compose=compose, modules={"probe": script})
    (checkout.root / ".env").write_text("TOKEN='a b'\n", encoding="utf-8")
    done = run(checkout, "probe")
    assert "test test_one: passed" in done.log, done.said


def test_two_runs_of_a_file_with_fixed_addresses_go_on_beside_each_other(make: Make) -> None:
    """E5."""
    compose = changed(
        "    networks: {default: {ipv4_address: 10.214.7.9}}",
        top="networks: {default: {ipam: {config: [{subnet: 10.214.7.0/24}]}}}",
    )
    done = run(make(compose=compose, modules={"one": PASS, "two": PASS}), "one", "two", "--jobs", "2")
    assert done.code == 0, done.said


def test_the_cause_is_said_if_a_database_that_keeps_no_log_fails(make: Make) -> None:
    """E6: its log is kept all the same."""
    compose = fast_compose().replace("    shm_size: 256m", "    shm_size: 256m\n    logging: {driver: none}")
    done = run(make(compose=compose, odoo_image=images(odoo="unhealthy").odoo, db_image=images(db="exits").db), "probe")
    assert done.code == 4
    assert "db: exited with 3" in first_line(done)
    assert "stand-in postgres: giving up" in done.said


def test_services_find_each_other_by_the_container_names_that_the_file_gives(make: Make) -> None:
    compose = changed(
        more="  page: {image: '${HUB_RUNNER_ODOO_IMAGE}', container_name: the-page, command: odoo}",
    )
    script = "begin test_one\ncurl http://the-page:8069/web/health && passed test_one\nfinish 0\n"
    done = run(make(compose=compose, modules={"probe": script}), "probe")
    assert "test test_one: passed" in done.log, done.said


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("    network_mode: host", "the service `odoo` has `network_mode: host`"),
        ("    pid: host", "the service `odoo` has `pid: host`"),
        ("    ipc: host", "the service `odoo` has `ipc: host`"),
        ("    scale: 0", "the service `odoo` is scaled to 0"),
    ],
)
def test_what_would_meet_others_is_refused_by_name_before_the_engine_is_touched(make: Make, keys: str, words: str) -> None:
    """E4."""
    done = run(make(compose=changed(keys)), "probe", DOCKER_HOST="unix:///nonexistent")
    assert done.code == 2
    assert words in done.said


def test_a_dotenv_that_compose_cannot_read_is_named_with_its_line(make: Make) -> None:
    """E8."""
    checkout = make()
    (checkout.root / ".env").write_text('GOOD=1\nBAD="unclosed\n', encoding="utf-8")
    done = run(checkout, "probe")
    assert done.code == 2
    assert f"{checkout.root}/.env" in done.said
    assert "line 3" in done.said
    assert "is not a valid compose file" not in done.said


def test_a_mount_of_what_the_engine_does_not_have_leaves_no_folder_behind(make: Make) -> None:
    """E9: as for a runner in a container, whose files the engine's host does not have."""
    checkout = make(
        compose=changed().replace("      - odoo-data:", "      - ./odoo.conf:/etc/odoo/odoo.conf\n      - odoo-data:")
    )
    done = run(checkout, "probe")
    assert done.code == 4
    assert f"The environment did not start: the engine has no {checkout.root}/odoo.conf" in first_line(done)
    assert not (checkout.root / "odoo.conf").exists()


def test_the_variable_for_another_platform_is_named(make: Make) -> None:
    """E10."""
    done = run(make(), "probe", DOCKER_DEFAULT_PLATFORM="linux/arm64")
    assert done.code == 4
    assert "DOCKER_DEFAULT_PLATFORM asks for linux/arm64" in first_line(done)


def test_a_missing_credential_helper_is_named_with_its_file(make: Make, tmp_path: Path) -> None:
    """E7."""
    config = client_config(tmp_path / "config", credsStore="desktop")
    done = run(make(odoo_image="127.0.0.1:1/no/such-odoo:1"), "probe", DOCKER_CONFIG=config)
    assert done.code == 4
    assert f"{config}/config.json names the credential helper docker-credential-desktop" in done.said


def test_an_external_network_that_is_missing_is_said_in_the_first_line(make: Make) -> None:
    compose = changed("    networks: [gone]", top="networks: {gone: {external: true, name: hub-runner-gone}}")
    done = run(make(compose=compose), "probe")
    assert done.code == 4
    assert "hub-runner-gone" in first_line(done)


def test_a_database_of_which_odoo_waits_in_vain_is_named_when_the_time_is_over(make: Make) -> None:
    waiting = "depends_on: {db: {condition: service_healthy}}"
    compose = fast_compose().replace("retries: 60", "retries: 100000").replace("depends_on: [db]", waiting)
    words = "the service db is running and starting, and its healthcheck said: no response"
    done, limit = run_until(words, make(db_image=images(db="unhealthy").db, compose=compose), "probe", seconds=3)
    assert done.code == 4
    assert f"did not start within {limit:g} s: {words}" in first_line(done)


# What the documentation of Odoo's image shows, with the images of these tests.
OF_THE_IMAGE = """
services:
  web:
    image: ${HUB_RUNNER_ODOO_IMAGE}
    depends_on: [db]
    ports: ["8069:8069"]
    volumes: [odoo-web-data:/var/lib/odoo, ./addons:/mnt/extra-addons]
    environment: [HOST=db, USER=odoo, PASSWORD=odoo]
  db:
    image: ${HUB_RUNNER_DB_IMAGE}
    environment: [POSTGRES_DB=odoo, POSTGRES_PASSWORD=odoo, POSTGRES_USER=odoo]
    volumes: [odoo-db-data:/var/lib/postgresql/data]
volumes: {odoo-web-data: , odoo-db-data: }
"""


def test_the_services_of_a_file_for_development_are_taken_as_the_docs_show_it(make: Make) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "compose.md").read_text(encoding="utf-8")
    checkout = make(compose=docs.split("```yaml\n")[1].partition("```")[0])
    (checkout.root / "docker-compose.yml").write_text(OF_THE_IMAGE, encoding="utf-8")
    done = run(checkout, "probe")
    assert done.passed, done.said
