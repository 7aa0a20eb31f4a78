"""One live line for a person: the phase, the time, the test that runs; what is worth keeping scrolls by above it."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Sequence
from typing import TextIO, cast

import rich.live
from rich.console import Console
from rich.text import Text

from hub_runner.report import summary
from hub_runner.report.plain import PHASES, Plain
from hub_runner.result import Result, RunInfo

STYLES = {"good": "bold green", "bad": "bold red", "warn": "yellow", "dim": "dim", "": ""}


class Live(Plain):
    """Plain, with a line that moves. The terminal needs no repair whenever it ends: the cursor is never hidden."""

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
        self._console.print(Text(text, style=STYLES[style]), soft_wrap=True)

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
