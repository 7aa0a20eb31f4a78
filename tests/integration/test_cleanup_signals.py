"""Interrupts: whoever gets the signal, and however often, the run comes to its end clean and says so."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from random import Random
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM

import pytest

from hub_runner.engine.client import Engine
from tests.chaos.deaths import cancel, ctrl_c
from tests.chaos.victim import RUNNER
from tests.integration.conftest import Make
from tests.integration.scene import HANGING, running

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("number", [SIGINT, SIGTERM, SIGHUP])
def test_a_signal_ends_the_run_clean_with_an_exit_code_of_its_own(
    make: Make, engine: Engine, number: signal.Signals
) -> None:
    with running(engine, make(modules=HANGING)) as scene:
        scene.victim.send(number)
        assert scene.becomes_clean()
        assert scene.code == 128 + number
        assert f"Interrupted by {number.name}" in scene.log


def test_an_interrupt_does_not_wait_for_coverage(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HANGING, coverage=True)) as scene:
        scene.victim.send(SIGINT)
        assert scene.becomes_clean()
        assert "phase        tests" in scene.log
        assert "phase        coverage" not in scene.log


@pytest.mark.parametrize("front", ["deaf runner", "deaf nox"])
def test_an_interrupt_that_was_ignored_from_the_start_ends_the_run_all_the_same(
    make: Make, engine: Engine, front: str
) -> None:
    """U15: a script's `... &`."""
    with running(engine, make(modules=HANGING), front=front) as scene:
        scene.victim.send(SIGINT)
        assert scene.becomes_clean()
        assert "Interrupted by SIG" in scene.log


def test_signals_in_quick_succession_do_not_break_off_the_teardown(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HANGING)) as scene:
        for number in (SIGINT, SIGTERM, SIGINT, SIGHUP, SIGINT, SIGINT, SIGTERM, SIGINT, SIGINT, SIGINT):
            scene.victim.send(number)
            time.sleep(0.1)  # so that the later ones hit the teardown
        assert scene.becomes_clean()
        assert scene.code == 128 + SIGINT
        assert "verified: nothing of" in scene.log


def test_an_interrupt_while_an_image_is_pulled_is_heard_at_once(make: Make, engine: Engine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a registry that takes the call and never answers
        image = f"127.0.0.1:{silent.getsockname()[1]}/odoo:18.0"
        with running(engine, make(modules=HANGING, odoo_image=image), phase="images") as scene:
            scene.victim.send(SIGINT)
            assert scene.ends() == 130
            assert scene.becomes_clean(within=0)


@pytest.mark.parametrize("number", [SIGINT, SIGTERM, SIGHUP, SIGKILL])
def test_nox_alone_is_told_to_end_and_the_runner_ends_with_it(make: Make, engine: Engine, number: signal.Signals) -> None:
    with running(engine, make(modules=HANGING), front="nox") as scene:
        scene.victim.send(number)
        assert scene.becomes_clean()
        assert scene.code != 0
        assert "Interrupted by SIG" in scene.log


def test_one_ctrl_c_after_the_other_kills_nox_and_the_runner_cleans_all_the_same(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HANGING), front="terminal") as scene:
        ctrl_c(scene.victim, Random(1))
        assert scene.becomes_clean()
        assert "Interrupted by SIGINT" in scene.log


def test_a_terminal_that_closes_ends_the_run_clean(make: Make, engine: Engine) -> None:
    with running(engine, make(modules=HANGING), front="terminal") as scene:
        scene.victim.close_terminal()
        assert scene.becomes_clean()
        assert "exit code    129" in scene.log


@pytest.mark.parametrize("number", [SIGTERM, SIGKILL])
def test_the_script_may_be_told_to_end_or_killed(make: Make, engine: Engine, number: signal.Signals) -> None:
    with running(engine, make(modules=HANGING), front="script") as scene:
        scene.victim.send(number)
        assert scene.becomes_clean()
        assert scene.code == (128 + number if number == SIGTERM else -number)
        assert "Interrupted by SIG" in scene.log


def test_a_cancelled_ci_job_is_clean_before_the_ci_system_loses_its_patience(make: Make, engine: Engine) -> None:
    checkout, killed = make(modules=HANGING), 0
    while True:
        with running(engine, checkout, front="nox") as scene:
            cancel(scene.victim, Random(1))
            assert scene.becomes_clean()
            assert "Interrupted by SIGTERM" in scene.log or "Interrupted by SIGINT" in scene.log
        if SIGKILL not in scene.victim.told:  # which comes after ten seconds
            break
        killed += 1  # a busy machine may be too slow now and then
        assert killed < 8


def test_a_run_that_was_started_to_outlive_its_terminal_outlives_it(make: Make, engine: Engine) -> None:
    checkout = make()
    with subprocess.Popen(
        ("nohup", *RUNNER),
        cwd=checkout.root,
        env=checkout.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, SIGHUP)
        said = process.stdout.read()
    assert process.returncode == 0, said
