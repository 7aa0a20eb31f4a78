"""The end of the parent process, which nobody else tells us of."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping


def follow(environ: Mapping[str, str] = os.environ) -> None:
    """Ends this process with its parent, where whoever started it asked for that (HUB_RUNNER_PARENT, a process id)."""
    if (parent := environ.get("HUB_RUNNER_PARENT", "")).isdecimal():
        end_with_parent(int(parent))


def end_with_parent(parent: int, *, interval: float = 0.2) -> None:
    """Sends this process SIGTERM once ``parent`` is gone: a nox that is killed leaves its child running, unsignalled."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(interval)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()
