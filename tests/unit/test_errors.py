from __future__ import annotations

import itertools
import json
import signal
import sys
from pathlib import Path

import pytest

import hub_runner
from hub_runner.errors import HubRunnerError, Interrupted, UsageError
from hub_runner.exit_codes import GRAVEST_FIRST, ExitCode, Kind, gravest, of_batch


def test_every_failure_has_the_exit_code_of_its_kind() -> None:
    for cls in HubRunnerError.__subclasses__():
        assert cls.return_code == cls.kind.code
    assert UsageError("wrong").return_code == 2


def test_a_kind_is_its_slug_in_json_and_in_text() -> None:
    assert json.dumps([Kind.INSTALL_FAILED]) == '["install_failed"]'
    assert f"{Kind.INSTALL_FAILED}" == "install_failed"
    assert Kind.INSTALL_FAILED in ["install_failed"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_has_the_exit_code_that_a_shell_gives_it(number: int, code: int) -> None:
    error = Interrupted(number)
    assert error.return_code == code
    assert signal.Signals(number).name in str(error)


def test_the_order_of_gravity_knows_each_exit_code() -> None:
    assert set(GRAVEST_FIRST) == set(ExitCode) - {ExitCode.SIGNALLED}


@pytest.mark.parametrize(("graver", "lighter"), list(itertools.pairwise((130, 70, 6, 4, 5, 2, 7, 8, 3, 1, 0))))
def test_the_graver_code_is_that_of_the_whole_wherever_it_stands(graver: int, lighter: int) -> None:
    assert gravest([graver, lighter]) == gravest([lighter, graver, lighter]) == graver


def test_a_code_that_is_not_ours_hides_behind_no_other() -> None:
    assert gravest([6, 99, 0]) == 99
    assert gravest([70, 143]) == 143


def test_nothing_that_ran_is_no_failure() -> None:
    assert gravest([]) == 0


def test_a_batch_without_a_run_of_each_module_is_never_green() -> None:
    assert of_batch([0, 0], never_run=0) == 0
    assert of_batch([0, 0], never_run=1) == ExitCode.NOTHING_PROVEN
    assert of_batch([0, 1], never_run=1) == ExitCode.TESTS_FAILED


def test_a_python_that_is_too_old_is_told_so_before_anything_of_it_is_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`nox -s setup` in a clone on Ubuntu 22.04 ended with a traceback: no module named tomllib."""
    source = Path(str(hub_runner.__file__)).read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "version_info", (3, 10, 12, "final", 0))
    with pytest.raises(SystemExit, match="4"):
        exec(compile(source, "__init__.py", "exec"), {})
    assert "hub-runner: Python 3.11 or later is needed, and " in capsys.readouterr().err
