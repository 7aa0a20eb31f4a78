"""How much of a module's code its tests ran: the figures that a run hands to its reports."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

Branch = tuple[int, int]  # from one line to another; a negative line is the end of a function or class


@dataclass(frozen=True, kw_only=True)
class FileCoverage:
    """One file of the tested module.

    ``file`` is relative to the checkout, with POSIX separators. ``missing`` names what never ran, as coverage.py does:
    ``12-14, 20->23`` is three lines and a jump that was never made. Without branches ``branches`` is 0.
    """

    file: str
    statements: int
    missed: int
    branches: int = 0
    missed_branches: int = 0
    missing: str = ""

    @property
    def percent(self) -> float:
        return percent([self])

    @property
    def whole(self) -> bool:
        return not self.missed and not self.missed_branches


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What coverage.py measured. ``changed`` holds the changed lines alone, if the setting coverage-diff names a commit."""

    version: str  # of coverage.py
    branch: bool  # whether branches were measured, too
    files: tuple[FileCoverage, ...]
    since: str = ""  # the commit of coverage-diff
    changed: tuple[FileCoverage, ...] = ()

    @property
    def percent(self) -> float:
        return percent(self.files)

    @property
    def coverable(self) -> int:
        """Statements and branches."""
        return counts(self.files)[0]

    @property
    def covered(self) -> int:
        return counts(self.files)[1]

    @property
    def percent_of_changed(self) -> float:
        return percent(self.changed)


def percent(files: Iterable[FileCoverage]) -> float:
    """Of statements and branches together, as coverage.py counts. Nothing to run is 100 %."""
    whole, ran = counts(files)
    return 100 * ran / whole if whole else 100.0


def counts(files: Iterable[FileCoverage]) -> tuple[int, int]:
    """How many statements and branches there are, and how many of them ran."""
    whole = ran = 0
    for file in files:
        whole += file.statements + file.branches
        ran += file.statements - file.missed + file.branches - file.missed_branches
    return whole, ran


def shown(percentage: float) -> str:
    """With one decimal, cut and not rounded: 99.99 % must not look like 100."""
    return f"{math.floor(percentage * 10) / 10:.1f} %"


def figures(
    file: str,
    executed: Collection[int],
    missing: Collection[int],
    executed_branches: Collection[Branch] = (),
    missing_branches: Collection[Branch] = (),
    *,
    only: Collection[int] | None = None,
) -> FileCoverage:
    """The figures of one file from what coverage.py's JSON report says. ``only`` are the lines that count; None: all."""

    def counted(lines: Collection[int]) -> list[int]:
        return [line for line in lines if only is None or line in only]

    def branches(pairs: Collection[Branch]) -> list[Branch]:
        return [pair for pair in pairs if only is None or pair[0] in only]

    ran, missed = counted(executed), counted(missing)
    made, unmade = branches(executed_branches), branches(missing_branches)
    return FileCoverage(
        file=file,
        statements=len(ran) + len(missed),
        missed=len(missed),
        branches=len(made) + len(unmade),
        missed_branches=len(unmade),
        missing=", ".join(_missing({*executed, *missing}, set(missed), unmade)),
    )


def _missing(statements: Collection[int], missed: Collection[int], unmade: Iterable[Branch]) -> Iterator[str]:
    """In the order of the lines. Lines between two statements (blank ones, comments) do not end a range."""
    pieces: list[tuple[int, str]] = []
    first = last = 0
    for line in sorted(statements):
        if line in missed:
            first, last = first or line, line
        elif first:
            pieces.append((first, _range(first, last)))
            first = 0
    if first:
        pieces.append((first, _range(first, last)))
    jumps = [
        (begin, f"{begin}->{end if end > 0 else 'exit'}") for begin, end in sorted(unmade) if not {begin, end} & set(missed)
    ]
    yield from (text for _, text in sorted([*pieces, *jumps]))


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
