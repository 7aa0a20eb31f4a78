"""Durations as a bar: parts beside each other, as wide as they took long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WIDTH = 1000  # of the whole bar, in units of the drawing


@dataclass(frozen=True, kw_only=True)
class Segment:
    """``begin`` and ``width`` are in units of the drawing, ``shade`` is the number of its colour."""

    name: str
    seconds: float
    begin: int
    width: int
    shade: int


def bar(durations: Mapping[str, float]) -> tuple[Segment, ...]:
    """The parts in their order; empty if nothing took any time. A part that is too short to be seen has no width."""
    whole, gone, parts = sum(durations.values()), 0.0, list[Segment]()
    if whole <= 0:
        return ()
    for number, (name, seconds) in enumerate(durations.items()):
        begin, end = round(WIDTH * gone / whole), round(WIDTH * (gone + seconds) / whole)
        parts.append(Segment(name=name, seconds=seconds, begin=begin, width=end - begin, shade=number % 8))
        gone += seconds
    return tuple(parts)


def added(many: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The sums by name, in the order in which the names first come."""
    sums: dict[str, float] = {}
    for durations in many:
        for name, seconds in durations.items():
            sums[name] = sums.get(name, 0.0) + seconds
    return sums
