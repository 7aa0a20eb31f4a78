"""One typo in a model fails many tests: the cause is told once, at its line."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.report import summary, tracebacks
from hub_runner.report.causes import distinct
from hub_runner.result import Outcome, Result
from tests.unit.report import samples

MODEL = """\
from odoo import models


class Rock(models.Model):
    def _compute_amount(self):
        self.amount = self.amout * 2
        self.done = True
"""
FRAMES = """\
Traceback (most recent call last):
  File "/mnt/extra-addons/traction/tests/test_rock.py", line {line}, in {test}
    rock.amount
  File "/usr/lib/python3/dist-packages/odoo/fields.py", line 1, in __get__
    self.compute_value(record)
  File "/mnt/extra-addons/traction/models/traction_rock.py", line 6, in _compute_amount
    self.amount = self.amout * 2
                  ^^^^^^^^^^
AttributeError: 'traction.rock' object has no attribute 'amout'
"""


def typo(number: int) -> Outcome:
    test = f"test_{number}"
    return samples.failed(test, traceback=FRAMES.format(line=10 + number, test=test))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    models = tmp_path / "addons" / "traction" / "models"
    models.mkdir(parents=True)
    (models / "traction_rock.py").write_text(MODEL, encoding="utf-8")
    return tmp_path


def red(root: Path, *failures: Outcome) -> Result:
    return samples.result(*failures, problems=(samples.problem(),), root=root)


def test_tests_that_met_the_same_line_have_one_cause_with_three_lines_of_source(root: Path) -> None:
    [cause] = distinct(red(root, *map(typo, range(12))))
    assert cause.exception == "AttributeError: 'traction.rock' object has no attribute 'amout'"
    assert (cause.place, cause.function) == ("addons/traction/models/traction_rock.py:6", "_compute_amount")
    assert cause.source == (
        (5, "    def _compute_amount(self):"),
        (6, "        self.amount = self.amout * 2"),
        (7, "        self.done = True"),
    )
    assert [failure.method for failure in cause.failures] == [f"test_{number}" for number in range(12)]


def test_the_same_exception_at_another_line_is_another_cause(root: Path) -> None:
    other = replace(typo(1), traceback=typo(1).traceback.replace("line 6", "line 7"))
    assert [cause.line for cause in distinct(red(root, typo(0), other, typo(2)))] == [6, 7]


def test_another_exception_at_the_same_line_is_another_cause(root: Path) -> None:
    other = replace(typo(1), traceback=typo(1).traceback.replace("amout'", "amuont'"))
    assert len(distinct(red(root, typo(0), other))) == 2


def test_source_that_was_changed_since_the_run_is_not_shown_in_its_place(root: Path) -> None:
    (root / "addons/traction/models/traction_rock.py").write_text("x = 1\n" * 20, encoding="utf-8")
    [cause] = distinct(red(root, typo(0)))
    assert cause.source == ((6, "self.amount = self.amout * 2"),)


@pytest.mark.parametrize("text", [None, "", "x\n", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")])
def test_a_file_that_is_gone_or_shorter_is_no_error(root: Path, text: str | None) -> None:
    path = root / "addons/traction/models/traction_rock.py"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    [cause] = distinct(red(root, typo(0)))
    assert cause.place == "addons/traction/models/traction_rock.py:6"


def test_the_module_is_found_in_a_path_that_holds_its_name_twice(root: Path) -> None:
    (root / "addons/traction/models/traction").mkdir()
    (root / "addons/traction/models/traction/rock.py").write_text("a\nb\n", encoding="utf-8")
    frame = '  File "/srv/traction/addons/traction/models/traction/rock.py", line 2, in f\n'
    text = f"Traceback (most recent call last):\n{frame}KeyError: 1\n"
    [cause] = distinct(red(root, samples.failed(traceback=text)))
    assert cause.place == "addons/traction/models/traction/rock.py:2"


def test_what_the_server_raised_is_the_cause_of_a_test_that_only_saw_its_answer(root: Path) -> None:
    """U2: the cause of a failed HTTP test stood in the log only."""
    seen = samples.TRACEBACK.replace(
        "AssertionError: res.users(2,) != res.users(7,)", "JsonRpcException: builtins.ValueError"
    )
    [cause] = distinct(red(root, samples.failed(traceback=seen, server_traceback=FRAMES.format(line=1, test="x"))))
    assert cause.place == "addons/traction/models/traction_rock.py:6"
    assert cause.exception.startswith("AttributeError")


def test_of_a_chain_the_last_exception_counts_and_the_last_frame_of_the_module(root: Path) -> None:
    between = "\nThe above exception was the direct cause of the following exception:\n\n"
    chain = f"{FRAMES.format(line=1, test='x')}{between}{samples.TRACEBACK}"
    [cause] = distinct(red(root, samples.failed(traceback=chain)))
    assert cause.exception == "AssertionError: res.users(2,) != res.users(7,)"
    assert cause.line == 44


def test_tests_without_a_traceback_are_told_apart_by_their_own_place(root: Path) -> None:
    one, two = samples.failed("test_a", traceback="Killed", line=3), samples.failed("test_b", traceback="Killed", line=9)
    assert [(cause.exception, cause.place) for cause in distinct(red(root, one, two))] == [
        ("Killed", f"{samples.FILE}:3"),
        ("Killed", f"{samples.FILE}:9"),
    ]
    [nowhere] = distinct(red(root, samples.failed("test_c", traceback="Killed", file=None, line=None)))
    assert nowhere.place == ""


@pytest.mark.parametrize("path", ["/x/traction/../../secret", "/x/traction/link", "/x/traction/pipe", "/x/traction/models"])
def test_a_forged_traceback_shows_no_other_file_of_this_host(root: Path, path: str) -> None:
    (root / "secret").write_text("the secret\n", encoding="utf-8")
    (root / "addons/traction/link").symlink_to(root / "secret")
    os.mkfifo(root / "addons/traction/pipe")
    text = f'Traceback (most recent call last):\n  File "{path}", line 1, in f\nKeyError: 1\n'
    [cause] = distinct(red(root, samples.failed(traceback=text)))
    assert cause.source == ()


def test_the_way_to_the_line_is_told_nearest_first() -> None:
    assert [(frame.line, frame.function) for frame in tracebacks.callers(typo(0))] == [(10, "test_0")]


def test_the_message_below_the_first_line_is_kept_line_by_line() -> None:
    text = samples.TRACEBACK + "\n- 1\n+ 2\x1b[2J\n"
    assert tracebacks.message(samples.failed(traceback=text)) == ["- 1", "+ 2"]


def test_the_advice_on_one_of_the_tests_is_told_with_their_cause(root: Path) -> None:
    first, second = typo(1), replace(typo(2), advice="Did you mean amount?")
    result = red(root, first, second)
    assert [cause.advice for cause in distinct(result)] == ["Did you mean amount?"]
    assert "  Did you mean amount?" in [line for line, _ in summary.lines(result)]


def test_a_recursion_names_each_of_its_steps_once(root: Path) -> None:
    step = FRAMES.format(line=11, test="test_1").partition("\n")[2].rpartition("AttributeError")[0]
    text = "Traceback (most recent call last):\n" + step * 100 + "RecursionError: maximum recursion depth exceeded\n"
    assert len(tracebacks.callers(replace(typo(1), traceback=text))) == 1


def test_what_python_has_guessed_is_not_advised_once_more(root: Path) -> None:
    """U3."""
    guessed = FRAMES.replace("'amout'\n", "'amout'. Did you mean: 'amount'?\n").format(line=11, test="test_1")
    result = samples.red()
    for advice, shown in (("Did you mean amount?", ""), ("Did you mean amounts?", "Did you mean amounts?")):
        outcome = samples.failed("test_1", traceback=guessed, advice=advice)
        told = distinct(replace(result, verdict=replace(result.verdict, outcomes=(outcome,))))
        assert [cause.advice for cause in told] == [shown]
