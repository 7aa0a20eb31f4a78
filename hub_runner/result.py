"""The values that a run hands to its reports: its header, its tests, its verdict, its result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath

from hub_runner.exit_codes import Kind

HALVES = {"on": "with demo data", "off": "without demo data"}  # by the values of the setting `demo`


class Status(StrEnum):
    """How one test ended. A failing subtest makes its test ``failed`` or ``error``."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One test as Odoo's own result class saw it.

    ``file`` is relative to the checkout (POSIX separators) if the test lies in the module; ``line`` starts at 1. Both are
    None if Odoo could not tell. ``duration`` is in seconds. ``method`` is ``setUpClass`` (or the like) for a failure of the
    class itself.
    """

    module: str
    cls: str
    method: str
    status: Status
    file: str | None = None
    line: int | None = None
    duration: float = 0.0
    queries: int | None = None
    reason: str = ""  # why the test was skipped
    traceback: str = ""  # why it failed; the tracebacks of several subtests are joined by a blank line
    server_traceback: str = ""  # what Odoo's server raised while an HttpCase waited for its answer
    advice: str = ""  # what to do about its failure: the likeliest right name, or what such an error mostly comes from
    logged: tuple[str, ...] = ()  # what the test logged and printed while it ran, line by line; only of a failure
    subtests: tuple[str, ...] = ()  # descriptions of the subtests that failed
    runs: int = 1  # how often it ran
    green: int | None = None  # how often it passed; None in files of before, and for a class
    demo: str = ""  # if a run is made with demo data and without: on or off
    standard: bool = True  # has the tag `standard`: Odoo runs only these tests unless tags are named

    @property
    def name(self) -> str:
        return f"{self.cls}.{self.method}"

    @property
    def is_red(self) -> bool:
        return self.status in (Status.FAILED, Status.ERROR)

    @property
    def is_flaky(self) -> bool:
        """Both green and red in one run, which makes it red."""
        return self.is_red and bool(self.green)

    @property
    def half(self) -> str:
        """In words, in which half of a run with ``demo = "both"`` it ended so; empty in any other run."""
        return HALVES[self.demo] if self.demo else ""

    @property
    def title(self) -> str:
        """The name, with the half of the run if there are two."""
        return f"{self.name} ({self.half})" if self.half else self.name

    @property
    def tag(self) -> str:
        """The value of ``--test-tags`` that selects only this test."""
        return f"{self.class_tag}.{self.method}" if self.method.startswith("test") else self.class_tag

    @property
    def class_tag(self) -> str:
        """The value of ``--test-tags`` that selects all tests of its class."""
        every = "" if self.standard else "*"  # if no tag is named, Odoo runs standard tests only
        return f"{every}/{self.module}:{self.cls}"


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """How long the ``setUpClass`` of a test class took, in seconds: the sum, if it ran more than once."""

    cls: str
    file: str | None
    duration: float

    @property
    def name(self) -> str:
        return f"{self.cls}.setUpClass"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One reason why a run is not green.

    ``kind`` is a slug that reports and agents may rely on: see ``errors.Kind``, of which a later version may have more.
    ``message`` is a sentence or a paragraph for people: what failed, what was seen, what to do next. ``details`` are the
    lines that reports show below it. ``file`` is relative to the checkout, ``line`` starts at 1.
    """

    kind: str
    message: str
    return_code: int
    details: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None

    @classmethod
    def of(cls, kind: Kind, message: str, *details: str, file: str | None = None, line: int | None = None) -> Problem:
        """A problem with the exit code of its kind."""
        return cls(kind=kind, message=message, return_code=kind.code, details=details, file=file, line=line)


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """What became of a module beyond its tests. ``stages`` says `passed` or `failed` of each one that was reached.

    Its stages are `tests`, or `install` (as it was at ``ref``) and `upgrade` (with today's tests), and `uninstall`.
    """

    ref: str  # what the upgrade began from, as git knows it; empty without an upgrade, as are the next two
    commit: str
    version: str  # of the module, then
    stages: dict[str, str]
    migrations: tuple[str, ...] = ()  # MODULE/FILE of the scripts that ran
    vanished: tuple[str, ...] = ()  # columns, fields and external ids that the upgrade removed


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


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a run proved. It is green only if there is no problem; the first problem decides the exit code."""

    problems: tuple[Problem, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()  # what is worth saying and makes no run red: deselected tests, warnings
    waived: tuple[str, ...] = ()  # what would have failed the run, but the repository's strictness settings let it pass
    unrun: dict[str, str] = field(default_factory=dict)  # written tests that did not run, as FILE:CLASS.METHOD: why
    odoo_version: str | None = None  # as Odoo's test process reported it, e.g. "19.0-20250918"
    coverage: Coverage | None = None  # None if it was not asked for, or could not be measured
    part: str = ""  # what chose the tests, if not all of the module's were asked for; then this is no verdict on the module
    left_out: int = 0  # tests of the module that were not chosen
    set_ups: tuple[SetUp, ...] = ()
    durations: int = 0  # how many of the slowest tests and set-ups the reports name
    lifecycle: Lifecycle | None = None  # of a run that upgrades or uninstalls the module
    doubt: str = ""  # why a cold start may come to another verdict than this one, which came from a prepared database

    @property
    def return_code(self) -> int:
        return self.problems[0].return_code if self.problems else 0

    @property
    def passed(self) -> bool:
        return not self.problems

    def count(self, *statuses: Status) -> int:
        return sum(outcome.status in statuses for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.is_red)

    @property
    def slowest(self) -> tuple[Outcome | SetUp, ...]:
        """As many of the slowest tests and set-ups as the reports name."""
        every: list[Outcome | SetUp] = [*self.outcomes, *self.set_ups]
        return tuple(sorted(every, key=lambda it: it.duration, reverse=True)[: self.durations])

    @property
    def shown_problems(self) -> tuple[Problem, ...]:
        """The problems that reports show: "tests failed" says nothing more where each failed test is shown itself."""
        return tuple(problem for problem in self.problems if problem.kind != Kind.TESTS_FAILED or not self.failures)


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that a run used: ``reference`` is its name in the settings, ``digest`` is the engine's (``sha256:...``)."""

    reference: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The files of one module as they were tested: the sha256 of each, by its path below ``folder``."""

    folder: Path
    files: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What the header of a log says. A field is None until it is known: the engine's, for example, before it answered."""

    run_id: str  # the name of the run's compose project: hub-agent-test-MODULE-EPOCHSECONDS-xxxx
    module: str
    module_version: str
    module_folder: Path
    root: Path  # the checkout
    started: dt.datetime  # with time zone, UTC
    command: tuple[str, ...]  # the command line that the user typed
    log: Path
    commit: str | None = None
    dirty: bool | None = None
    module_tree: str | None = None  # digest of the module's files as they were tested
    port: int | None = None  # on 127.0.0.1
    engine: str | None = None  # e.g. "Docker 26.1.5 (linux/amd64)"
    compose: str | None = None  # e.g. "2.26.1"
    images: dict[str, Image] = field(default_factory=dict)  # by service
    stand_in: str | None = None  # a sentence, if other images were used than the settings name: reports say it loudly
    packages: tuple[str, ...] = ()  # what was added to the odoo image, with versions
    pictures: tuple[str, ...] = ()  # paths of the screenshots and films that browser tests left
    along: dict[str, str] = field(default_factory=dict)  # modules that `with` took along: name and digest of their files
    trees: dict[str, Tree] = field(default_factory=dict)  # by module: all that the run took from the checkout
    demo: str = "on"  # demo data: on, off or both
    warm: str | None = None  # the prepared database that the run started from; None for a cold start
    warm_digest: str | None = None  # of that database's image, as the engine has it (sha256:...)
    warm_origin: str | None = None  # where it, or what it began from, was pulled; None if all of it was made here

    def pictures_of(self, cls: str) -> tuple[str, ...]:
        """The screenshots of a test class, with whose name Odoo ends theirs, and all films: their names say no class."""
        return tuple(
            path for path in self.pictures if PurePath(path).suffix == ".mp4" or PurePath(path).stem.endswith(f"_{cls}")
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """A whole run, from its first second to its verified cleanup."""

    info: RunInfo
    verdict: Verdict
    finished: dt.datetime
    phases: dict[str, float]  # seconds by phase, in the order of the run
    cleanup: str  # a sentence: what the verification of the cleanup found
    leftovers: tuple[str, ...] = ()  # what could not be removed, normally nothing

    @property
    def return_code(self) -> int:
        return self.verdict.return_code

    @property
    def pictures(self) -> tuple[str, ...]:
        """The screenshots and films that belong to failures."""
        failing = {failure.cls for failure in self.verdict.failures}
        return tuple(dict.fromkeys(picture for cls in sorted(failing) for picture in self.info.pictures_of(cls)))
