"""The record of what happens inside Odoo: one JSON object a line, in the file as soon as it has happened."""

from __future__ import annotations

import hmac
import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from hub_runner.odoo.inside.types_of_odoo import Json

VERSION = 1
LONG_TEXT = 20_000

# Tests patch and freeze what they find in modules: what is kept in here stays real (freezegun replaces attributes).
_REAL: tuple[Any, ...] = (time.perf_counter, os.open, os.write, os.close, json.dumps, os.getpid)


def now() -> float:
    """Seconds of a clock that a test cannot freeze."""
    return float(_REAL[0]())


def shortened(value: object, limit: int = LONG_TEXT) -> str:
    """``value`` as text, its middle cut out where it is longer than ``limit`` characters: causes stand at either end.

    It is cut between two lines, and the line that says so is indented: what reads a traceback takes it for one of its steps.
    """
    text = str(value)
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 2], text[-limit // 2 :]
    head, tail = head.rpartition("\n")[0] or head, tail.partition("\n")[2] or tail
    return f"{head}\n    [... {len(text) - len(head) - len(tail)} characters ...]\n{tail}"


class EventFile:
    """Opened anew for each event: a test that closes every descriptor, or kill -9, loses nothing that was written.

    Events are numbered, and sealed once ``seal`` was called: a test that writes here by accident, or takes something away,
    is seen. One that means to can reach this object, which lives in the same process (see SECURITY.md).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.pid = os.getpid()
        self.number = 0
        self.lock = threading.RLock()  # Odoo's other threads log, too
        self.sealed: Callable[[bytes], bytes] = bytes

    def seal(self, secret: bytes) -> None:
        """From now on each line ends with what only the holders of the secret can write."""
        digest = hmac.digest  # a test may replace it
        self.sealed = lambda text: text + b" " + digest(secret, text, "sha256").hex().encode()

    def write(self, event: str, **values: object) -> None:
        if _REAL[5]() != self.pid:  # a child that a test forked
            return
        with self.lock:
            self.number += 1
            self._append(self._line(dict(values, event=event, n=self.number)))

    def _line(self, event: Json) -> bytes:
        text: bytes = _REAL[4](event, default=str).encode("utf-8", "backslashreplace")
        return self.sealed(text) + b"\n"

    def _append(self, line: bytes) -> None:
        _, open_, write, close, _, _ = _REAL
        try:
            descriptor = open_(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return  # the record then has no end, which the verdict does not take for a success
        try:
            while line:
                line = line[write(descriptor, line) :]
        except OSError:
            pass
        finally:
            close(descriptor)
