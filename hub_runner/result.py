"""What a run found out: the values that the verdict makes and that every report is written from.

What a run tells while it goes on. Whoever listens lives elsewhere (``report/``): the core knows only this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from hub_runner.errors import Kind


class Status(StrEnum):
    """How one test ended. A failing subtest makes its test ``failed`` or ``error``."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One test as Odoo's own result class saw it.

    ``file`` is relative to the checkout (POSIX separators) where the test lies in the module, ``line`` starts at 1;
    both are None where Odoo could not tell. ``duration`` is in seconds. ``method`` is ``setUpClass`` (or the like) for
    a class's own failure.
    """

    module: str
    cls: str
    method: str
    status: Status
    file: str | None = None
    line: int | None = None
    duration: float = 0.0
    queries: int | None = None
    reason: str = ""  # of a skip
    traceback: str = ""  # of a failure; several subtests' are joined by a blank line
    subtests: tuple[str, ...] = ()  # descriptions of the subtests that failed
    standard: bool = True  # bears the tag that a run without tags selects

    @property
    def name(self) -> str:
        return f"{self.cls}.{self.method}"

    @property
    def tag(self) -> str:
        """What ``--test-tags`` takes to run just this test."""
        every = "" if self.standard else "*"  # without a tag Odoo takes standard tests only
        return f"{every}/{self.module}:{self.name if self.method.startswith('test') else self.cls}"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One reason why a run is not green.

    ``kind`` is a slug that reports and agents may rely on: see ``errors.Kind``, of which a later version may have more.
    ``message`` is a sentence or a paragraph for people: what failed, what was seen, what to do next; ``details`` are
    lines below it. ``file`` is relative to the checkout, ``line`` starts at 1.
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
class Verdict:
    """What a run proved. Green only if there is no problem: the first problem is the one that decides the exit code."""

    problems: tuple[Problem, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()  # said, but not held against the run: deselected tests, warnings
    odoo_version: str | None = None  # as the tested process told it, e.g. "19.0-20250918"

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
        return tuple(o for o in self.outcomes if o.status in (Status.FAILED, Status.ERROR))


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that a run used: ``reference`` as it was asked for, ``digest`` as the engine has it (``sha256:...``)."""

    reference: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What the header of a log says: known before anything runs, filled in as it becomes known."""

    project: str  # the compose project: hub-agent-test-MODULE-EPOCHSECONDS-xxxx; also the run's id
    module: str
    module_version: str
    module_folder: Path
    root: Path  # the checkout
    started: dt.datetime  # aware, UTC
    command: tuple[str, ...]  # what the user typed
    log: Path
    commit: str | None = None
    dirty: bool | None = None
    module_tree: str | None = None  # a digest of the module's files as they were tested
    port: int | None = None
    engine: str | None = None  # e.g. "Docker 26.1.5 (linux/amd64)"
    compose: str | None = None  # e.g. "2.26.1"
    images: dict[str, Image] = field(default_factory=dict)  # by service
    stand_in: str | None = None  # said loudly where the images are not those that were asked for
    warm: str | None = None  # the cache that the database started from, None for a cold start


@dataclass(frozen=True, kw_only=True)
class Result:
    """A run from its first second to its verified cleanup."""

    info: RunInfo
    verdict: Verdict
    finished: dt.datetime
    phases: dict[str, float]  # seconds by phase, in the order in which they were passed
    cleanup: str  # what was verified, in words
    leftovers: tuple[str, ...] = ()

    @property
    def return_code(self) -> int:
        return self.verdict.return_code


class Observer:
    """Someone who is told what happens, in the order in which it happens, from one thread. This one listens to nothing."""

    def started(self, info: RunInfo) -> None:
        """The first second: project, module and command are known, nothing else has happened."""

    def learned(self, info: RunInfo) -> None:
        """More of what a header says is known now: engine, images, port, commit."""

    def phase(self, name: str) -> None:
        """A phase begins, and the one before it ends: sweep, images, start, health, tests, teardown."""

    def note(self, text: str) -> None:
        """One line that is worth a person's attention."""

    def output(self, chunk: bytes) -> None:
        """Bytes that Odoo or compose printed, as they come, cut anywhere."""

    def finished(self, result: Result) -> None:
        """The last word, after the cleanup was verified."""


class Observers:
    """Tells each observer in turn. One that breaks (a full disk, a closed terminal) never breaks the run or the others.

    What went wrong first with each is added to ``troubles``, for the last one to say.
    """

    def __init__(self, observers: Iterable[Observer], troubles: list[str] | None = None) -> None:
        self._observers = list(observers)
        self._broken: set[str] = set()
        self._troubles = [] if troubles is None else troubles

    def started(self, info: RunInfo) -> None:
        self._tell("started", info)

    def learned(self, info: RunInfo) -> None:
        self._tell("learned", info)

    def phase(self, name: str) -> None:
        self._tell("phase", name)

    def note(self, text: str) -> None:
        self._tell("note", text)

    def output(self, chunk: bytes) -> None:
        self._tell("output", chunk)

    def finished(self, result: Result) -> None:
        self._tell("finished", result)

    def _tell(self, what: str, value: Any) -> None:
        for observer in self._observers:
            try:
                getattr(observer, what)(value)
            except Exception as error:  # noqa: BLE001  # whatever a report does wrong, the cleanup must go on
                self._note_broken(f"{type(observer).__name__}.{what}", error)

    def _note_broken(self, who: str, error: Exception) -> None:
        if who not in self._broken:
            self._broken.add(who)
            self._troubles.append(f"A report broke, please report it ({who}): {error!r}.")
