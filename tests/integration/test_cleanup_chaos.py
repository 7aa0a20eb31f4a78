"""A short chaos: ways to die at any moment. ``nox -s chaos -- --what WHAT --trials 500`` is the long one."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.__main__ import SCENARIOS, run
from tests.chaos.scenario import Scenario
from tests.chaos.table import faults, table
from tests.chaos.trial import Outcome, attempt
from tests.chaos.watcher import Watcher
from tests.standins import Images

pytestmark = pytest.mark.integration
TRIALS = 24


def test_two_dozen_deaths_leave_nothing_behind() -> None:
    seed = random.randrange(10**4)
    with Watcher() as watcher:
        outcomes = run(TRIALS, 0, 3, seed, watcher)
    print(table(outcomes))  # noqa: T201  # shown where it fails
    assert faults(outcomes) == [], f"seed {seed}"
    assert any(it.seconds is not None for it in outcomes)  # there was something to remove


def test_one_death_of_each_other_kind_of_command_leaves_nothing_behind(standins: Images) -> None:
    """Two engines and a registry of their own take too long for this."""
    seed, number = random.randrange(10**4), random.randrange(100)

    def one(scenario: Scenario) -> Outcome:
        return attempt(number, seed=seed, images=standins, watcher=watcher, scenario=scenario)

    kinds = [kind() for name, kind in SCENARIOS.items() if name not in ("run", "engines")]
    with Watcher() as watcher, ThreadPoolExecutor(max_workers=4) as pool:
        assert faults(list(pool.map(one, kinds))) == [], f"seed {seed}, trial {number}"
