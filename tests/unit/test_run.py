from __future__ import annotations

from hub_runner.lifecycle.tries import Phases
from hub_runner.observers import Observers
from tests.unit.test_result import Told


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
