"""The table of a chaos: a row for each way to die."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from tests.chaos.deaths import Death
from tests.chaos.trial import Outcome

ENOUGH = 5  # measured trials of a row: a median of fewer says more about the machine's load
HEAD = (
    "| way to die | trials | hit with something to remove | leftovers | median s | worst s | promised s |",
    "|---|---:|---:|---:|---:|---:|---:|",
)


def table(outcomes: Sequence[Outcome]) -> str:
    rows = [_row(death.name, _of(death, outcomes), death.within) for death in _deaths(outcomes)]
    return "\n".join([*HEAD, *rows, _row("**all**", outcomes, None)])


def _row(name: str, them: Sequence[Outcome], within: float | None) -> str:
    seconds = _seconds(them)
    median, worst = (f"{statistics.median(seconds):.1f}", f"{max(seconds):.1f}") if seconds else ("", "")
    left = sum(bool(it.leftovers) for it in them)
    promised = "" if within is None else f"{within:g}"
    return f"| {name} | {len(them)} | {len(seconds)} | {left} | {median} | {worst} | {promised} |"


def _deaths(outcomes: Sequence[Outcome]) -> list[Death]:
    """In the order of the first trials, which is that of the scenario."""
    return list(dict.fromkeys(it.death for it in sorted(outcomes, key=lambda it: it.number)))


def _of(death: Death, outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [it for it in outcomes if it.death is death]


def _seconds(them: Sequence[Outcome]) -> list[float]:
    return [it.seconds for it in them if it.seconds is not None]


def late(outcomes: Sequence[Outcome]) -> list[str]:
    """One line for each way to die whose median breaks the promise."""
    return [
        f"{death.name}: clean after {median:.1f} s (median of {len(seconds)}), promised are {death.within:g}"
        for death in _deaths(outcomes)
        if death.within is not None
        and len(seconds := _seconds(_of(death, outcomes))) >= ENOUGH
        and (median := statistics.median(seconds)) > death.within
    ]


def phases(outcomes: Sequence[Outcome]) -> str:
    """When the blows came."""
    counted = Counter(it.phase for it in outcomes)
    return ", ".join(f"{phase} {number}" for phase, number in counted.most_common())


def faults(outcomes: Sequence[Outcome]) -> list[str]:
    """One line for each trial that did not end as promised."""
    return [
        f"trial {it.number} ({it.death.name}, struck in phase {it.phase}): {words}"
        for it in outcomes
        for words in (*it.leftovers, *it.complaints)
    ]
