"""A process that ends with its parent: a nox that is killed leaves its child running, and sends it no signal."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping


def follow(environ: Mapping[str, str] = os.environ) -> None:
    """Ends this process with its parent, if whoever started it asked for that (HUB_RUNNER_PARENT, a process id)."""
    if (parent := environ.get("HUB_RUNNER_PARENT", "")).isdecimal():
        end_with_parent(int(parent))


def end_with_parent(parent: int) -> None:
    """Sends this process SIGTERM once ``parent`` is gone: a nox that is killed leaves its child running, unsignalled."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()
