"""What is said of the tries of one run."""

from __future__ import annotations

import pytest

from hub_runner.lifecycle.tries import Phases, opinion
from hub_runner.observers import Observers
from hub_runner.result import Problem, Verdict
from tests.unit.report import samples
from tests.unit.test_result import Told


def ended(*codes: int) -> Verdict:
    problems = tuple(Problem(kind="x", message="", return_code=code) for code in codes)
    return Verdict(problems=problems, outcomes=(samples.failed(), samples.outcome("test_b")))


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (ended(1), "agrees"),
        (ended(), "differs, and decides"),
        (ended(7), "differs, and decides"),
        (ended(130), "was broken off. In the first start 2 tests had ended, 1 of them failed"),
    ],
)
def test_a_second_opinion_agrees_or_decides_unless_somebody_ends_it(second: Verdict, said: str) -> None:
    """Whoever has seen the first cause may not wait for it."""
    assert opinion(ended(1), second) == said


def test_each_phase_ends_where_the_next_one_begins() -> None:
    told = Told()
    phases = Phases(Observers([told]))
    for name in ("sweep", "tests", "teardown"):
        phases.begin(name)
    assert list(phases.durations) == ["sweep", "tests"]
    phases.end()
    phases.end()
    assert list(phases.durations) == ["sweep", "tests", "teardown"]
    assert all(seconds >= 0 for seconds in phases.durations.values())
    assert told.words == ["phase sweep", "phase tests", "phase teardown"]
