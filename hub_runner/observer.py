"""What a run tells while it goes on. Whoever listens lives elsewhere (``report/``): the core knows only this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub_runner.result import Result, RunInfo


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
