"""An engine that goes away in the middle of a run, and comes back."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGKILL

import docker
import pytest

from hub_runner.cleanup.teardown import teardown
from hub_runner.engine.client import Engine
from tests.integration.daemon import Daemon
from tests.integration.scene import HANGING, Scene, running
from tests.standins import images
from tests.standins.checkout import checkout

pytestmark = [pytest.mark.integration, pytest.mark.skipif(bool(Daemon.why_not()), reason=Daemon.why_not())]


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with Daemon() as found:
        yield found


@pytest.fixture
def scene(daemon: Daemon, tmp_path: Path) -> Iterator[Scene]:
    """A run in the middle of its tests."""
    client = docker.DockerClient(base_url=daemon.host)
    place = checkout(tmp_path / "checkout", images(client=client), modules=HANGING, cold=True, ports="18070-18079")
    with running(Engine(client), place, environ={"DOCKER_HOST": daemon.host}) as found:
        yield found
    client.close()


def test_an_engine_that_is_stopped_ends_the_run_with_4_and_the_guard_cleans_once_it_is_back(
    daemon: Daemon, scene: Scene
) -> None:
    daemon.stop()
    assert scene.ends() == 4
    assert "not verified, the engine did not answer" in scene.log
    assert scene.victim.find("guard") != []
    daemon.start()
    assert scene.becomes_clean()
    assert "guard        Cleanup by the guard" in scene.log


def test_a_run_whose_engine_is_killed_and_restarted_ends_with_4_and_cleans_by_itself(daemon: Daemon, scene: Scene) -> None:
    daemon.kill()
    daemon.start()
    assert scene.ends() == 4
    assert scene.becomes_clean(within=0)
    assert "verified: nothing of" in scene.log


def test_a_guard_waits_for_the_engine_when_both_runner_and_engine_were_killed(daemon: Daemon, scene: Scene) -> None:
    daemon.kill()
    scene.victim.send(SIGKILL)
    scene.ends()
    daemon.start()
    assert scene.becomes_clean()
    assert "guard        Cleanup by the guard" in scene.log


@contextlib.contextmanager
def kept_from_removal(folder: Path) -> Iterator[None]:
    """An engine that comes to this folder fails half-way through a removal."""
    held = folder / "held"
    held.touch()
    subprocess.run(("chattr", "+i", str(held)), check=True)
    try:
        yield
    finally:
        subprocess.run(("chattr", "-i", str(held)), check=True)


def test_a_container_whose_removal_failed_half_way_is_named_and_removed_once_it_can_be(daemon: Daemon, scene: Scene) -> None:
    """The engine calls it `removing`, and `dead` after a restart of its own."""
    (dying,) = (it for it in scene.containers() if "-odoo-" in str(it["Names"]))
    layer = scene.engine.api.inspect_container(dying["Id"])["GraphDriver"]["Data"]["UpperDir"]
    with kept_from_removal(Path(layer)):
        scene.victim.send(SIGINT)
        assert scene.ends() == 6
        assert [it["State"] for it in scene.containers()] == ["removing"]
        assert "held: operation not permitted" in scene.log
        assert f"docker rm --force --volumes {scene.project}-odoo-1" in scene.log
        daemon.stop()
        daemon.start()
        assert [it["State"] for it in scene.containers()] == ["dead"]
    assert teardown(scene.project, connector=lambda timeout: scene.engine).is_clean
    assert scene.becomes_clean(within=0)


def test_an_engine_that_restarts_before_any_test_begins_costs_a_second_try_and_not_the_verdict(
    daemon: Daemon, tmp_path: Path
) -> None:
    client = docker.DockerClient(base_url=daemon.host)
    slow = images(odoo="slow", client=client)
    place = checkout(tmp_path / "checkout", slow, cold=True, ports="18060-18069", health_timeout=60.0)
    with running(Engine(client), place, phase="health", environ={"DOCKER_HOST": daemon.host}) as scene:
        daemon.kill()
        daemon.start()
        assert scene.ends() == 0, scene.log
        assert "No test had begun, so once more from the start: The Docker engine stopped answering" in scene.log
        assert scene.becomes_clean(within=0)
    client.close()
