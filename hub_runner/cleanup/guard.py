"""The second net: a process of its own that outlives the runner's SIGKILL and cleans up in its place.

It holds the other end of a pipe. If the pipe ends without the word "done", the runner is dead. The guard also holds
the lock of the run, so that no sweep takes the run for an orphan while the guard cleans it up.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from hub_runner.cleanup.owner import KEPT_UNTIL, lock_path
from hub_runner.errors import EnvironmentFailure
from hub_runner.host import process
from hub_runner.host.lock import Lock
from hub_runner.host.signals import HANDLED

DONE = b"done"
KEEP = b"keep until "
PATIENCE = 600.0  # seconds that the guard waits for an engine that is away; after that the next sweep does its work


@dataclass
class Guard:
    """The runner's end of the pipe."""

    run_id: str
    log: Path
    lock: Lock
    keep_volumes: bool = False  # those that bear the run's name
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises EnvironmentFailure if no process can be made: without this net nothing begins."""
        arguments = (self.run_id, str(self.log.absolute()), *(("keep-volumes",) if self.keep_volumes else ()))
        self._process = process.started("hub_runner.cleanup.guard", *arguments, holding=self.lock.descriptor)

    @property
    def is_alive(self) -> bool:
        """False if it was killed: this net is missing then."""
        return self._process is None or self._process.poll() is None

    def end(self, *, engine_away: bool) -> None:
        """Ends this net, and frees the run's lock. If the engine is away, both go on without us until it is back."""
        if engine_away and self._process:
            self.hand_over()
            self.lock.leave()
        else:
            self.dismiss()
            self.lock.release(remove=True)

    def dismiss(self) -> None:
        """Says that all is clean."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if self._process:
                self._process.communicate(DONE, timeout=5)

    def keep(self, deadline: dt.datetime) -> None:
        """Has the guard wait until ``deadline``, and clean up then."""
        assert self._process
        assert self._process.stdin
        with contextlib.suppress(EnvironmentFailure):  # a full disk: `clean` cannot say then until when it is kept
            self.lock.describe(f"{KEPT_UNTIL}{deadline:%Y-%m-%d %H:%M:%S} UTC by --keep: run {self.run_id}")
        with contextlib.suppress(OSError):  # the guard was killed in this very moment: the next sweep does its work
            self._process.stdin.write(KEEP + str(deadline.timestamp()).encode())
            self._process.stdin.flush()
        self.hand_over()

    def hand_over(self) -> None:
        """Leaves the cleanup to the guard, because the runner could not finish it."""
        assert self._process
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.returncode = 0  # it is meant to outlive us: no warning about that


def main(run_id: str, log: str, keep_volumes: str = "") -> None:
    """Waits for the runner's end, and cleans up if the runner did not say that all is clean."""
    for number in HANDLED:
        signal.signal(number, signal.SIG_IGN)
    # Loaded before it is needed: by then the checkout may be on another branch, or deleted.
    from hub_runner.cleanup.teardown import teardown

    said = sys.stdin.buffer.read()
    if said == DONE:
        return
    why = "The runner ended without a word: it was killed, or lost its engine. The guard cleans up."
    if said.startswith(KEEP):
        _wait(float(said.removeprefix(KEEP)), lock_path(run_id))
        why = "The environment was kept until now. The guard cleans up."
    started = time.monotonic()
    _append(log, why)
    cleanup = teardown(run_id, patience=PATIENCE, keep_volumes=bool(keep_volumes))
    _append(log, f"Cleanup by the guard within {time.monotonic() - started:.1f} s: {cleanup}")
    if cleanup.is_clean:
        lock_path(run_id).unlink(missing_ok=True)


def _wait(deadline: float, lock: Path) -> None:
    """Until ``deadline`` (seconds since the epoch), or until ``clean`` has removed the run's lock file.

    The clock is that of the wall: a laptop that slept meanwhile does not put the deadline off.
    """
    while time.time() < deadline and lock.exists():
        time.sleep(0.5)


def _append(log: str, text: str) -> None:
    """A log that cannot be written is no reason to leave containers behind."""
    with contextlib.suppress(OSError), Path(log).open("a", encoding="utf-8") as file:
        file.write(f"\nhub-runner | guard        {text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
