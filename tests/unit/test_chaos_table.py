"""What makes a chaos fail."""

from __future__ import annotations

import pytest

from tests.chaos.deaths import DEATHS, Death
from tests.chaos.table import faults, late
from tests.chaos.trial import Outcome

FAST, PATIENT = (next(it for it in DEATHS if it.within == seconds) for seconds in (3.0, 7.0))


def outcomes(death: Death, *seconds: float | None) -> list[Outcome]:
    return [
        Outcome(number=number, death=death, phase="tests", seconds=it, leftovers=(), complaints=())
        for number, it in enumerate(seconds)
    ]


def test_a_median_beyond_the_promise_is_named_with_both_figures() -> None:
    assert late(outcomes(FAST, 1, 4, 4, 4, None, 1)) == [
        f"{FAST.name}: clean after 4.0 s (median of 5), promised are 3",
    ]


@pytest.mark.parametrize("seconds", [(1, 1, 3, 9, 9), (9, 9, 9, 9), (None,) * 9], ids=["in time", "too few", "none"])
def test_a_promise_that_is_kept_or_was_hardly_tried_is_not(seconds: tuple[float | None, ...]) -> None:
    assert late(outcomes(FAST, *seconds)) == []


def test_each_way_to_die_is_judged_by_its_own_promise() -> None:
    assert late([*outcomes(FAST, *[4.0] * 5), *outcomes(PATIENT, *[4.0] * 5)])[0].startswith(FAST.name)
    assert late(outcomes(PATIENT, *[4.0] * 5)) == []


def test_every_row_with_seconds_is_one_that_can_be_measured() -> None:
    assert all(it.within is None or not it.goes_on for it in DEATHS)


def test_a_leftover_and_a_complaint_are_faults_of_their_trial() -> None:
    it = Outcome(number=7, death=FAST, phase="start", seconds=1, leftovers=("volume v",), complaints=("odd",))
    assert faults([it]) == [f"trial 7 ({FAST.name}, struck in phase start): {words}" for words in ("volume v", "odd")]
