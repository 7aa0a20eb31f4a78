"""``python -m bench [--rounds N] [--only PART...]``: measures in turns, and writes docs/performance.md where all was."""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import document, interrupts, share, small
from bench.contestants import Contest, bare
from bench.timing import ROOT, Series

PARTS = ("small", "interrupts", "jobs", "tests")
Figures = dict[str, Series]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    begin = dt.datetime.now(dt.timezone.utc)
    with tempfile.TemporaryDirectory(prefix="hub-runner-bench-") as work:
        contest = Contest(Path(work))
        contest.warm()  # nox's environment and the prepared database are there from now on
        figures: Figures = {}
        for part in options.only:
            figures |= globals()[f"measure_{part}"](contest, options.rounds)
    text = document.performance(figures, begin, dt.datetime.now(dt.timezone.utc), options.rounds)
    print(text)
    if tuple(options.only) == PARTS:
        (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")


def in_turns(rounds: int, unit: str = "s", **contestants: Callable[[], float]) -> Figures:
    """Each once a round, so that a slower minute of the machine meets all."""
    seen: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(1, rounds + 1):
        for name, measure in contestants.items():
            seen[name].append(measure())
            print(f"round {number} of {rounds}, {name}: {seen[name][-1]:.2f} {unit}", flush=True)
    return {name: Series(tuple(values), unit) for name, values in seen.items()}


def measure_small(contest: Contest, rounds: int) -> Figures:
    return in_turns(
        rounds,
        nox=lambda: share.of_nox(contest),
        menu=lambda: small.menu(contest),
        help=lambda: small.help_text(contest),
    ) | in_turns(min(rounds, 3), "MB", memory=lambda: share.memory(contest))


def measure_interrupts(contest: Contest, rounds: int) -> Figures:
    return in_turns(
        rounds,
        interrupt_plain=lambda: interrupts.plain(contest),
        interrupt_ours=lambda: interrupts.ours(contest),
    )


def measure_jobs(contest: Contest, rounds: int) -> Figures:
    small.four(contest, jobs=2)  # the prepared database of these
    return in_turns(rounds, one_by_one=lambda: small.four(contest, 1), two_at_a_time=lambda: small.four(contest, 2))


def measure_tests(contest: Contest, rounds: int) -> Figures:
    shares: list[float] = []

    def warm() -> float:
        total, ours = share.own_share(contest)
        shares.append(ours)
        return total

    with bare(contest) as on_prepared:
        on_prepared()
        figures = in_turns(rounds, plain=contest.plain, warm=warm, cold=contest.cold, bare=on_prepared)
    return {**figures, "share": Series(tuple(shares))}


if __name__ == "__main__":
    main()
