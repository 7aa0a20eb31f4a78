from pathlib import Path

import pytest

from hub_runner.measuring.floor import with_coverage
from hub_runner.result import Coverage, FileCoverage, Problem, Verdict
from hub_runner.settings import Settings

PARTLY = FileCoverage(file="addons/m/a.py", statements=10, missed=2, missing="3-4")
WHOLE = FileCoverage(file="addons/m/b.py", statements=10, missed=0)
COVERAGE = Coverage(version="7.17", branch=False, files=(PARTLY, WHOLE))
RED = Verdict(problems=(Problem(kind="tests_failed", message="1 of 2 tests failed.", return_code=1),))


def settings(**values: object) -> Settings:
    return Settings(root=Path("/checkout"), **values)  # type: ignore[arg-type]


def test_without_a_floor_coverage_is_only_told() -> None:
    verdict = with_coverage(Verdict(), COVERAGE, settings())
    assert verdict.passed
    assert verdict.coverage == COVERAGE


@pytest.mark.parametrize(("floor", "passed"), [(90.0, True), (90.01, False), (100.0, False)])
def test_less_than_the_floor_is_a_failure(floor: float, passed: bool) -> None:
    verdict = with_coverage(Verdict(), COVERAGE, settings(coverage_fail_under=floor))
    assert verdict.passed == passed
    assert verdict.return_code == (0 if passed else 1)


def test_the_failure_says_what_is_missing() -> None:
    [problem] = with_coverage(Verdict(), COVERAGE, settings(coverage_fail_under=95.0)).problems
    assert problem.message.startswith("The tests run 90.0 % of the module's statements, and")
    assert problem.details == ("addons/m/a.py: 80.0 %, never ran: 3-4",)
    assert problem.kind == "low_coverage"


def test_failed_tests_are_told_first() -> None:
    verdict = with_coverage(RED, COVERAGE, settings(coverage_fail_under=95.0))
    assert [problem.kind for problem in verdict.problems] == ["tests_failed", "low_coverage"]


def test_the_floor_is_asked_of_changed_lines_if_there_is_a_commit_to_compare_with() -> None:
    changed = Coverage(version="7.17", branch=True, files=(PARTLY, WHOLE), since="main", changed=(WHOLE,))
    assert with_coverage(Verdict(), changed, settings(coverage_fail_under=95.0, coverage_diff="main")).passed
    bad = Coverage(version="7.17", branch=True, files=(WHOLE, PARTLY), since="main", changed=(PARTLY,))
    [problem] = with_coverage(Verdict(), bad, settings(coverage_fail_under=85.0, coverage_diff="main")).problems
    assert "80.0 % of what has changed in the module since main" in problem.message


def test_no_changed_statement_is_no_failure() -> None:
    changed = Coverage(version="7.17", branch=True, files=(PARTLY,), since="main", changed=())
    assert with_coverage(Verdict(), changed, settings(coverage_fail_under=100.0, coverage_diff="main")).passed


def test_what_could_not_be_measured_is_noted() -> None:
    verdict = with_coverage(Verdict(), "the engine went away", settings())
    assert verdict.passed
    assert verdict.notes == ("coverage was not measured: the engine went away",)


def test_what_could_not_be_measured_holds_no_floor() -> None:
    verdict = with_coverage(Verdict(), "the engine went away", settings(coverage_fail_under=1.0))
    assert (verdict.return_code, verdict.problems[0].kind) == (1, "low_coverage")
    assert "Nobody knows whether coverage-fail-under (1 %) is reached: the engine went away." in verdict.problems[0].message
    assert len(with_coverage(RED, "the engine went away", settings(coverage_fail_under=1.0)).problems) == 1


@pytest.mark.parametrize("coverage", [COVERAGE, "the engine went away"])
def test_a_part_of_the_tests_has_no_floor(coverage: Coverage | str) -> None:
    """A pattern or `--lf` could never become green, whatever the floor of the whole is."""
    verdict = with_coverage(Verdict(part="-k rock"), coverage, settings(coverage_fail_under=99.0))
    assert verdict.passed
    assert "coverage-fail-under was not asked for: only a part of the tests was run" in verdict.notes
    assert with_coverage(Verdict(part="-k rock"), coverage, settings()).notes in (
        (),
        ("coverage was not measured: the engine went away",),
    )
