from __future__ import annotations

import os
import pty
import termios
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.loop.environment import _terminal_kept, without_stages_of_a_run
from hub_runner.settings import Settings

PLAIN = Settings(root=Path("/checkout"))


def test_what_only_a_run_does_is_left_out_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    asked = replace(PLAIN, lifecycle=True, upgrade_from="v1", demo="both", coverage_fail_under=90.0, keep="30m", cold=True)
    assert without_stages_of_a_run(asked) == replace(PLAIN, cold=True)
    captured = capsys.readouterr()
    assert captured.out == ""  # it belongs to the shell, and to JSON
    assert captured.err == (
        "Left out, because only a run does it: upgrade-from, lifecycle, coverage-fail-under, keep, demo.\n"
    )


@pytest.mark.parametrize("settings", [PLAIN, replace(PLAIN, demo="off", with_=("a",), test_tags="/b")])
def test_nothing_is_said_if_nothing_is_left_out(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert without_stages_of_a_run(settings) == settings
    assert capsys.readouterr().err == ""


def test_a_terminal_is_given_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave) as stream, os.fdopen(master, "wb"):
        monkeypatch.setattr("sys.stdin", stream)
        before = termios.tcgetattr(slave)
        with _terminal_kept():
            changed = termios.tcgetattr(slave)
            changed[3] &= ~termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, changed)
        assert termios.tcgetattr(slave) == before


def test_a_terminal_that_has_closed_meanwhile_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        with _terminal_kept():
            os.close(master)
