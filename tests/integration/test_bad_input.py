"""Bad input and bad surroundings: each has its message, its exit code and no container."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Make, fake_docker, run
from tests.standins.checkout import PASS, REPOSITORY, add_module

pytestmark = pytest.mark.integration
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="mounts, or acts as another user")
TINY = "services: {odoo: {image: x, healthcheck: {test: [CMD, 'true']}}}"


@pytest.mark.parametrize(
    ("compose", "words"),
    [
        ("services: {odoo: [", "is not a valid compose file"),
        ("services: {odoo: {image: x, colour: red}}", "Additional property colour is not allowed"),
        ("services: {web: {image: x}, db: {image: y}}", "has no service called `odoo`; it has: db, web"),
        ("services: {odoo: {image: x}}", "the service `odoo` needs a healthcheck"),
        ("services: {odoo: {image: x, healthcheck: {disable: true}}}", "the service `odoo` needs a healthcheck"),
        ("services: {odoo: {image: x, healthcheck: {test: [NONE]}}}", "the service `odoo` needs a healthcheck"),
        (TINY.replace("x,", "'${NOT_SET:?is missing}',"), "NOT_SET"),
    ],
)
def test_a_compose_file_that_is_not_fit_is_refused_before_the_engine_is_touched(
    make: Make, compose: str, words: str
) -> None:
    checkout = make(compose=compose)
    done = run(checkout, "probe", DOCKER_HOST="unix:///nonexistent")
    assert done.code == 2
    assert words in done.said
    assert "NO RUN BEGAN" in done.log


def test_an_engine_that_does_not_run_is_named_with_what_to_do(make: Make, tmp_path: Path) -> None:
    done = run(make(), "probe", DOCKER_HOST=f"unix://{tmp_path}/gone.sock")
    assert done.code == 4
    assert f"No Docker engine answers on unix://{tmp_path}/gone.sock" in done.said
    assert "nox -s setup" in done.said
    assert "No Docker engine answers" in done.log


def test_a_socket_behind_which_nobody_listens_is_named(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    done = run(make(), "probe", DOCKER_HOST=f"unix://{path}")
    assert done.code == 4
    assert "Connection refused" in done.said


@ROOT
def test_an_engine_that_does_not_let_this_user_in_says_how_to_get_in(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    path = tmp_path / "locked.sock"
    words = "from hub_runner.engine.client import connect; connect()"
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.chmod(0)
        done = subprocess.run(
            (*nobody, sys.executable, "-c", words),
            env={**os.environ, "DOCKER_HOST": f"unix://{path}", "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert "EnvironmentFailure" in done.stderr
    assert "does not let this user in" in done.stderr
    assert "usermod -aG docker" in done.stderr


@pytest.mark.parametrize("value", ["nonsense", "tcp://", "ssh://nobody@127.0.0.1:1"])
def test_a_docker_host_that_is_none_is_no_defect_of_ours(make: Make, value: str) -> None:
    done = run(make(), "probe", DOCKER_HOST=value)
    assert done.code == 4
    assert "Traceback" not in done.said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vanished", 'context "vanished": context not found'),
        ("painted", "No Docker engine answers on the context painted"),
    ],
)
def test_a_docker_context_is_honoured_or_refused_and_never_taken_for_another(
    make: Make, tmp_path: Path, name: str, words: str
) -> None:
    """Otherwise compose would start containers in one engine, and the cleanup look for them in another."""
    config = str(tmp_path / "config")
    Path(config).mkdir()
    create = ("docker", "context", "create", "painted", "--docker", f"host=unix://{tmp_path}/no.sock")
    subprocess.run(create, env={**os.environ, "DOCKER_CONFIG": config}, check=True, capture_output=True)
    done = run(make(), "probe", DOCKER_CONFIG=config, DOCKER_CONTEXT=name)
    assert done.code == 4
    assert words in done.said


def test_a_docker_without_compose_is_said(make: Make, tmp_path: Path) -> None:
    path = fake_docker(tmp_path / "bin", "echo \"docker: 'compose' is not a docker command.\" >&2; exit 1")
    done = run(make(), "probe", PATH=path)
    assert done.code == 4
    assert "compose plugin is missing or too old" in done.said
    assert "nox -s setup" in done.said


def test_a_compose_that_is_too_old_is_said_before_anything_starts(make: Make, tmp_path: Path) -> None:
    path = fake_docker(tmp_path / "bin", 'case "$*" in *version*) echo 2.19.1;; *) exec $DOCKER "$@";; esac')
    done = run(make(), "probe", PATH=path)
    assert done.code == 4
    assert "2.20 or later is needed" in done.said


def test_no_docker_at_all_is_said(make: Make, tmp_path: Path) -> None:
    done = run(make(), "probe", PATH=str(tmp_path))
    assert done.code == 4
    assert "`docker` is not on PATH" in done.said


def test_an_image_that_is_not_to_be_had_is_named(make: Make) -> None:
    done = run(make(odoo_image="127.0.0.1:1/no/such-odoo:1"), "probe")
    assert done.code == 4
    assert "The image 127.0.0.1:1/no/such-odoo:1 could not be pulled" in done.said


def test_an_image_name_that_is_none_is_said(make: Make) -> None:
    done = run(make(odoo_image="Not An Image"), "probe")
    assert done.code == 2
    assert "Not An Image" in done.said
    assert "Traceback" not in done.said


def test_an_odoo_that_ends_at_once_is_shown_with_its_last_words(make: Make, standins: object) -> None:
    from tests.standins import images

    done = run(make(odoo_image=images(odoo="exits").odoo), "probe")
    assert done.code == 4
    assert "cannot become healthy any more" in done.said
    assert "exited" in done.said


def test_a_database_that_ends_at_once_is_shown_with_its_last_words(make: Make) -> None:
    from tests.standins import images

    done = run(make(odoo_image=images(odoo="unhealthy").odoo, db_image=images(db="exits").db), "probe")
    assert done.code == 4
    assert "A service ended while Odoo was starting: db: exited with 3" in done.said
    assert "stand-in postgres: giving up" in done.said


def test_a_database_that_never_gets_healthy_ends_with_the_time_limit(make: Make) -> None:
    from tests.standins import images
    from tests.standins.checkout import fast_compose

    waiting = "depends_on: {db: {condition: service_healthy}}"
    compose = fast_compose().replace("retries: 60", "retries: 100000").replace("depends_on: [db]", waiting)
    done = run(make(db_image=images(db="unhealthy").db, compose=compose, health_timeout=3.0), "probe")
    assert done.code == 4
    assert "within 3 s" in done.said


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KB, most of which is taken."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)), check=True)
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


@ROOT
def test_a_disk_without_any_room_stops_the_run_before_it_begins(make: Make, small_disk: Path) -> None:
    with (small_disk / "fill").open("wb") as file, pytest.raises(OSError, match="No space"):
        file.write(b"x" * 300_000)
    done = run(make(), "probe", "--output", str(small_disk))
    assert done.code == 4
    assert "cannot be written" in done.said
    assert "No space left" in done.said
    assert "starting the environment" not in done.said


@ROOT
def test_a_disk_that_fills_up_during_the_tests_is_said_and_cleaned_after(make: Make, small_disk: Path) -> None:
    checkout = make(modules={"noisy": f"begin test_one\nsay 9000 0\n{PASS.split(chr(10), 1)[1]}"})
    done = run(checkout, "noisy", "--output", str(small_disk))
    assert "The log is not complete" in done.said
    assert "No space left" in done.said
    assert "verified: nothing of" in done.said


@ROOT
def test_a_checkout_that_is_read_only_needs_an_output_elsewhere(make: Make, tmp_path: Path) -> None:
    checkout = make(tmp_path / "real")
    bound = tmp_path / "bound"
    bound.mkdir()
    subprocess.run(("mount", "--bind", "-o", "ro", str(checkout.root), str(bound)), check=True)
    try:
        state = str(tmp_path / "state")
        done = run(checkout, "probe", cwd=bound, HUB_RUNNER_STATE=state)
        assert done.code == 4
        assert "Read-only file system" in done.said
        assert "--output" in done.said
        assert run(checkout, "probe", "--output", str(tmp_path / "out"), cwd=bound, HUB_RUNNER_STATE=state).passed
        assert "exit code" in (tmp_path / "out" / "proof_of_execution_tests.log").read_text(encoding="utf-8")
    finally:
        subprocess.run(("umount", str(bound)), check=True)


def test_a_log_that_is_a_folder_is_said(make: Make) -> None:
    checkout = make()
    checkout.log.mkdir()
    (checkout.log / "file").touch()
    process = checkout.hub_runner("run", "probe")
    assert process.returncode == 4
    assert "cannot be written" in process.stderr


def test_a_state_folder_that_cannot_be_used_is_said(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(make(), "probe", HUB_RUNNER_STATE=str(tmp_path / "file" / "state"))
    assert done.code == 4
    assert "HUB_RUNNER_STATE" in done.said


def test_any_path_umask_and_link_will_do_without_git_or_a_terminal(make: Make, tmp_path: Path) -> None:
    """Spaces, letters of other scripts, a module that is a link, files that only their owner reads, a folder below."""
    checkout = make(tmp_path / "my pröject каталог $HOME", modules={})
    add_module(tmp_path / "elsewhere" / "probe", PASS)
    (checkout.root / "addons").mkdir()
    (checkout.root / "addons" / "probe").symlink_to(tmp_path / "elsewhere" / "probe")
    for path in (tmp_path / "elsewhere").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    bare = tmp_path / "bin"
    bare.mkdir()
    docker = shutil.which("docker")
    assert docker
    (bare / "docker").symlink_to(docker)
    prefix = ("sh", "-c", 'umask 077; exec setsid --wait "$@"', "sh") if shutil.which("setsid") else ()
    done = run(checkout, "probe", cwd=checkout.root / "addons", prefix=prefix)
    assert done.passed, done.said
    bare_done = run(checkout, "probe", PATH=str(bare))
    assert bare_done.passed, bare_done.said
