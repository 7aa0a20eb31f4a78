"""The second net: a process of its own that outlives the runner's SIGKILL and cleans up in its place.

It holds the other end of a pipe. The end of the pipe without the word "done" means that the runner is dead. It also holds
the run's lock on, so that no sweep takes the run for an orphan while it is being cleaned.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from hub_runner.cleanup.owner import lock_path
from hub_runner.host import process
from hub_runner.host.lock import Lock

DONE = b"done"
# For as long the guard waits for an engine that is away; after that the next sweep does its work.
PATIENCE = 600.0


@dataclass
class Guard:
    """The runner's end of the pipe."""

    project: str
    log: Path
    lock: Lock
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises EnvironmentFailure where no process can be made: without this net nothing begins."""
        module, arguments = "hub_runner.cleanup.guard", (self.project, str(self.log.absolute()))
        self._process = process.started(module, *arguments, holding=self.lock.descriptor)

    @property
    def is_alive(self) -> bool:
        """False where it was killed: this net is torn."""
        return self._process is None or self._process.poll() is None

    def dismiss(self) -> None:
        """Says that all is clean."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if self._process:
                self._process.communicate(DONE, timeout=5)

    def hand_over(self) -> None:
        """Leaves the cleanup to the guard, where the runner could not finish it."""
        assert self._process
        assert self._process.stdin
        self._process.stdin.close()
        self._process.returncode = 0  # it is meant to outlive us: no warning about that


def main(project: str, log: str) -> None:
    """Waits for the runner's end, and cleans up where it was not in order."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # All that it needs is loaded before it is needed: by then the checkout may be on another branch, or gone (I11).
    from hub_runner.cleanup.teardown import teardown

    if sys.stdin.buffer.read() == DONE:
        os._exit(0)  # the runner waits for it
    started = time.monotonic()
    _append(log, "The runner ended without a word: it was killed, or lost its engine. The guard cleans up.")
    cleanup = teardown(project, patience=PATIENCE)
    _append(log, f"Cleanup by the guard within {time.monotonic() - started:.1f} s: {cleanup}")
    if cleanup.is_clean:
        lock_path(project).unlink(missing_ok=True)


def _append(log: str, text: str) -> None:
    try:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"\nhub-runner | guard        {text}\n")
    except OSError:
        pass  # a log that cannot be written is no reason to leave containers behind


if __name__ == "__main__":
    main(*sys.argv[1:])
