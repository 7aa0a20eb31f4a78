"""Deaths that leave the runner no word: the guard cleans, and where it died too, the next sweep."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, command, run
from tests.integration.scene import HANGING, HOLDING, PATIENCE, running
from tests.standins.checkout import REPOSITORY, noisy

pytestmark = pytest.mark.integration


def test_a_killed_runner_is_cleaned_up_after_by_its_guard_which_says_so(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HANGING)) as scene:
        scene.victim.send(SIGKILL)
        assert scene.becomes_clean()
        assert "guard        The runner ended without a word" in scene.log
        assert f"verified: nothing of {scene.project} is left" in scene.log
        result = json.loads((scene.victim.checkout.root / "result.json").read_text(encoding="utf-8"))
        assert (result["passed"], result["return_code"], result["problems"][0]["kind"]) == (False, 137, "unfinished")
        assert result["run"]["project"] == scene.project
        shown = subprocess.run(
            command("show"),
            cwd=scene.victim.checkout.root,
            env=scene.victim.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert shown.returncode == 137
        assert "UNFINISHED probe: it still goes on, or was killed; nothing is proven" in shown.stdout


def test_a_process_group_that_is_killed_with_nox_and_runner_leaves_the_guard(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HANGING), front="nox") as scene:
        scene.victim.send_group(SIGKILL)
        assert scene.becomes_clean()
        assert "guard        Cleanup by the guard" in scene.log


def test_a_compose_client_that_is_killed_fails_the_run_and_says_so(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HANGING), phase="start") as scene:
        scene.victim.wait_for("compose", PATIENCE)
        scene.victim.send(SIGKILL, "compose")
        assert scene.ends() == 4
        assert scene.becomes_clean()
        assert "The containers did not start: Docker's client was ended by SIGKILL" in scene.log


def test_a_run_whose_guard_is_killed_passes_and_says_that_a_net_is_torn(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HOLDING)) as scene:
        assert scene.victim.send(SIGKILL, "guard")
        scene.let_go()
        assert scene.ends() == 0
        assert scene.becomes_clean(within=0)
        assert "The guard was killed during the run" in scene.log


def test_a_run_that_was_stopped_for_a_while_goes_on(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HOLDING)) as scene:
        scene.victim.send(SIGSTOP, "runner")
        scene.let_go()
        time.sleep(3)  # in which somebody might take it for dead
        assert scene.left() != []
        scene.victim.send(SIGCONT, "runner")
        assert scene.ends() == 0
        assert scene.becomes_clean(within=0)


def test_the_next_run_removes_what_runner_and_guard_left_when_both_were_killed(make: Make, engine: Engine) -> None:
    checkout = make(modules={**HANGING, "next": noisy(1, 1)})
    with running(engine, checkout) as scene:
        scene.victim.send(SIGKILL, "guard")
        scene.victim.send(SIGKILL)
        scene.ends()
        orphan, there = scene.project, scene.left()
        assert there != []
        done = run(checkout, "next")
        assert done.passed
        assert f"Removed what a dead run had left: verified: nothing of {orphan}" in done.said
        assert scene.left() == []
        assert scene.victim.end(timeout=PATIENCE) == [], "the client in the container ends with it"


def test_a_guard_cleans_up_though_its_code_is_gone_by_then(make: Make, engine: Engine, tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(REPOSITORY / "hub_runner", code / "hub_runner")
    checkout = make(modules=HANGING)
    with running(engine, checkout, environ={"PYTHONPATH": os.fspath(code)}) as scene:
        (guard,) = scene.victim.find("guard")
        assert guard.environ()["PYTHONPATH"].startswith(os.fspath(code))
        shutil.rmtree(code)
        scene.victim.send(SIGKILL)
        assert scene.becomes_clean()
        assert "verified: nothing of" in scene.log
