"""Watches the time inside Odoo's process: at a limit, or when it is asked to stop, it writes down where each thread is.

It ends the process then. A thread cannot run while C code holds Python's lock: for that case the runner has a limit, too.
"""

from __future__ import annotations

import json
import linecache
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from hub_runner.odoo.inside.record_file import EventFile, now
from hub_runner.odoo.inside.recorder import Recorder
from hub_runner.odoo.inside.types_of_odoo import Json

STOPPED = 98  # the exit code of a process that the watchdog ended
INTERVAL = 0.1  # seconds between two looks
LIMITS, STOP = "limits.json", "stop"  # files beside the record: the limits in seconds, and the request to stop
THREADS, FRAMES = 20, 40  # that are written down; of the frames the innermost ones


class Watchdog:
    """``folder`` is that of the record. Without a file of limits there is none, as in programs that run no tests."""

    def __init__(self, events: EventFile, recorder: Recorder, folder: Path) -> None:
        self.events, self.recorder = events, recorder
        self.stop = os.path.join(str(folder), STOP)  # noqa: PTH118 - a test may patch pathlib: nothing of it is used later
        self.begin = now()
        self.limits = _limits(folder / LIMITS)
        # What is kept here stays real, whatever a test patches.
        self._real: Any = (threading.Event().wait, os.access, os._exit, sys._current_frames, threading.enumerate)

    def start(self) -> None:
        if self.limits:
            threading.Thread(target=self._watch, daemon=True, name="hub-runner watchdog").start()

    def _watch(self) -> None:
        wait, access, leave, _, _ = self._real
        pid = os.getpid()
        while not wait(INTERVAL):
            reason, seconds = self._reason(access)
            if reason and os.getpid() == pid:
                try:
                    self._tell(reason, seconds)
                finally:
                    leave(STOPPED)

    def _reason(self, access: Callable[[str, int], bool]) -> tuple[str, float]:
        """Which limit has passed, and the seconds that it allows."""
        attempt, single, whole = self.recorder.attempt, self.limits.get("single", 0), self.limits.get("whole", 0)
        if access(self.stop, os.F_OK):
            return "interrupt", 0.0
        if single and attempt is not None and now() - attempt.clock > single:
            return "single-test-timeout", single
        if whole and now() - self.begin > whole:
            return "test-timeout", whole
        return "", 0.0

    def _tell(self, reason: str, seconds: float) -> None:
        attempt = self.recorder.attempt
        threads = self._threads()
        self.events.write("stopped", reason=reason, seconds=float(seconds), test=attempt.about if attempt else None,
                          threads=threads)  # fmt: skip
        lines = ["hub-runner: stopped by " + reason]
        for thread in threads:
            lines.append("Thread " + thread["name"] + ", the innermost call last:")
            lines += ["  {file}:{line} in {function}: {source}".format(**frame) for frame in thread["frames"]]
        os.write(2, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))

    def _threads(self) -> list[Json]:
        """Each thread but this one, the main thread first, with its calls, the innermost last."""
        _, _, _, frames, enumerate_threads = self._real
        names = {thread.ident: thread.name for thread in enumerate_threads()}
        main, own = threading.main_thread().ident, threading.get_ident()
        stacks = sorted(frames().items(), key=lambda item: item[0] != main)
        return [{"name": names.get(ident, str(ident)), "frames": _calls(frame)} for ident, frame in stacks if ident != own][
            :THREADS
        ]


def _calls(frame: FrameType | None) -> list[Json]:
    calls: list[Json] = []
    while frame is not None and len(calls) < FRAMES:
        file, line = frame.f_code.co_filename, frame.f_lineno
        source = linecache.getline(file, line).strip()[:200]
        calls.append({"file": file, "line": line or 0, "function": frame.f_code.co_name, "source": source})
        frame = frame.f_back
    return calls[::-1]


def _limits(path: Path) -> dict[str, float]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
