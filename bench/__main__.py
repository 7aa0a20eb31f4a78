"""``python -m bench [--rounds N] [--only PART...] [--minutes M]``: measures in turns, and writes docs/performance.md."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import document, edits, flood, interrupts, registry, share, small
from bench.contestants import Contest, bare
from bench.many import Many
from bench.repository import Repository
from bench.timing import ROOT, Series

PARTS = ("small", "tests", "interrupts", "jobs", "flood", "repository", "edits", "registry", "many")
Figures = dict[str, Series]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="tries these, and writes nothing")
    parser.add_argument("--minutes", type=float, default=120.0, help="no new round of a part after that many")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that it leaves nothing behind
    begin, load = dt.datetime.now(dt.UTC), os.getloadavg()[0]
    clock = Clock(options.rounds, time.monotonic() + options.minutes * 60)
    with tempfile.TemporaryDirectory(prefix="hub-runner-bench-") as work:
        contest = Contest(Path(work))
        contest.warm()  # nox's environment and the prepared database are there from now on
        figures: Figures = {}
        for part in options.only:
            figures |= globals()[f"measure_{part}"](contest, clock)
    text = document.performance(figures, begin, dt.datetime.now(dt.UTC), load)
    print(text)
    if tuple(options.only) == PARTS:
        (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Clock:
    """How many rounds, and until when a new one may begin."""

    rounds: int
    end: float

    def __iter__(self) -> Iterator[int]:
        yield 1
        for number in range(2, self.rounds + 1):
            if time.monotonic() > self.end:
                return
            yield number


def in_turns(clock: Clock, unit: str = "s", **contestants: Callable[[], float]) -> Figures:
    """Each once a round, so that a slower minute of the machine meets all."""
    seen: dict[str, list[float]] = {name: [] for name in contestants}
    for number in clock:
        for name, measure in contestants.items():
            os.sync()  # what the one before has left to write must not slow down the next
            seen[name].append(measure())
            print(f"round {number}, {name}: {seen[name][-1]:.2f} {unit}", flush=True)
    return {name: Series(tuple(values), unit) for name, values in seen.items()}


def measure_small(contest: Contest, clock: Clock) -> Figures:
    return in_turns(
        clock,
        nox=lambda: share.of_nox(contest),
        menu=lambda: small.menu(contest),
        help=lambda: small.help_text(contest),
    )


def measure_interrupts(contest: Contest, clock: Clock) -> Figures:
    return in_turns(
        clock,
        interrupt_plain=lambda: interrupts.plain(contest),
        interrupt_ours=lambda: interrupts.ours(contest),
    )


def measure_jobs(contest: Contest, clock: Clock) -> Figures:
    small.four(contest, jobs=2)  # the prepared database of these
    return in_turns(clock, one_by_one=lambda: small.four(contest, 1), two_at_a_time=lambda: small.four(contest, 2))


def measure_flood(contest: Contest, clock: Clock) -> Figures:
    with flood.flood(contest.work) as both:
        figures = in_turns(clock, flood_ours=both.ours, flood_compose=both.compose)
        return {**figures, "flood_memory": Series(tuple(both.memory), "MB")}


def measure_repository(contest: Contest, clock: Clock) -> Figures:
    seen: dict[str, list[float]] = {"oca": [], "repository_first": [], "repository_again": []}
    for number in clock:
        repository = Repository(contest, number)
        try:
            for name, measure in zip(seen, (repository.oca, repository.ours, repository.ours), strict=True):
                seen[name].append(measure())
                print(f"round {number}, {name}: {seen[name][-1]:.1f} s", flush=True)
        finally:
            repository.forget()
    return {name: Series(tuple(values)) for name, values in seen.items()}


def measure_edits(contest: Contest, clock: Clock) -> Figures:
    """One watch of a quick class and one of all tests, each with an edit a round; the plain script once a round."""
    tests, model = f"tests/{edits.QUICK}", f"models/{edits.MODEL}"
    with edits.watching(contest, f"--test-tags={edits.QUICK_TAGS}") as (watch, _):

        def test_edit() -> float:
            """The one before it waits until the database with the module installed is there again."""
            watch.after_save(tests)
            return watch.after_save(tests)

        quick = in_turns(clock, test_edit=test_edit, model_edit=lambda: watch.after_save(model))
        watch.after_save(tests)
        before = watch.memory()
        for _ in range(50):
            watch.after_save(tests)
        load = {"watch_growth": Series((watch.memory() - before,), "MB"), "watch_idle": Series((watch.idle(),), "%")}
    first: list[float] = []

    def begin_and_edit() -> float:
        with edits.watching(contest) as (watch, seconds):
            first.append(seconds)
            watch.after_save(tests)
            return watch.after_save(tests)

    whole = in_turns(clock, watch_plain=contest.plain, watch_test=contest.warm, whole_edit=begin_and_edit)
    return {**quick, **load, **whole, "watch_first": Series(tuple(first))}


def measure_registry(contest: Contest, clock: Clock) -> Figures:
    if why := registry.why_not():
        print(f"The part `registry` is left out: {why}.", flush=True)
        return {}
    with registry.other(contest) as other:
        first = in_turns(clock, registry_plain=contest.plain, registry_first=other.first)
        other.local()  # the prepared database is known from now on, however the rounds before ended
        return {**first, **in_turns(clock, engine_local=other.local, engine_remote=other.remote)}


def measure_many(contest: Contest, clock: Clock) -> Figures:
    """The batch once: it is a thousand runs."""
    many = Many.made(contest.work)
    choosing = in_turns(clock, changed=many.changed, matrix=many.matrix)
    cost = many.batch()
    return {**choosing, "batch_cost": Series((cost.processor,)), "batch_growth": Series((cost.growth,), "MB")}


def measure_tests(contest: Contest, clock: Clock) -> Figures:
    shares: list[share.Share] = []

    def warm() -> float:
        shares.append(share.of_us(contest))
        return shares[-1].total

    with bare(contest) as on_prepared:
        on_prepared()
        figures = in_turns(clock, plain=contest.plain, warm=warm, cold=contest.cold, bare=on_prepared)
    ours, memory = Series(tuple(it.ours for it in shares)), Series(tuple(it.memory for it in shares), "MB")
    return {**figures, "share": ours, "memory": memory}


if __name__ == "__main__":
    main()
