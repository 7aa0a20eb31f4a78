"""What is worth showing of Odoo's output while it rushes by: which test runs, and the warnings and errors.

A gigabyte must cost next to nothing: the chunks are searched as they are, only a bounded number of hits is looked at, and
beyond what any sane run prints only the end of each chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub_runner.text import harmless, shorten

THOROUGH = 32 << 20  # bytes that are searched in full; a common run prints less than one of these 32 MB
KEEP = 1000  # bytes of a line that are looked at: its head, where level, logger and test stand
HITS = 3  # of each kind, in one chunk
WIDTH = 200

_RECORD = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (WARNING|ERROR|CRITICAL) \S+ (\S+: .*)")
_STARTING = re.compile(rb".* odoo\.addons\.[\w.]+: Starting ([\w.]+) \.\.\.")


class Watch:
    """Fed with the chunks; remembers the ``test`` that runs and how many were ``started``."""

    def __init__(self) -> None:
        self.test = ""
        self.started = 0
        self._carry = b""
        self._seen = 0

    def feed(self, chunk: bytes, *levels: bytes) -> list[tuple[str, str]]:
        """The level and the words of the first records at ``levels``, out of the lines that are complete by now."""
        self._seen += len(chunk)
        data = self._carry + chunk if self.is_thorough or len(chunk) <= 4 * KEEP else chunk[-4 * KEEP :]
        end = data.rfind(b"\n") + 1
        self._carry = data[end : end + KEEP]
        if not end:
            return []
        self._follow(data, end)
        return [record for level in levels for record in _records(data, end, level)]

    @property
    def is_thorough(self) -> bool:
        """Whether each line was looked at so far, and ``started`` is exact."""
        return self._seen <= THOROUGH

    def _follow(self, data: bytes, end: int) -> None:
        if not (number := data.count(b": Starting ", 0, end)):
            return
        at = end
        for _ in range(HITS):
            at = data.rfind(b": Starting ", 0, at)
            if at >= 0 and (match := _STARTING.match(_line(data, at))):
                self.test, self.started = match[1].decode(), self.started + number
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
    """The line around ``at``, or as much of it as matters."""
    start = data.rfind(b"\n", max(0, at - KEEP), at) + 1
    stop = data.find(b"\n", at, at + KEEP)
    return data[start : stop if stop >= 0 else at + KEEP]
