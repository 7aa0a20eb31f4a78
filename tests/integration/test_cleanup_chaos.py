"""A short chaos: every way to die a few times, at any moment. ``nox -s chaos -- --trials 500`` is the long one."""

from __future__ import annotations

import random

import pytest

from tests.chaos.__main__ import run
from tests.chaos.table import faults, table
from tests.chaos.watcher import Watcher

pytestmark = pytest.mark.integration
TRIALS = 30


def test_thirty_deaths_leave_nothing_behind() -> None:
    seed = random.randrange(10**4)
    with Watcher() as watcher:
        outcomes = run(TRIALS, 0, 3, seed, watcher)
    print(table(outcomes))  # noqa: T201  # shown where it fails
    assert faults(outcomes) == [], f"seed {seed}"
    assert sum(it.seconds is not None for it in outcomes) > TRIALS / 4  # there was something to remove
