"""A batch on paper: it plays below the planner as it is, so whatever changes there must still fit here."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from bench import scale, scale_page
from bench.played import World
from bench.scale import Outcome, bound, in_shards, measured, played
from bench.shape import Simulated, checkout

MODULES = checkout(40, 1)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return measured(MODULES, (1, 4))


def test_the_same_seed_gives_the_same_modules_and_another_one_others() -> None:
    assert checkout(40, 1) == MODULES
    assert checkout(40, 2) != MODULES
    assert checkout(60, 1)[:40] == MODULES


def test_no_batch_is_faster_than_its_lower_bound_and_all_runs_start_warm(outcomes: list[Outcome]) -> None:
    assert [outcome.what for outcome in outcomes if outcome.seconds < outcome.bound] == []
    assert [outcome.what for outcome in outcomes if outcome.cold] == []


def test_one_engine_makes_what_the_tree_says_and_pulls_all_of_it_the_next_time(outcomes: list[Outcome]) -> None:
    alone, pushed, filled = outcomes[:3]
    assert alone.made == pushed.made >= len({scale.recipe_of(module) for module in MODULES})
    assert (filled.made, filled.pushed) == (0, 0)
    assert pushed.pushed == pytest.approx(pushed.largest)
    assert filled.pulled == pytest.approx(filled.largest)


def test_with_a_registry_to_push_to_nothing_is_made_twice(outcomes: list[Outcome]) -> None:
    four = [outcome for outcome in outcomes if outcome.engines == 4]
    assert four[1].made <= outcomes[1].made + 4 < four[0].made
    assert four[1].seconds < outcomes[1].seconds / 2


def test_a_single_module_takes_what_it_takes() -> None:
    module = Simulated(name="one", depends=("base",), core=("base",), asks_for_pages=False, seconds=7.0)
    found = played("alone", [module], 3, World())
    assert found.seconds == found.bound == bound([module], 3, filled=False)
    assert in_shards("alone", [module], 3, None).seconds == found.seconds


def test_the_page_and_its_plot_show_each_outcome(outcomes: list[Outcome]) -> None:
    text = scale_page.page(outcomes, count=40, sets=20, hours=1.0)
    assert text.count("| filled registry |") == 2
    drawing = ET.fromstring(scale_page.plot(outcomes))
    lines = drawing.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == len({outcome.what for outcome in outcomes}) + 1
