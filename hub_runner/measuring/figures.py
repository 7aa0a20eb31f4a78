"""The figures of one file, from the lines and branches that coverage.py's JSON report names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from hub_runner.result import FileCoverage

Branch = tuple[int, int]  # from one line to another; a negative line is the end of a function or class


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
