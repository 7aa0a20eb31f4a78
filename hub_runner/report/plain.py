"""Plain lines for a pipe, for CI, for whoever reads them later: no control characters, few enough to read them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

import hub_runner
from hub_runner.observer import Observer
from hub_runner.report import summary, words
from hub_runner.report.careful import Careful
from hub_runner.report.harmless import harmless, shorten
from hub_runner.report.watch import Watch
from hub_runner.result import Result, RunInfo

PHASES = {
    "sweep": "looking for what dead runs have left",
    "images": "checking the images",
    "database": "preparing a database to start from",
    "start": "starting the environment",
    "health": "waiting until Odoo is healthy",
    "tests": "installing the module and running its tests",
    "teardown": "removing the environment",
}
SHOWN = {"note": 6, "WARNING": 3, "ERROR": 8, "CRITICAL": 2}  # so that a green run stays under 40 lines
WIDTH = 300


class Plain(Observer):
    """An observer that shows the story of a run, line by line. ``inert`` takes each line before it is written."""

    def __init__(
        self,
        stream: TextIO,
        *,
        troubles: Sequence[str] = (),
        inert: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = Careful(stream)
        self.watch = Watch()
        self._troubles, self._inert, self._clock = troubles, inert, clock
        self._begin = clock()
        self._left = dict(SHOWN)
        self._known: set[str] = set()
        self._heartbeat = 60.0

    def say(self, text: str, style: str = "") -> None:
        self.stream.write(f"{self._inert(text)}\n")

    @property
    def elapsed(self) -> float:
        return self._clock() - self._begin

    def started(self, info: RunInfo) -> None:
        self._begin = self._clock()
        self.say(f"hub-runner {hub_runner.__version__} tests {info.module} {info.module_version} as {info.project}")
        self.say(f"log: {words.path(info.log, info.root)}", "dim")
        self.learned(info)

    def learned(self, info: RunInfo) -> None:
        images = ", ".join(f"{service} {image.reference}" for service, image in info.images.items())
        self._once(f"on {info.engine}, compose {info.compose}: {images}" if info.images else "", "dim")
        self._once(f"warm start: {info.warm}" if info.warm else "", "dim")
        self._once(f"STAND-IN: {info.stand_in}" if info.stand_in else "", "warn")

    def _once(self, text: str, style: str) -> None:
        if text and text not in self._known:
            self._known.add(text)
            self.say(harmless(text), style)

    def phase(self, name: str) -> None:
        self.say(f"[{self.elapsed:6.1f} s] {PHASES.get(name, name)}", "dim")

    def note(self, text: str) -> None:
        self._bounded("note", shorten(harmless(text).replace("\n", " "), WIDTH))

    def output(self, chunk: bytes) -> None:
        wanted = [level.encode() for level, left in self._left.items() if left >= 0 and level.isupper()]
        for level, text in self.watch.feed(chunk, *wanted):
            self._bounded(level, f"{level} {text}")
        if self.elapsed > self._heartbeat:
            self.beat()

    def beat(self) -> None:
        """A sign of life at 1, 2, 4, 8 ... minutes: some CI systems end a job that is silent."""
        self._heartbeat *= 2
        self.say(f"[{self.elapsed:6.1f} s] still running: {self.watch.test or 'no test has started yet'}", "dim")

    def _bounded(self, kind: str, text: str) -> None:
        if text in self._known:
            return
        left = self._left[kind]
        self._left[kind] = left - 1
        if left > 0:
            self._known.add(text)
            self.say(f"  {text}", "bad" if kind in ("ERROR", "CRITICAL") else "warn")
        elif left == 0:
            self.say(f"  more of the kind {kind} is in the log only", "dim")

    def finished(self, result: Result) -> None:
        for text, style in summary.lines(result, self._troubles):
            self.say(text, style)
