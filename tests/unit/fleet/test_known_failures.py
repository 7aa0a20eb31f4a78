from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.exit_codes import Kind
from hub_runner.fleet import known_failures
from hub_runner.fleet.known_failures import added, learn, load, path
from hub_runner.odoo.choice import EVERYTHING, Choice, Place
from hub_runner.plan import Plan
from hub_runner.result import Outcome, Problem, Status, Verdict
from hub_runner.settings import Settings

FILE = "tests/test_rock.py"
A, B = (Place(file=FILE, cls="TestRock", method=f"test_{name}") for name in "ab")

LAST = "--lf: 1 test that failed last"


def outcome(method: str, status: Status = Status.FAILED) -> Outcome:
    return Outcome(module="traction", cls="TestRock", method=method, status=status, file=f"addons/traction/{FILE}")


def verdict(*outcomes: Outcome, kind: Kind = Kind.TESTS_FAILED, **values: Any) -> Verdict:
    return Verdict(outcomes=outcomes, problems=(Problem.of(kind, "it failed"),), **values)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The parts of a plan that count here."""
    module = SimpleNamespace(name="traction", folder=tmp_path / "addons/traction")
    return cast(Plan, SimpleNamespace(settings=Settings(root=tmp_path), module=module, choice=EVERYTHING))


def known(plan: Plan) -> set[str]:
    return {str(place) for place in load(plan.settings.output_folder, "traction")}


def chosen(plan: Plan, choice: Choice) -> Plan:
    return cast(Plan, SimpleNamespace(**{**vars(plan), "choice": choice}))


def test_what_failed_is_known_until_it_passes(plan: Plan) -> None:
    learn(plan, verdict(outcome("test_a"), outcome("test_b")))
    assert known(plan) == {str(A), str(B)}
    learn(plan, Verdict(outcomes=(outcome("test_a", Status.PASSED),), part="-k a"))
    assert known(plan) == {str(B)}


def test_a_whole_run_forgets_what_is_no_longer_there(plan: Plan) -> None:
    learn(plan, verdict(outcome("test_a")))
    learn(plan, verdict(outcome("test_b")))
    assert known(plan) == {str(B)}


@pytest.mark.parametrize(
    "later",
    [
        verdict(outcome("test_b"), part="-k b"),
        verdict(outcome("test_b"), kind=Kind.TIME_LIMIT),
        verdict(kind=Kind.INSTALL_FAILED),
        verdict(outcome("test_a", Status.SKIPPED), part="-k a"),
    ],
    ids=["a part", "broken off", "not installed", "skipped"],
)
def test_what_did_not_run_keeps_what_was_known_of_it(plan: Plan, later: Verdict) -> None:
    learn(plan, verdict(outcome("test_a")))
    learn(plan, later)
    assert str(A) in known(plan)


def test_a_run_that_gave_up_forgets_nothing_that_did_not_run(plan: Plan) -> None:
    learn(plan, verdict(outcome("test_a")))
    learn(chosen(plan, Choice(max_fail=1)), verdict(outcome("test_b")))
    assert known(plan) == {str(A), str(B)}


def test_a_class_is_known_until_one_of_its_tests_has_run(plan: Plan) -> None:
    learn(plan, verdict(outcome("setUpClass")))
    assert known(plan) == {f"{FILE}::TestRock"}
    learn(plan, verdict(outcome("test_a"), part="-k a"))
    assert known(plan) == {str(A)}


def test_failures_of_which_none_is_left_are_forgotten(plan: Plan) -> None:
    learn(plan, verdict(outcome("test_a")))
    learn(
        chosen(plan, Choice(last_failed=True, known_failures=(A,))),
        verdict(kind=Kind.NO_TESTS, part="--lf: 1 test that failed last"),
    )
    assert known(plan) == set()


def test_a_choice_gets_them_if_it_asks_for_them(plan: Plan) -> None:
    learn(plan, verdict(outcome("test_a")))
    output = plan.settings.output_folder
    assert added(Choice(last_failed=True), output, "traction").only_failed == (A,)
    assert added(Choice(failed_first=True), output, "traction").document()["first"] == [A.words]
    assert added(EVERYTHING, output, "traction") == EVERYTHING
    assert added(Choice(last_failed=True), output, "other").narrows is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"failed": 1}', '{"failed": [["a", "b"]]}', '{"failed": [[1, 2, 3]]}'])
def test_a_broken_file_knows_no_failure(plan: Plan, text: str) -> None:
    file = path(plan.settings.output_folder, "traction")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert known(plan) == set()


def test_a_folder_that_cannot_be_written_is_no_error(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / ".hub-runner").write_text("a file where the folder should be")
    learn(plan, verdict(outcome("test_a")))
    assert known(plan) == set()


def test_a_test_outside_of_the_module_is_known_by_its_class(plan: Plan) -> None:
    assert known_failures.place(plan, replace(outcome("test_a"), file=None)) == Place(cls="TestRock", method="test_a")


@pytest.mark.parametrize(
    "missed",
    [
        verdict(kind=Kind.NO_TESTS, part="-k 'typo', --lf: 1 test that failed last"),
        verdict(
            kind=Kind.NO_TESTS,
            part=str(Choice(last_failed=True, known_failures=(A,))),
            unrun={f"{FILE}:TestRock.test_a": "x"},
        ),
    ],
    ids=["something else left it out", "it is still written"],
)
def test_a_choice_that_left_no_test_forgets_nothing_that_may_be_there(plan: Plan, missed: Verdict) -> None:
    learn(plan, verdict(outcome("test_a")))
    learn(chosen(plan, Choice(last_failed=True, known_failures=(A,))), missed)
    assert known(plan) == {str(A)}


def test_what_was_debugged_forgets_nothing(plan: Plan) -> None:
    learn(plan, verdict(outcome("test_a")))
    learn(plan, Verdict(outcomes=(outcome("test_a", Status.PASSED),)), forgets=False)
    assert known(plan) == {str(A)}
