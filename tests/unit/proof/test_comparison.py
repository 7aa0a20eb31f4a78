from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.errors import UsageError
from hub_runner.proof.comparison import Comparison
from hub_runner.result import Image, Outcome, Result, Status
from tests.unit.proof import honest
from tests.unit.proof.honest import NAMES, Run, outcome
from tests.unit.report import samples


def with_tests(*outcomes: Outcome) -> Result:
    return samples.result(*outcomes)


GREEN = with_tests(*(outcome(*name) for name in NAMES))


def told(here: Result, there: Result) -> list[str]:
    return [item.text for item in Comparison(here=here, there=there, called="in CI").disagreements()]


def test_two_runs_that_did_the_same_do_not_differ() -> None:
    later = replace(GREEN, info=replace(GREEN.info, run_id="x", port=8099), finished=GREEN.finished + dt.timedelta(days=1))
    assert told(GREEN, later) == []
    assert Comparison(here=GREEN, there=later, called="in CI").summary == "4 tests in both, 4 here, 4 in CI"


@pytest.mark.parametrize(
    ("there", "text"),
    [
        (outcome("TestIssue", "test_open", Status.SKIPPED, reason="no browser"), "passed here, skipped (no browser) in CI."),
        (
            outcome("TestIssue", "test_open", Status.FAILED, traceback=samples.TRACEBACK),
            "passed here, failed (AssertionError: res.users(2,) != res.users(7,)) in CI.",
        ),
    ],
)
def test_an_outcome_that_differs_is_told_with_its_reason(there: Outcome, text: str) -> None:
    other = with_tests(*GREEN.verdict.outcomes[:3], there)
    assert told(GREEN, other) == [f"traction.tests.test_rock.TestIssue.test_open: {text}"]


def test_tests_that_only_one_of_them_has_are_told() -> None:
    fewer, name = with_tests(*GREEN.verdict.outcomes[:3]), "traction.tests.test_rock.TestIssue.test_open"
    assert told(GREEN, fewer) == [f"{name}: passed here, missing in CI."]
    assert told(fewer, GREEN) == [f"{name}: missing here, passed in CI."]


def test_a_test_that_ran_twice_differs_if_one_of_both_does() -> None:
    twice, flaky = outcome("TestIssue", "test_open"), outcome("TestIssue", "test_open", Status.ERROR)
    here, there = with_tests(twice, twice), with_tests(flaky, twice)
    assert told(here, there) == [
        "traction.tests.test_rock.TestIssue.test_open: passed and passed here, error and passed in CI."
    ]


def test_classes_of_one_name_in_two_files_are_two() -> None:
    other = replace(outcome("TestRock", "test_00"), file="addons/traction/tests/test_more.py")
    assert len(told(with_tests(outcome("TestRock", "test_00")), with_tests(other))) == 2


def test_a_verdict_that_differs_for_another_reason_is_told() -> None:
    red = replace(GREEN, verdict=replace(GREEN.verdict, problems=(samples.problem("install_errors", 7),)))
    assert told(GREEN, red) == ["The verdict: exit code 0 here, 7 (install_errors) in CI."]


def test_other_files_are_no_comparison() -> None:
    other = replace(GREEN, info=replace(GREEN.info, module_tree="sha256:" + "8" * 64))
    assert told(GREEN, other)[0].startswith("Here traction sha256:7777")


def test_what_may_explain_a_difference_is_listed() -> None:
    info = replace(
        GREEN.info,
        images={**GREEN.info.images, "odoo": Image(reference="odoo:19.0", digest="sha256:" + "9" * 64)},
        warm="ee5f: mail",
        started=GREEN.info.started + dt.timedelta(days=40),
        packages=("requests 2.0",),
    )
    other = replace(GREEN, info=info, verdict=replace(GREEN.verdict, odoo_version="19.0-20260101"))
    conditions = list(Comparison(here=GREEN, there=other, called="in CI").conditions())
    assert [condition.partition(":")[0] for condition in conditions] == ["Odoo", "image odoo", "packages", "start", "day"]
    assert conditions[2] == "packages: none here, requests 2.0 in CI"


def test_verify_compares_with_the_files_of_another_machine(run: Run, tmp_path: Path) -> None:
    failed = outcome("TestIssue", "test_open", Status.FAILED)
    tests = (*run.honest.verdict.outcomes[:3], failed)
    red = replace(run.honest, verdict=replace(run.honest.verdict, outcomes=tests, problems=(samples.problem(),)))
    same, other = honest.write(run.honest, tmp_path / "same"), honest.write(red, tmp_path / "other")
    code, said = run.verify(against=str(same))
    assert code == 0, said
    assert "4 tests in both, 4 here, 4 there; 0 differences" in said
    code, said = run.verify(against=str(other))
    assert code == 1
    assert "differs: traction.tests.test_rock.TestIssue.test_open: passed here, failed" in said


def test_a_run_of_another_module_is_not_compared(run: Run, tmp_path: Path) -> None:
    info = replace(run.honest.info, module="rock")
    rock = honest.write(replace(run.honest, info=info), tmp_path / "rock")
    with pytest.raises(UsageError, match="is one of rock, and here traction is verified"):
        run.verify(against=str(rock))


def test_a_result_that_cannot_be_read_is_no_agreement(run: Run, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("{")
    code, said = run.verify(against=str(tmp_path))
    assert code == 1
    assert "unreadable: result.json" in said
