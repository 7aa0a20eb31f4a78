from __future__ import annotations

import datetime as dt
import os
import pty
import select
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import cast

import pytest

from hub_runner.engine.environment import Environment
from hub_runner.exit_codes import Kind
from hub_runner.odoo.keep import Kept, can_wait, failures, is_worth_a_look, keep, wait
from hub_runner.result import Outcome, Problem, Status, Verdict


def kept(seconds: float) -> Kept:
    return Kept(deadline=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds), lines=("URL    none",))


def verdict(kind: Kind) -> Verdict:
    outcomes = tuple(Outcome(module="m", cls="T", method=f"test_{n}", status=Status.FAILED) for n in range(12))
    return Verdict(problems=(Problem.of(kind, "12 of 12 tests failed.\nMore."),), outcomes=outcomes)


def test_what_failed_in_the_module_is_worth_a_look_and_a_broken_environment_is_not() -> None:
    assert all(map(is_worth_a_look, map(verdict, (Kind.TESTS_FAILED, Kind.INSTALL_FAILED, Kind.TIME_LIMIT, Kind.NO_TESTS))))
    assert not any(map(is_worth_a_look, (Verdict(), *map(verdict, (Kind.ENVIRONMENT, Kind.USAGE, Kind.NO_FREE_PORT)))))


def test_what_failed_is_said_in_a_few_lines() -> None:
    lines = failures(verdict(Kind.TESTS_FAILED))
    assert lines[:2] == ["12 of 12 tests failed.", "  T.test_0"]
    assert lines[-1] == "... and 2 more"


def test_whoever_does_not_wait_is_told_until_when_and_how_to_end_it() -> None:
    first, *rest = kept(60).notes
    assert "clean --kept` ends it before" in first
    assert rest == ["URL    none"]


def test_the_wait_ends_with_enter_with_the_terminal_and_at_the_deadline() -> None:
    for given in (b"\n", b""):
        reader, writer = os.pipe()
        os.write(writer, given)
        os.close(writer)
        with os.fdopen(reader) as stream:
            begin = time.monotonic()
            wait(kept(300), stream)
            assert time.monotonic() - begin < 100
    reader, writer = os.pipe()
    with os.fdopen(reader) as stream:
        wait(kept(0.1), stream)
    os.close(writer)


def test_nobody_waits_without_a_terminal() -> None:
    with open(os.devnull) as nothing:  # noqa: PTH123
        assert not can_wait(nothing)


IN_THE_BACKGROUND = """
import fcntl, os, sys, termios
from hub_runner.odoo.keep import can_wait
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
print(can_wait(sys.stdin, sys.stdin), flush=True)
if not (child := os.fork()):
    os.setpgid(0, 0)
    print(can_wait(sys.stdin, sys.stdin), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_command_in_the_background_of_a_shell_waits_for_no_enter_which_is_the_shells() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave) as terminal, os.fdopen(master):
        done = subprocess.run(
            (sys.executable, "-c", IN_THE_BACKGROUND),
            stdin=terminal,
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=120,
            check=True,
        )
    assert done.stdout.split() == ["True", "False"]


def test_an_enter_from_before_it_is_kept_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = SimpleNamespace(service=lambda _, name: {"Name": f"/{name}"})
    environment = cast(Environment, SimpleNamespace(engine=engine, run_id="p", model={"services": {"odoo": {}}}))
    monkeypatch.setattr("hub_runner.odoo.keep.reveal", lambda *_: "")
    master, slave = pty.openpty()
    with os.fdopen(slave) as terminal, os.fdopen(master, "wb", buffering=0) as keyboard:
        for name in ("stdin", "stderr"):
            monkeypatch.setattr(sys, name, terminal)
        keyboard.write(b"\n")
        assert select.select([terminal], [], [], 60)[0]
        keep(environment, port=8090, seconds=60)
        assert not select.select([terminal], [], [], 0)[0]
        keyboard.write(b"\n")
        begin = time.monotonic()
        wait(kept(300), terminal)
        assert time.monotonic() - begin < 100
