"""``--keep``: the environment of a failed run stays, is known to be kept, and ends at its time, on request or by death."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from collections.abc import Callable, Iterator
from signal import SIGKILL

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, command, run
from tests.integration.scene import PATIENCE
from tests.standins.checkout import FAIL, PASS, Checkout

pytestmark = pytest.mark.integration
RED = {"probe": FAIL}


def left(engine: Engine, checkout: Checkout) -> list[str]:
    prefix = f"{checkout.settings['project']}-agent-test-"
    return sorted(str(it) for it in engine.bearing("hub-runner.run") if it.labels.get("hub-runner.prefix") == prefix)


def becomes_clean(engine: Engine, checkout: Checkout, within: float = PATIENCE) -> bool:
    return becomes(lambda: not left(engine, checkout) and not list(checkout.root.glob("state/runs/*.lock")), within)


def becomes(holds: Callable[[], bool], within: float = PATIENCE) -> bool:
    end = time.monotonic() + within
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def said(checkout: Checkout, *arguments: str) -> str:
    done = subprocess.run(
        command(*arguments), cwd=checkout.root, env=checkout.environ, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_without_a_terminal_the_command_returns_and_the_guard_ends_the_environment_in_time(
    make: Make, engine: Engine
) -> None:
    checkout, there, seconds = make(modules=RED), list[str](), 2
    while len(there) < 4:  # containers, network and volumes; a busy machine may need longer to end the command
        seconds *= 2
        begin = time.time()
        done = run(checkout, "probe", f"--keep={seconds}s", "-k", "test")  # a part, so that there are other notes, too
        there = left(engine, checkout)
        assert len(there) >= 4 or time.time() - begin > seconds, there
        assert becomes_clean(engine, checkout)
        assert time.time() - begin >= seconds
    assert done.code == 1
    assert "The environment is kept until " in done.said
    assert "URL    http://127.0.0.1:" in done.said
    assert "psql --username odoo hub_runner_kept" in done.said
    assert "shell  docker exec " in done.said
    assert "put off: kept until" in done.log
    assert "guard        The environment was kept until now" in checkout.log.read_text(encoding="utf-8")


def test_clean_and_the_sweep_leave_it_alone_doctor_shows_it_and_clean_kept_ends_it(make: Make, engine: Engine) -> None:
    checkout = make(modules={**RED, "green": PASS})
    run(checkout, "probe", "--keep")
    there = left(engine, checkout)
    assert "kept until" in said(checkout, "clean")
    assert run(checkout, "green").passed
    assert left(engine, checkout) == there
    assert "kept until" in said(checkout, "doctor")
    assert "verified: nothing of" in said(checkout, "clean", "--kept")
    assert becomes_clean(engine, checkout)


def test_a_green_run_and_one_that_was_refused_keep_nothing(make: Make, engine: Engine) -> None:
    checkout = make(modules={"green": PASS})
    assert run(checkout, "green", "--keep=60").passed
    assert run(checkout, "green", "--keep=60", "--health-timeout=0").code == 4
    assert left(engine, checkout) == []


def test_a_guard_that_is_killed_leaves_it_to_the_next_sweep(make: Make, engine: Engine) -> None:
    checkout = make(modules={**RED, "green": PASS})
    run(checkout, "probe", "--keep")
    subprocess.run(("pkill", "-KILL", "-f", f"hub_runner.cleanup.guard {checkout.settings['project']}-"), check=True)
    done = run(checkout, "green")
    assert "Removed what a dead run had left" in done.said
    assert becomes_clean(engine, checkout)


@pytest.fixture
def waiting(make: Make, engine: Engine) -> Iterator[tuple[Checkout, subprocess.Popen[bytes], int]]:
    """A failed run that waits on a terminal, with the other end of that terminal."""
    checkout = make(modules=RED)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command("run", "probe", "--keep=5m"),
        cwd=checkout.root,
        env=checkout.environ,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    text = b""
    while b"Enter ends it before" not in text:
        text += os.read(master, 65536)
    assert b"TestStandin.test_two" in text
    assert b"shell  docker exec" in text
    yield checkout, process, master
    process.kill()
    process.wait()
    os.close(master)


def test_on_a_terminal_it_waits_for_enter(waiting: tuple[Checkout, subprocess.Popen[bytes], int], engine: Engine) -> None:
    checkout, process, terminal = waiting
    assert left(engine, checkout) != []
    os.write(terminal, b"\n")
    assert becomes_clean(engine, checkout)
    assert process.wait(PATIENCE) == 1
    result = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
    assert "verified: nothing of" in result["cleanup"]


def test_a_command_that_dies_while_it_waits_is_cleaned_up_after(
    waiting: tuple[Checkout, subprocess.Popen[bytes], int], engine: Engine
) -> None:
    checkout, process, _ = waiting
    os.kill(process.pid, SIGKILL)
    assert becomes_clean(engine, checkout)
