"""What is worth showing of Odoo's output while the run goes on: the test that runs, and the warnings and errors.

A run may print a gigabyte, so each chunk is only searched for a few bytes, a bounded number of hits is looked at, and after
the first 32 MB only the end of each chunk is read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

from hub_runner.text import harmless, shorten

THOROUGH = 32 << 20  # bytes that are searched in full; a usual run prints less than 1 MB
KEEP = 1000  # bytes at the start of a line, where level, logger and test stand, that are looked at
HITS = 3  # hits of each kind that are looked at in one chunk
WIDTH = 200  # characters of a record that are shown

_RECORD = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (WARNING|ERROR|CRITICAL) \S+ (\S+: .*)")
_LOADING = re.compile(rb".* odoo\.modules\.loading: Loading module (\w+ \(\d+/\d+\))")
_LOADED = re.compile(rb".* odoo\.modules\.loading: (?:Module \w+|\d+ modules) loaded in ")
_ASSETS = re.compile(rb".* odoo\.addons\.base\.models\.assetsbundle: Generating a new asset bundle ")
_STARTING = re.compile(rb".* odoo\.addons\.[\w.]+: Starting ([\w.]+) \.\.\.")


class OutputReader:
    """Reads the chunks.

    Knows the name of the ``test`` that runs, how many tests were ``started``, and what Odoo does beside tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.test = ""
        self.since = 0.0  # when ``test`` began, by ``clock``
        self.started = 0
        self.module = ""  # that Odoo installs, such as "mail (5/27)", or "web assets"
        self._clock = clock
        self._carry = b""
        self._seen = 0

    def feed(self, chunk: bytes, *levels: bytes) -> list[tuple[str, str]]:
        """Level and text of the first log records at ``levels`` in the lines that are complete by now."""
        self._seen += len(chunk)
        data = self._carry + chunk if self.is_thorough or len(chunk) <= 4 * KEEP else chunk[-4 * KEEP :]
        end = data.rfind(b"\n") + 1
        self._carry = data[end : end + KEEP]
        if not end:
            return []
        self._follow(data, end)
        return [record for level in levels for record in _records(data, end, level)]

    def forget_test(self) -> None:
        """No test runs any more, and no module is installed."""
        self.test = self.module = ""

    @property
    def is_thorough(self) -> bool:
        """Whether all lines were read so far, so that ``started`` is exact."""
        return self._seen <= THOROUGH

    def _follow(self, data: bytes, end: int) -> None:
        at = data.rfind(b": Loading module ", 0, end)
        if at >= 0 and (match := _LOADING.match(_line(data, at))):
            self.module = match[1].decode()
        loaded = data.rfind(b" loaded in ", 0, end)
        if loaded >= 0 and _LOADED.match(_line(data, loaded)):
            self.test = ""  # the module's tests are over
        else:
            loaded = -1
        at = data.rfind(b": Generating a new asset bundle ", 0, end)
        if at >= 0 and _ASSETS.match(_line(data, at)):
            self.module = "web assets"
        if not (number := data.count(b": Starting ", 0, end)):
            return
        at = end
        for _ in range(HITS):
            at = data.rfind(b": Starting ", 0, at)
            if at >= 0 and (match := _STARTING.match(_line(data, at))):
                self.started += number
                if at > loaded:
                    self.test, self.since = match[1].decode(), self._clock()
                return


def _records(data: bytes, end: int, level: bytes) -> Iterator[tuple[str, str]]:
    at = -1
    for _ in range(HITS):
        at = data.find(b" " + level + b" ", at + 1, end)
        if at < 0:
            return
        if (match := _RECORD.match(_line(data, at))) and match[1] == level:
            text = harmless(match[2].decode(errors="replace")).strip()
            yield level.decode(), shorten(text, WIDTH)


def _line(data: bytes, at: int) -> bytes:
    """The line around position ``at``, at most ``KEEP`` bytes in each direction."""
    start = data.rfind(b"\n", max(0, at - KEEP), at) + 1
    stop = data.find(b"\n", at, at + KEEP)
    return data[start : stop if stop >= 0 else at + KEEP]
