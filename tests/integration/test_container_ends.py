"""What ends a container in the middle of a run is said by the engine's events (U4)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make
from tests.integration.scene import running
from tests.standins.checkout import HELD

pytestmark = pytest.mark.integration
HOLDS_AND_GIVES_UP = HELD.replace("passed test_one\nfinish 0", "exit 9")


def kill_process(engine: Engine, container: str) -> None:
    """By the kernel, past the engine."""
    os.kill(engine.client.containers.get(container).attrs["State"]["Pid"], signal.SIGKILL)


@pytest.mark.parametrize(
    ("service", "strike", "words"),
    [
        ("odoo", lambda engine, name: engine.api.kill(name), "odoo: killed from outside with SIGKILL (exit code 137)"),
        ("odoo", lambda engine, name: engine.api.stop(name, timeout=0), "odoo: stopped from outside"),
        ("odoo", lambda engine, name: engine.api.remove_container(name, force=True), "odoo: removed from outside"),
        ("odoo", kill_process, "odoo: ended by SIGKILL (exit code 137), which did not come through the engine"),
        ("db", lambda engine, name: engine.api.kill(name), "db: killed from outside with SIGKILL (exit code 137)"),
    ],
    ids=["kill", "stop", "remove", "kernel", "database"],
)
def test_the_run_says_who_ended_the_container_and_blames_no_memory(
    make: Make, engine: Engine, service: str, strike: Callable[[Engine, str], object], words: str
) -> None:
    with running(engine, make(modules={"probe": HOLDS_AND_GIVES_UP})) as scene:
        scene.says("held")
        strike(engine, f"{scene.project}-{service}-1")
        if service == "db":  # as Odoo does without its database
            scene.let_go()
        assert scene.ends() == 4
        assert words in scene.log, scene.log
        assert "memory" not in scene.log
        assert scene.becomes_clean()


def test_a_client_of_docker_that_is_killed_under_the_tests_is_no_fault_of_the_module(make: Make, engine: Engine) -> None:
    with running(engine, make(modules={"probe": HELD})) as scene:
        scene.says("held")
        assert scene.victim.send(signal.SIGKILL, "client") == 1
        assert scene.ends() == 4
        assert "Docker's client was ended by SIGKILL" in scene.log
        assert scene.becomes_clean()
