"""Locks that name their holder, that a child can hold on, and that the kernel frees when the last holder dies (flock).

filelock does not do this: it empties the file, and its descriptor cannot be handed to the guard.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub_runner.errors import EnvironmentFailure


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the runs of all users of this host see each other. Not TMPDIR: that differs from one agent to the next."""
    return Path(environ.get("HUB_RUNNER_STATE", "/tmp/hub-runner"))  # noqa: S108  # shared on purpose, sticky


@dataclass
class Lock:
    """A lock file that this process holds. Text in it says who does."""

    path: Path
    descriptor: int

    @classmethod
    def try_acquire(cls, path: Path, *, holder: str) -> Lock | None:
        """The lock, or None where somebody else holds it. Raises EnvironmentFailure where no file can be written."""
        while True:
            descriptor = _open(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            if _is_still_there(path, descriptor):
                _write(path, descriptor, holder)
                return cls(path, descriptor)
            os.close(descriptor)

    def leave(self) -> None:
        """Leaves the lock to a child that inherited it."""
        os.close(self.descriptor)

    def release(self, *, remove: bool = False) -> None:
        """Frees the lock for everybody, children that inherited it included. Another user's file stays where it is."""
        if remove:
            with contextlib.suppress(FileNotFoundError, PermissionError):
                self.path.unlink()
        with contextlib.suppress(OSError):
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)
            os.close(self.descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock."""
    return holder(path) is not None


def holder(path: Path) -> str | None:
    """The text of the lock's holder; None where nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 400, 0).decode(errors="replace") or "another run"
    finally:
        os.close(descriptor)
    return None


def _open(path: Path) -> int:
    """Opens or makes a file that every user may lock: the umask and the kernel's protected_regular are in the way."""
    with _writable(path):
        for folder in (path.parent.parent, path.parent):
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO | stat.S_ISVTX)
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        if os.fstat(descriptor).st_uid == os.getuid():
            os.fchmod(descriptor, 0o666)
        return descriptor


def _write(path: Path, descriptor: int, holder: str) -> None:
    """Who holds it. A lock that cannot say so is none: nobody could tell whose it is."""
    try:
        with _writable(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, holder.encode(), 0)
    except EnvironmentFailure:
        os.close(descriptor)
        raise


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "free some space there" if full else f"make {state_folder()} writable for everybody (chmod 1777)"
        raise EnvironmentFailure(
            f"The lock {path} cannot be written: {error.strerror}. Runs of one host see each other there: {advice}, or "
            "set HUB_RUNNER_STATE to one folder for all."
        ) from error


def _is_still_there(path: Path, descriptor: int) -> bool:
    """Whether the locked file is the one that the name leads to: the holder before may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
