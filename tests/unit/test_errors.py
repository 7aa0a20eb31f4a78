from __future__ import annotations

import signal

import pytest

from hub_runner import errors
from hub_runner.errors import DEFECT, HubRunnerError, Interrupted

CLASSES: list[type[HubRunnerError]] = [cls for cls in HubRunnerError.__subclasses__() if cls is not Interrupted]


def test_every_failure_has_an_exit_code_of_its_own() -> None:
    codes = [cls.return_code for cls in CLASSES]
    assert sorted(codes) == [1, 2, 3, 4, 5, 6]
    assert DEFECT not in codes


def test_every_failure_has_a_slug_of_its_own() -> None:
    kinds = [Interrupted.kind, *(cls.kind for cls in CLASSES)]
    assert len(set(kinds)) == len(kinds)
    assert "" not in kinds


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_has_the_exit_code_that_a_shell_gives_it(number: int, code: int) -> None:
    error = Interrupted(number)
    assert error.return_code == code
    assert signal.Signals(number).name in str(error)


def test_the_table_in_the_docstring_names_each_class_with_its_code() -> None:
    table = errors.__doc__ or ""
    for cls in CLASSES:
        row = next(line for line in table.splitlines() if f" {cls.__name__} " in line)
        assert f" {cls.return_code} " in row
