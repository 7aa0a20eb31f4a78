"""``python -m tests.chaos --what batch --trials 500``: prints the table, and writes it into a document if it is told to."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.batches import Batch, Rerun
from tests.chaos.engines import Engines
from tests.chaos.loops import Debug, Keep, Shell, Uat, Watch
from tests.chaos.scenario import Runs, Scenario
from tests.chaos.table import faults, late, phases, table
from tests.chaos.trial import Outcome, attempt
from tests.chaos.watcher import Watcher
from tests.standins import images

SCENARIOS: dict[str, type[Scenario]] = {it.name: it for it in (Runs, Batch, Rerun, Watch, Keep, Debug, Shell, Uat, Engines)}


def main() -> int:
    options = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it has started ends with it
    seed, begin = options.seed if options.seed is not None else random.randrange(10**4), time.monotonic()
    scenario, parallel = SCENARIOS[options.what](), 1 if options.what == "engines" else options.parallel
    print(f"{options.trials} trials of {scenario.name}, seed {seed}, {parallel} at a time", flush=True)  # noqa: T201
    with Watcher() as watcher, scenario.opened():
        before = watcher.dangling()
        outcomes = run(options.trials, options.first, parallel, seed, watcher, scenario)
        nobodys = watcher.dangling() - before
    minutes = (time.monotonic() - begin) / 60
    text = report(outcomes, seed, parallel, minutes, scenario)
    broken = [*faults(outcomes), *late(outcomes)]
    print(text, *broken, *(f"nobody's volume {it}" for it in sorted(nobodys)), sep="\n")  # noqa: T201
    if options.write:
        path = Path(options.write)
        marks = re.compile(rf"(<!-- chaos {scenario.name} -->\n).*(<!-- /chaos {scenario.name} -->)", re.DOTALL)
        path.write_text(marks.sub(lambda it: f"{it[1]}{text}\n{it[2]}", path.read_text(encoding="utf-8")), encoding="utf-8")
    return 1 if broken else 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    top.add_argument("--what", choices=SCENARIOS, default="run", help="what is killed (run: single runs)")
    top.add_argument("--trials", type=int, default=30)
    top.add_argument("--seed", type=int, help="repeats a chaos (default: another one each time)")
    top.add_argument("--first", type=int, default=0, metavar="NUMBER", help="with --trials 1: repeats one trial of a seed")
    top.add_argument("--parallel", type=int, default=max(2, (os.cpu_count() or 2) // 2), help="trials at a time")
    top.add_argument("--write", metavar="FILE", help="puts the table into a document, between its chaos marks")
    return top


def run(
    trials: int, first: int, parallel: int, seed: int, watcher: Watcher, scenario: Scenario | None = None
) -> list[Outcome]:
    given = images()

    def one(number: int) -> Outcome:
        outcome = attempt(number, seed=seed, images=given, watcher=watcher, scenario=scenario)
        state = "LEFT" if outcome.leftovers else "odd" if outcome.complaints else "clean"
        took = "" if outcome.seconds is None else f" in {outcome.seconds:.1f} s"
        print(f"{number:4} {state}{took}: {outcome.death.name} ({outcome.phase})", *faults([outcome]), sep="\n", flush=True)  # noqa: T201
        return outcome

    with ThreadPoolExecutor(max_workers=parallel) as pool:
        return list(pool.map(one, range(first, first + trials)))


def report(outcomes: list[Outcome], seed: int, parallel: int, minutes: float, scenario: Scenario) -> str:
    flags = f"--what {scenario.name} --trials {len(outcomes)} --seed {seed} --parallel {parallel}"
    today = dt.datetime.now(dt.UTC).date()
    left, odd = (sum(bool(getattr(it, what)) for it in outcomes) for what in ("leftovers", "complaints"))
    return "\n".join(
        [
            f"`nox -s chaos -- {flags}` on {today}:",
            f"{left} trials with leftovers, {odd} with another complaint; {minutes:.0f} minutes on {os.cpu_count()} cores.",
            f"The blows came in these phases: {phases(outcomes)}.",
            "",
            table(outcomes),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
