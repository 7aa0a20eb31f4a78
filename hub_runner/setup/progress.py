"""What setup shows while it works: sentences, and a live line that does not fill the screen or a CI's log."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

from hub_runner.report.harmless import harmless, shorten

SPEAK_EVERY = 15.0


class Progress:
    """Full lines for what matters; of the rest a line in place on a terminal, one now and then elsewhere."""

    def __init__(self, out: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.out = out
        self.clock = clock
        self.terminal = out.isatty()
        self.quiet = True  # nothing was said: setup had nothing to do
        self.started = self.spoken = clock()
        self._live = False
        self._last = ""

    def say(self, text: str) -> None:
        self._wipe()
        print(text, file=self.out, flush=True)
        self.quiet = False
        self.spoken = self.clock()

    def step(self, text: str) -> None:
        """Begin something that takes a while: the elapsed time counts from here."""
        self.say(text)
        self.started, self._last = self.clock(), ""

    @property
    def elapsed(self) -> float:
        """Seconds of the present step."""
        return self.clock() - self.started

    def live(self, text: str) -> None:
        """The latest of many lines. An empty one shows the one before again, with the time that has passed since."""
        text = self._last = text or self._last
        line = one_line(text, elapsed=self.elapsed, width=shutil.get_terminal_size().columns)
        if self.terminal:
            self._wipe()
            self.out.write(line)
            self.out.flush()
            self._live = True
        elif self.clock() - self.spoken >= SPEAK_EVERY:
            self.say(line)

    def _wipe(self) -> None:
        if self._live:
            self.out.write("\r\x1b[K")
            self._live = False


def one_line(text: str, *, elapsed: float, width: int) -> str:
    """A line without control characters that fits: a longer one would not be wiped whole."""
    return shorten(harmless(f"  {elapsed:4.0f} s  {text.strip()}"), width - 1)
