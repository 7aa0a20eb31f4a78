"""Images that all runs of an engine share by a key, such as prepared databases: who uses, makes or removes one.

They live in the engine alone, and none can leave a container or a volume behind. Whoever uses one holds a lock together with
others; whoever removes one holds it alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import docker.errors
import tenacity

from hub_runner.engine.client import Engine, Failures
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.folders import state_folder
from hub_runner.host.lock import Lock, is_held
from hub_runner.host.waiting import until

SHARED = 0.05  # seconds to wait for the users of an image, who hold its lock together and long
PATIENCE = 90.0  # seconds that a removal of another process may keep a run waiting


@dataclass(frozen=True, kw_only=True)
class SharedImages:
    """Images of one kind. ``room`` is the folder of their locks in the state folder, ``kind`` their name for people."""

    repository: str
    room: str
    kind: str

    def reference(self, key: str) -> str:
        return f"{self.repository}:{key}"

    def last_used(self, key: str, made: float) -> float:
        """Seconds since the epoch; ``made`` if nobody has used it since."""
        try:
            return max(self._lock(key, "used").stat().st_mtime, made)
        except OSError:
            return made

    def _lock(self, key: str, what: str) -> Path:
        return state_folder() / self.room / f"{key}.{what}"

    @contextlib.contextmanager
    def in_use(self, key: str, *, patience: float = PATIENCE) -> Iterator[None]:
        """Keeps others from removing the image, and remembers when it was used last.

        Raises EnvironmentFailure after ``patience`` seconds in which somebody else was removing it.
        """
        with contextlib.ExitStack() as held:
            descriptor = until(
                lambda it: it is not None,
                lambda: _shared(self._lock(key, "used"), held),
                seconds=patience,
                pause=(0.1, 0.1),
            )
            if descriptor is None:
                raise EnvironmentFailure(f"another process has been removing the {self.kind} for {patience:.0f} s")
            os.utime(descriptor)
            yield

    @contextlib.contextmanager
    def turn(self, key: str, waiting: Callable[[], None], *, patience: float) -> Iterator[None]:
        """Waits until nobody else makes the image; ``waiting`` is called once if somebody does.

        Raises EnvironmentFailure after ``patience`` seconds.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda lock: lock is None),
            stop=tenacity.stop_after_delay(patience),
            wait=tenacity.wait_fixed(0.2),
            before_sleep=lambda state: waiting() if state.attempt_number == 1 else None,
            retry_error_callback=lambda _: None,
        )
        lock = retrying(Lock.try_acquire, self._lock(key, "making"), holder=f"a run that makes the {self.kind}")
        if lock is None:
            raise EnvironmentFailure(f"another run has been making the {self.kind} for {patience / 60:.0f} minutes")
        try:
            yield
        finally:
            lock.release(remove=True)

    def is_being_made(self, key: str) -> bool:
        """Whether somebody makes it just now, who may be done with it in the next moment."""
        return is_held(self._lock(key, "making"))

    def remove(self, engine: Engine, key: str, *other_names: str) -> bool:
        """Whether it is gone, with its other names. One stays that a run or a container uses, or that the engine keeps."""
        lock = Lock.try_acquire(self._lock(key, "used"), holder="", patience=SHARED)
        if not lock:
            return False
        gone = False
        try:
            for name in (*other_names, self.reference(key)):
                with contextlib.suppress(docker.errors.ImageNotFound):
                    engine.api.remove_image(name)
            gone = True
        except Failures:  # a removal that takes too long, too: the engine may still finish it, and nobody waits for us
            return False
        finally:
            lock.release(remove=gone)
        return True


def _shared(path: Path, held: contextlib.ExitStack) -> int | None:
    """The descriptor of the locked file; None while somebody removes the image, and the file with it."""
    if lock := Lock.try_acquire(path, holder="", patience=SHARED):  # makes the file, for all users
        lock.release()
    with contextlib.suppress(BlockingIOError, FileNotFoundError), contextlib.ExitStack() as mine:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        mine.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if os.path.samestat(path.stat(), os.fstat(descriptor)):
            held.push(mine.pop_all())
            return descriptor
    return None
