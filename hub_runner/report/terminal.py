"""What a run shows while it goes on.

A person at a terminal gets a live line (phase, time, running test), above which scrolls by what is worth keeping. A pipe, CI
and programs get plain lines: no control characters, and few enough to read all of them.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO, cast

import rich.live
from rich.console import Console
from rich.text import Text

import hub_runner
from hub_runner.report import phrases, summary
from hub_runner.report.output import Watch
from hub_runner.result import Observer, Result, RunInfo
from hub_runner.text import Careful, inert, one_line, shorten

# Variables that ask for plain lines. People, CI systems and programs that act for people set them.
PLAIN = ("NO_COLOR", "CI", "AI_AGENT", "AGENT")


def terminal(stream: TextIO, environ: Mapping[str, str], troubles: Sequence[str] = ()) -> Observer:
    """The observer that suits ``stream``. Other reports may add to ``troubles`` until the run is finished."""
    if is_for_a_person(stream, environ):
        return Live(stream, troubles=troubles)
    return Plain(stream, troubles=troubles, inert=inert if environ.get("GITHUB_ACTIONS") == "true" else str)


def is_for_a_person(stream: TextIO, environ: Mapping[str, str]) -> bool:
    if any(environ.get(name) for name in PLAIN) or environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return False
    try:
        return stream.isatty()
    except ValueError:  # a closed stream
        return False


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
    """Shows the story of a run line by line. Each line goes through ``inert`` before it is written."""

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
        self.stream.write(f"{self._inert(one_line(text))}\n")

    @property
    def elapsed(self) -> float:
        return self._clock() - self._begin

    def started(self, info: RunInfo) -> None:
        self._begin = self._clock()
        self.say(f"hub-runner {hub_runner.__version__} tests {info.module} {info.module_version} as {info.run_id}")
        self.say(f"log: {phrases.path(info.log, info.root)}", "dim")
        self.learned(info)

    def learned(self, info: RunInfo) -> None:
        images = ", ".join(f"{service} {image.reference}" for service, image in info.images.items())
        self._once(f"on {info.engine}, compose {info.compose}: {images}" if info.images else "", "dim")
        self._once(f"warm start: {info.warm}" if info.warm else "", "dim")
        self._once(f"STAND-IN: {info.stand_in}" if info.stand_in else "", "warn")

    def _once(self, text: str, style: str) -> None:
        if text and text not in self._known:
            self._known.add(text)
            self.say(text, style)

    def phase(self, name: str) -> None:
        self.say(f"[{self.elapsed:6.1f} s] {PHASES.get(name, name)}", "dim")

    def note(self, text: str) -> None:
        self._bounded("note", shorten(one_line(text), WIDTH))

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


STYLES = {"good": "bold green", "bad": "bold red", "warn": "yellow", "dim": "dim", "": ""}


class Live(Plain):
    """Plain lines above a live line. The cursor is never hidden, so a run that is killed leaves a usable terminal."""

    def __init__(self, stream: TextIO, *, troubles: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream, troubles=troubles, clock=clock)
        self._phase = ""
        self._console = self._new_console()
        self._live = rich.live.Live(
            get_renderable=self.line,
            console=self._console,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def say(self, text: str, style: str = "") -> None:
        self._console.print(Text(one_line(text), style=STYLES[style]), soft_wrap=True)

    def line(self) -> Text:
        """The live line, cut to the width of the terminal."""
        minutes, seconds = divmod(int(self.elapsed), 60)
        words = f"{minutes}:{seconds:02} {self._phase}"
        if self.watch.test:
            number = f" {self.watch.started}" if self.watch.is_thorough else ""
            words = f"{minutes}:{seconds:02} test{number}: {self.watch.test}"
        return Text(words, style="cyan", no_wrap=True, overflow="ellipsis")

    def started(self, info: RunInfo) -> None:
        super().started(info)
        atexit.register(self._live.stop)
        self._live.start()
        self._console.show_cursor(True)

    def phase(self, name: str) -> None:
        self._phase = PHASES.get(name, name)
        if name == "teardown":
            self.watch.test = ""

    def beat(self) -> None:
        """The live line is the sign of life."""

    def finished(self, result: Result) -> None:
        self._live.stop()
        atexit.unregister(self._live.stop)
        self._console = self._new_console()  # an interrupt may have caught the old one in the middle of a line
        for text, style in summary.lines(result, self._troubles):
            self.say(text, style)

    def _new_console(self) -> Console:
        return Console(file=cast("TextIO", self.stream), highlight=False, markup=False, emoji=False)
