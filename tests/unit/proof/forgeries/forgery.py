"""One forgery: what is done to an honest run, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub_runner.proof.disagreement import Reason
from tests.unit.proof.honest import Run

Act = Callable[[Run], object]


@dataclass(frozen=True)
class Forgery:
    name: str
    act: Act
    reason: Reason
    place: str  # a regular expression for what must be said


def mended(mend: Callable[[Run], None]) -> Callable[[Act], Act]:
    """A forger who mends afterwards: the act, and then the mending."""

    def first(act: Act) -> Act:
        def both(run: Run) -> None:
            act(run)
            mend(run)

        return both

    return first
