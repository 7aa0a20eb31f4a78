"""What a run shows while it goes on.

A person at a terminal gets a live line (phase, time, running test), above which scrolls by what is worth keeping. A pipe, CI
and programs get plain lines: no control characters, and few enough to read all of them.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO, cast

import rich.live
from rich.console import Console
from rich.text import Text

import hub_runner
from hub_runner.observers import Observer
from hub_runner.report import summary
from hub_runner.report.odoo_output import OutputReader
from hub_runner.result import Result, RunInfo
from hub_runner.text import Careful, as_ci_takes_it, one_line, relative, shorten

# Variables that ask for plain lines. People, CI systems and programs that act for people set them.
PLAIN = ("NO_COLOR", "CI", "AI_AGENT", "AGENT")


def terminal(stream: TextIO, environ: Mapping[str, str], troubles: Sequence[str] = (), *, quiet: bool = False) -> Observer:
    """The observer that suits ``stream``. Other reports may add to ``troubles`` until the run is finished.

    With ``quiet`` only what is wrong and the verdict are shown, and a test that runs for longer than a minute.
    """
    if is_for_a_person(stream, environ) and not quiet:
        return Live(stream, troubles=troubles)
    return Plain(stream, troubles=troubles, inert=as_ci_takes_it(environ), quiet=quiet)


def is_for_a_person(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether somebody reads ``stream`` at a terminal that takes colours and control characters."""
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
    "coverage": "reading what the tests ran of the module",
    "install": "installing the module as it was",
    "upgrade": "upgrading the module and running its tests",
    "uninstall": "uninstalling the module",
    "keep": "keeping the environment",
    "teardown": "removing the environment",
}
SHOWN = {"note": 6, "WARNING": 3, "ERROR": 8, "CRITICAL": 2}  # so that a green run stays under 40 lines
WIDTH = 300  # characters of a line
HEARTBEAT = 20.0  # seconds between two lines that say what is going on
LONG = 60.0  # seconds, after which a test is named as a slow one


class Plain(Observer):
    """Shows the story of a run line by line. Each line goes through ``inert`` before it is written.

    A thread says by the clock what is going on: a test that hangs prints nothing, and some CI systems end a silent job.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        troubles: Sequence[str] = (),
        inert: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
        quiet: bool = False,
    ) -> None:
        self.stream = Careful(stream)
        self.watch = OutputReader(clock)
        self.quiet = quiet
        self._troubles, self._inert, self._clock = troubles, inert, clock
        self._begin = self._phase_begin = clock()
        self._phase = ""
        self._left = dict(SHOWN)
        self._known: set[str] = set()
        self._slow: set[str] = set()  # tests that were named as slow ones
        self._ended = threading.Event()

    def say(self, text: str, style: str = "") -> None:
        self.stream.write(f"{self._inert(one_line(text))}\n")

    @property
    def elapsed(self) -> float:
        return self._clock() - self._begin

    def started(self, info: RunInfo) -> None:
        self._begin = self._phase_begin = self._clock()
        threading.Thread(target=self._speak_by_the_clock, daemon=True, name="clock").start()
        if self.quiet:
            return
        self.say(f"hub-runner {hub_runner.__version__} tests {info.module} {info.module_version} as {info.run_id}")
        self.say(f"log: {relative(info.log, info.root)}", "dim")
        self.learned(info)

    def learned(self, info: RunInfo) -> None:
        images = ", ".join(f"{service} {image.reference}" for service, image in info.images.items())
        self._once(f"on {info.engine}, compose {info.compose}: {images}" if info.images else "", "dim")
        self._once(f"added: {', '.join(info.packages)}" if info.packages else "", "dim")
        self._once(f"warm start: {info.warm}" if info.warm else "", "dim")
        self._once(f"STAND-IN: {info.stand_in}" if info.stand_in else "", "warn")

    def _once(self, text: str, style: str) -> None:
        if text and text not in self._known and not self.quiet:
            self._known.add(text)
            self.say(text, style)

    def phase(self, name: str) -> None:
        self._phase, self._phase_begin = PHASES.get(name, name), self._clock()
        self.watch.module = ""
        if name in ("keep", "teardown"):
            self.watch.forget_test()
        self.show_phase()

    def show_phase(self) -> None:
        if not self.quiet:
            self.say(f"[{self.elapsed:6.1f} s] {self._phase}", "dim")

    def note(self, text: str) -> None:
        self._bounded("note", shorten(one_line(text), WIDTH))

    def doubted(self, so_far: Result) -> None:
        for text, style in () if self.quiet else summary.so_far(so_far):
            self.say(f"  {text}", style)

    def kept(self, line: str) -> None:
        """Whole, and however much was shown before: somebody is waited for."""
        self.say(f"  {line}", "warn")

    def output(self, chunk: bytes) -> None:
        levels = [level.encode() for level, left in self._left.items() if left >= 0 and level.isupper()]
        for level, text in self.watch.feed(chunk, *levels):
            self._bounded(level, f"{level} {text}")

    def _speak_by_the_clock(self) -> None:
        while not self._ended.wait(HEARTBEAT):
            self.tick()

    def tick(self) -> None:
        """Says what is going on, and since when. Called every 20 seconds, also while Odoo prints nothing."""
        test, since = self.watch.test, self._clock() - self.watch.since
        if test and since > LONG and test not in self._slow:
            self._slow.add(test)
            advice = "with the setting single-test-timeout such a test is ended, and shows where it is"
            self.say(f"[{self.elapsed:6.1f} s] slow: {test} has been running for {since:.0f} s ({advice})", "warn")
        elif not self.quiet:
            self.show_progress(f"{test} since {since:.0f} s" if test else self._phase_since())

    def show_progress(self, text: str) -> None:
        self.say(f"[{self.elapsed:6.1f} s] running: {text}", "dim")

    def _phase_since(self) -> str:
        return f"{self._phase or 'the run begins'}{self._module} since {self._clock() - self._phase_begin:.0f} s"

    @property
    def _module(self) -> str:
        """Which module of how many Odoo installs, in brackets; empty if it installs none."""
        return f" [{self.watch.module}]" if self.watch.module else ""

    def _bounded(self, kind: str, text: str) -> None:
        if text in self._known or self.quiet:
            return
        left = self._left[kind]
        self._left[kind] = left - 1
        if left > 0:
            self._known.add(text)
            self.say(f"  {text}", "bad" if kind in ("ERROR", "CRITICAL") else "warn")
        elif left == 0:
            self.say(f"  more of the kind {kind} is in the log only", "dim")

    def finished(self, result: Result) -> None:
        self._ended.set()
        for text, style in summary.lines(result, self._troubles, quiet=self.quiet):
            self.say(text, style)


STYLES = {"good": "bold green", "bad": "bold red", "warn": "yellow", "dim": "dim", "": ""}


class Live(Plain):
    """Plain lines above a live line. The cursor is never hidden, so a run that is killed leaves a usable terminal."""

    def __init__(self, stream: TextIO, *, troubles: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream, troubles=troubles, clock=clock)
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
        text = f"{minutes}:{seconds:02} {self._phase}{self._module}"
        if self.watch.test:
            number = f" {self.watch.started}" if self.watch.is_thorough else ""
            text = f"{minutes}:{seconds:02} test{number}: {self.watch.test}"
            if (since := self._clock() - self.watch.since) > HEARTBEAT:
                text = f"{minutes}:{seconds:02} test{number} ({since:.0f} s): {self.watch.test}"
        return Text(text, style="cyan", no_wrap=True, overflow="ellipsis")

    def started(self, info: RunInfo) -> None:
        super().started(info)
        atexit.register(self._live.stop)
        self._live.start()
        self._console.show_cursor(True)

    def show_phase(self) -> None:
        """The live line shows it."""

    def show_progress(self, text: str) -> None:
        """The live line shows it."""

    def finished(self, result: Result) -> None:
        self._ended.set()
        self._live.stop()
        atexit.unregister(self._live.stop)
        self._console = self._new_console()  # an interrupt may have caught the old one in the middle of a line
        for text, style in summary.lines(result, self._troubles):
            self.say(text, style)

    def _new_console(self) -> Console:
        return Console(file=cast("TextIO", self.stream), highlight=False, markup=False, emoji=False)
