"""docs/performance.md: the figures, what they are figures of, and each target that was missed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench import machine
from bench.timing import Series


@dataclass(frozen=True)
class Target:
    """``measured`` must be at most ``most`` (times ``reference`` where there is one)."""

    what: str
    measured: str
    most: float
    reference: str = ""
    unit: str = "s"

    def row(self, figures: Mapping[str, Series]) -> str:
        series = figures[self.measured]
        if self.reference:
            reference = figures[self.reference]
            ratio, rounds = series.median / reference.median, series.over(reference).span
            met, shown, wanted = ratio <= self.most, f"{ratio:.2f} times ({rounds})", f"{self.most:.2g} times"
        else:
            met, shown, wanted = series.median <= self.most, str(series), f"{self.most:g} {self.unit}"
        return f"| {self.what} | {wanted} | {shown} | {'met' if met else '**missed**'} |"


TARGETS = (
    Target("traction warm, compared with the plain script", "warm", 0.18, "plain"),
    Target("traction warm, compared with the bare Odoo command", "warm", 0.9, "bare"),
    Target("traction cold, compared with the plain script", "cold", 1.0, "plain"),
    Target("our own share of a warm run", "share", 0.7),
    Target("of which nox and its environment", "nox", 0.5),
    Target("from Ctrl-C to nothing left", "interrupt_ours", 2.0),
    Target("four modules with `--jobs 2`, compared with one by one", "two_at_a_time", 0.6, "one_by_one"),
    Target("memory of the runner and its guard", "memory", 80, unit="MB"),
    Target("twelve modules with `--jobs 2` on an empty cache, compared with OCA's way", "repository_first", 0.75, "oca"),
    Target("the same once more", "repository_again", 0.28, "oca"),
    Target("`watch`: a saved test file, a quick class, compared with the plain script", "test_edit", 1 / 30, "watch_plain"),
    Target("`watch`: a saved model, a quick class, compared with the plain script", "model_edit", 1 / 12, "watch_plain"),
    Target("`watch`: a saved test file, all tests, compared with the plain script", "whole_edit", 1 / 7, "watch_plain"),
    Target("`watch`: a core while nothing is saved", "watch_idle", 1, unit="%"),
    Target("`watch`: memory that fifty edits add", "watch_growth", 5, unit="MB"),
    Target("memory of the runner and its guard meanwhile", "flood_memory", 80, unit="MB"),
    Target("`nox -l` with 1,000 modules", "menu", 1.0),
    Target("`python -m hub_runner --help`", "help", 0.2),
    Target("`list --changed-since` with 1,000 modules", "changed", 1.0),
    Target("`matrix` with 1,000 modules", "matrix", 1.0),
    Target("the processor's seconds for a module, 1,000 stand-ins with `--jobs 8`", "batch_cost", 0.5),
    Target("memory that those 1,000 add", "batch_growth", 10, unit="MB"),
    Target(
        "traction's first verdict on a fresh engine with a registry on loopback", "registry_first", 0.5, "registry_plain"
    ),
    Target("traction warm by TCP on loopback, compared with the same engine's socket", "engine_remote", 1.1, "engine_local"),
)
FIGURES = {
    "plain": "traction, the plain bash script",
    "warm": "traction, `nox -s test -- traction`, warm",
    "cold": "traction, `nox -s test -- traction --cold`",
    "bare": "traction, the bare Odoo command on a prepared database",
    "interrupt_plain": "from Ctrl-C to nothing left, the plain bash script",
    "interrupt_ours": "from Ctrl-C to nothing left, hub-runner",
    "one_by_one": "four modules one by one, warm",
    "two_at_a_time": "four modules with `--jobs 2`, warm",
    "oca": "twelve modules, OCA's way",
    "repository_first": "twelve modules with `--jobs 2`, on an empty cache",
    "repository_again": "twelve modules with `--jobs 2`, again",
    "watch_test": "the first verdict of `test`",
    "watch_first": "the first verdict of `watch`",
    "test_edit": "`watch`: from a saved test file to the verdict of one quick class",
    "model_edit": "`watch`: from a saved model to the verdict of one quick class",
    "whole_edit": "`watch`: from a saved test file to the verdict of all tests",
    "watch_plain": "the plain bash script meanwhile",
    "flood_ours": "a gigabyte of log, a run without the start and end of its containers",
    "flood_compose": "a gigabyte of log, `docker compose exec` to a file",
    "registry_plain": "the plain bash script meanwhile",
    "registry_first": "traction on a fresh engine, its prepared database in a registry on loopback",
    "engine_local": "traction warm on that engine, by its socket",
    "engine_remote": "traction warm on that engine, by TCP on loopback",
}


def performance(figures: Mapping[str, Series], begin: dt.datetime, end: dt.datetime, load: float) -> str:
    return "\n".join([*_head(begin, end, load), *_targets(figures), *_figures(figures), *_floor(figures), TAIL])


def _head(begin: dt.datetime, end: dt.datetime, load: float) -> Iterator[str]:
    yield "# Performance\n"
    yield "Written by `nox -s bench`; [bench/README.md](../bench/README.md) says what is compared with what.\n"
    yield f"Measured on {begin:%Y-%m-%d} from {begin:%H:%M} to {end:%H:%M} UTC: {machine.description()}."
    yield f"Load average before it began: {load:.1f}."
    yield "Medians of all rounds, in turns, in one run; in brackets the number of rounds, the fastest and the slowest."
    yield "A ratio is that of the medians; in brackets what single rounds gave: the machine's speed changes between them.\n"


def _targets(figures: Mapping[str, Series]) -> Iterator[str]:
    yield "## Targets\n\n| what | at most | measured | |\n|---|---|---|---|"
    yield from (it.row(figures) for it in TARGETS if {it.measured, it.reference or it.measured} <= set(figures))
    yield ""


def _figures(figures: Mapping[str, Series]) -> Iterator[str]:
    yield "## Figures\n\n| what | median |\n|---|---|"
    yield from (f"| {words} | {figures[name]} |" for name, words in FIGURES.items() if name in figures)
    yield ""


def _floor(figures: Mapping[str, Series]) -> Iterator[str]:
    """Why a ratio is what it is: what no runner can go below, and what this one adds to it."""
    if not {"warm", "bare", "plain", "share", "cold"} <= set(figures):
        return
    cold = figures["cold"].over(figures["plain"])
    warm, bare, plain, share = (figures[name].median for name in ("warm", "bare", "plain", "share"))
    yield "## What the ratios are made of\n"
    yield f"Odoo's test process alone (bare) takes {bare / plain:.2f} of the script's time: no runner goes below that."
    yield f"A warm run adds {warm - bare:.1f} s to it. Of these, {share:.1f} s are our own share; the rest is the start of"
    yield "two containers, the wait for Odoo's own server, beside which the test process boots, and a database that has just"
    yield "started, where that of the bare command is warm."
    yield "The more tests a module has, and the more else a machine does, the larger is the ratio to the plain script.\n"
    yield "A cold run does what the script does, and records, proves and verifies besides; it pays for that with what it"
    yield f"saves inside Odoo. Round by round it took {cold.span} of the script's time: the two differ by less than the"
    yield "rounds do.\n"


TAIL = """\
## Where the time goes

A warm run of traction is Odoo's test process, and little else. It loads the prepared modules as Odoo does, and refreshes
Odoo's list of modules for those of the checkout alone: the prepared database has the others. The rest installs the
module and runs its tests. The test process boots beside Odoo's own server, and
waits there until that has answered its healthcheck: before that nothing is installed or tested.

What neither the script nor the bare command has: in the test process, Python looks for garbage less often (that saved 5 to
13 % of the phase when it was tried), and the HTTP server looks 20 times a second whether it is to end, not twice (Odoo waits
for that at its end, a quarter of a second on average); healthchecks are asked for often where a run waits for the answer,
and rarely elsewhere, for each costs the engine a process.

Our own share is measured from outside: the time from the command to the prompt, less the phase `start`, in which Compose
and the engine start the containers, and less Odoo's test process (by the engine's own events). It holds nox,
Python's start, reading the checkout, asking Compose for the model, the look for orphans, the copy of the modules, the
verdict, the reports, and the verified cleanup, which is nearly half of it.

Two runs beside each other share the two cores with two databases and the engine. When it was looked at, four modules one by
one kept 1.2 of the two cores busy (18.9 s of processor time in 15.8 s): two at a time could take 0.60 of that if no core
were ever idle, and take 0.7 to 0.76. Without Odoo's server, with a stand-in that answers the healthcheck in its place, it
would be 0.70. On more cores than two, two runs do not wait for each other.

A repository on an empty cache took 304 s of processor time then, in 175 s; OCA's way took 195 s of it, in 178 s, one process
after the other. The half of 304 s is 0.85 of those 178 s, and more could not be gained on two cores by any order of the
work. Of the 304 s, 69 s are the twelve runs, each in an environment of its own; the rest makes 13 prepared databases with 86
installations of Odoo's modules (415 without the tree) and builds the web assets for two of them; OCA's way does that once.

Memory is the proportional set size of the runner and its guard: what both share, as Python's library, counts once. The
sum of what each has in memory (RSS) was 85.7 MB where this one was 68.2 MB.

A gigabyte of log goes through the engine and its client in both cases. A run also reads it from the client, writes it down,
passes on what a person should see, and takes the digest of the whole log at its end (0.6 s when it was looked at); half a
second more is what each run takes before and after its tests. That is what it adds, and why it adds less where a core is
free.

What was tried, and is not there: statistics for PostgreSQL's planner in the prepared database (ANALYZE) changed nothing
(six pairs, within 2 %); a copy of the database in a volume or in memory, where its first writes are faster than on an
image's layers, saved 4 to 5 % of the test phase and took as long to make; looking for garbage still less often has
0.1 s left to gain; letting the next run of `--jobs` begin while the one before it only cleans up saved 1 % (five pairs of
eight modules); a larger pipe from the client of a gigabyte of log saved nothing.

## What a warm start is

A run's database starts from an image in which Odoo's own modules are installed already: `docs/warm.md` says what decides,
and why its verdict is that of a cold start.
"""
