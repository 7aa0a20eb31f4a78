"""A signal whose exception comes at the worst line of Python's ``Popen``: just behind the taking of its lock."""

from __future__ import annotations

import signal
import subprocess
import threading
from typing import Any

import pytest

from hub_runner.host.signals import Stop


class Lock:
    """Breaks off whoever takes it first, and stays taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquire(self, blocking: bool = True) -> bool:
        if self._lock.acquire(blocking=False):
            raise Stop(signal.SIGTERM)
        assert not blocking, "it waits for ever"
        return False

    __enter__ = acquire

    def __exit__(self, *error: object) -> None:
        """For ``with``, which never gets so far."""


def instead(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Breaks off each wait of a ``Popen`` from now on; those that were made."""
    made: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._waitpid_lock = Lock()
            made.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    return made
