"""A test that a cold start saw fail is believed to fail, for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.exit_codes import Kind
from hub_runner.result import Outcome, Problem, Status, Verdict
from hub_runner.warm.confirmed_failures import LASTING, confirmed, failures, remember


def red(*errors: str, kind: Kind = Kind.TESTS_FAILED) -> Verdict:
    outcomes = [
        Outcome(module="m", cls="TestIt", method=f"test_{n}", status=Status.FAILED, traceback=f"Traceback:\n  x\n{error}\n")
        for n, error in enumerate(errors)
    ]
    return Verdict(problems=(Problem.of(kind, "failed"),), outcomes=tuple(outcomes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".hub-runner").mkdir()
    return tmp_path


def test_a_failure_is_known_by_its_test_and_the_class_of_its_error() -> None:
    assert failures(red("AssertionError: 1 != 2", "odoo.exceptions.UserError: no")) == {
        "TestIt.test_0: AssertionError",
        "TestIt.test_1: odoo.exceptions.UserError",
    }


def test_what_a_cold_start_saw_is_believed_for_half_a_day(folder: Path) -> None:
    remember(folder, "m", red("AssertionError: 1 != 2"), clock=lambda: 1000.0)
    again = red("AssertionError: 1 != 3")
    assert confirmed(folder, "m", again, clock=lambda: 1000.0 + LASTING - 1)
    assert not confirmed(folder, "m", again, clock=lambda: 1000.0 + LASTING + 1)


@pytest.mark.parametrize(
    "other",
    [
        red("KeyError: 'x'"),
        red("AssertionError: 1 != 2", "AssertionError: one test more"),
        red("AssertionError: 1 != 2", kind=Kind.INSTALL_FAILED),
        Verdict(),
    ],
    ids=["another error", "another test", "not only tests", "green"],
)
def test_anything_else_is_asked_for(folder: Path, other: Verdict) -> None:
    remember(folder, "m", red("AssertionError: 1 != 2"))
    assert not confirmed(folder, "m", other)


def test_another_module_has_opinions_of_its_own(folder: Path) -> None:
    remember(folder, "m", red("AssertionError: 1 != 2"))
    assert not confirmed(folder, "n", red("AssertionError: 1 != 2"))


FRAMES = 'Traceback (most recent call last):\n  File "/x.py", line 1, in f\n    f()\n'


@pytest.mark.parametrize("frames", ["", FRAMES, f"{FRAMES}KeyError\n\nDuring handling another one occurred:\n\n{FRAMES}"])
@pytest.mark.parametrize("more", ["", "\nDETAIL:  Failing row contains (1, null).\n", "\nLINE 1: x\n        ^\n"])
def test_what_the_database_refused_is_asked_for_each_time(folder: Path, frames: str, more: str) -> None:
    refused = red(f"{frames}psycopg2.errors.NotNullViolation: null value in column{more}")
    assert failures(refused) == {"TestIt.test_0: psycopg2.errors.NotNullViolation"}
    remember(folder, "m", refused)
    assert not confirmed(folder, "m", refused)


def test_a_cold_start_that_was_green_clears_what_was_known(folder: Path) -> None:
    remember(folder, "m", red("AssertionError: 1 != 2"))
    remember(folder, "m", Verdict())
    assert not confirmed(folder, "m", red("AssertionError: 1 != 2"))


@pytest.mark.parametrize("text", ["", "[]", '{"m": []}', '{"m": {"x": "y"}}'])
def test_a_file_that_cannot_be_read_confirms_nothing(folder: Path, text: str) -> None:
    (folder / ".hub-runner" / "second-opinions.json").write_text(text)
    assert not confirmed(folder, "m", red("AssertionError: 1 != 2"))


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remember(tmp_path / "file" / "below", "m", red("AssertionError: 1 != 2"))
    assert not confirmed(tmp_path / "file" / "below", "m", red("AssertionError: 1 != 2"))
