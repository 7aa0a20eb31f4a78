"""The record of what happens inside Odoo: one JSON object a line, in the file as soon as it has happened."""

from __future__ import annotations

import json
import os
import time
from typing import Any

VERSION = 1
LONG_TEXT = 20_000

# Tests patch and freeze what they find in modules: what is kept in here stays real (freezegun replaces attributes).
_REAL: tuple[Any, ...] = (time.perf_counter, os.open, os.write, os.close, json.dumps, os.getpid)


def now() -> float:
    """Seconds of a clock that a test cannot freeze."""
    return float(_REAL[0]())


def shortened(value: Any, limit: int = LONG_TEXT) -> str:
    """``value`` as text, its middle cut out where it is longer than ``limit`` characters: causes stand at either end."""
    text = str(value)
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]}\n[... {len(text) - limit} characters ...]\n{text[-limit // 2 :]}"


class EventFile:
    """Opened anew for each event: a test that closes every descriptor, or kill -9, loses nothing that was written."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.pid = os.getpid()

    def write(self, event: str, **values: Any) -> None:
        _, open_, write, close, dumps, getpid = _REAL
        if getpid() != self.pid:  # a child that a test forked
            return
        line = (dumps(dict(values, event=event), default=str) + "\n").encode("utf-8", "backslashreplace")
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
