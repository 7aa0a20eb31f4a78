import pytest

from hub_runner.measuring.figures import figures
from hub_runner.result import Coverage, FileCoverage, percent
from hub_runner.text import percentage


def test_missing_lines_are_told_as_coverage_tells_them() -> None:
    found = figures("m.py", [1, 2, 8, 12], [4, 6, 10, 11])
    assert found.missing == "4-6, 10-11", "blank lines and comments between two statements do not end a range"
    assert (found.statements, found.missed, round(found.percent, 2)) == (8, 4, 50.0)


def test_a_jump_that_was_never_made_is_told_unless_its_line_never_ran_anyway() -> None:
    found = figures("m.py", [1, 2, 3, 5], [4], [(1, 2)], [(1, 5), (2, 4), (3, -1), (4, 5)])
    assert found.missing == "1->5, 3->exit, 4"
    assert (found.branches, found.missed_branches) == (5, 4)


def test_only_the_lines_that_count_are_counted() -> None:
    found = figures("m.py", [1, 2, 3], [4, 5], [(2, 3)], [(2, 4)], only={2, 4})
    assert (found.statements, found.missed, found.branches, found.missed_branches) == (2, 1, 2, 1)
    assert found.missing == "4"


def test_nothing_to_run_is_all_of_it() -> None:
    assert percent([]) == 100
    assert figures("m.py", [], []).whole


@pytest.mark.parametrize(("value", "text"), [(100, "100.0 %"), (99.99, "99.9 %"), (0.04, "0.0 %"), (98.55, "98.5 %")])
def test_a_percentage_is_never_made_better(value: float, text: str) -> None:
    assert percentage(value) == text


def test_statements_and_branches_count_together() -> None:
    file = FileCoverage(file="m.py", statements=8, missed=1, branches=2, missed_branches=1, missing="3")
    coverage = Coverage(version="7.17", branch=True, files=(file, file))
    assert (coverage.coverable, coverage.covered, coverage.percent) == (20, 16, 80.0)
