"""What a run tells while it goes on. The observers themselves live in ``report/``: a run knows only these classes."""

from __future__ import annotations

from collections.abc import Iterable

from hub_runner.result import Result, RunInfo


class Observer:
    """Is told what happens in a run, in the order of events, from one thread. This base class ignores all of it."""

    def started(self, info: RunInfo) -> None:
        """The first second: run id, module and command are known, nothing else has happened."""

    def learned(self, info: RunInfo) -> None:
        """More fields of the header are known now: engine, images, port."""

    def phase(self, name: str) -> None:
        """A phase begins, and the one before it ends.

        They are sweep, images, database, start, health, tests and teardown; of some runs also checks, install, upgrade,
        uninstall, coverage and keep.
        """

    def note(self, text: str) -> None:
        """One line that is worth a person's attention."""

    def doubted(self, so_far: Result) -> None:
        """A cold start is going to judge anew what ``so_far`` found. A person sees the first causes meanwhile."""

    def kept(self, line: str) -> None:
        """One line for the person who is waited for: how to get into the kept environment, and how to end it."""

    def output(self, chunk: bytes) -> None:
        """Bytes that Odoo or Compose printed. A chunk may end anywhere, also within a line or a character."""

    def finished(self, result: Result) -> None:
        """The last call, after the cleanup was verified."""


class Observers:
    """Tells each observer in turn. An observer that breaks (a full disk, a closed terminal) stops neither run nor others.

    The first error of each observer's method is added to ``troubles``, which the last observer shows.
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

    def doubted(self, so_far: Result) -> None:
        self._tell("doubted", so_far)

    def kept(self, line: str) -> None:
        self._tell("kept", line)

    def output(self, chunk: bytes) -> None:
        self._tell("output", chunk)

    def finished(self, result: Result) -> None:
        self._tell("finished", result)

    def _tell(self, method: str, value: object) -> None:
        for observer in self._observers:
            try:
                getattr(observer, method)(value)
            except Exception as error:  # noqa: BLE001  # whatever a report does wrong, the cleanup must go on
                self._note_broken(f"{type(observer).__name__}.{method}", error)

    def _note_broken(self, method: str, error: Exception) -> None:
        if method not in self._broken:
            self._broken.add(method)
            self._troubles.append(f"A report broke, please report it ({method}): {error!r}.")
