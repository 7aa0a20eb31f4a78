"""Locks between the processes of a host: each names its holder, and the kernel frees it with its last holder (flock).

filelock cannot do this: it empties the file, and its descriptor cannot be handed to the guard.

All users of the host share the folder with the locks, so nothing in it is trusted: no link is followed, only regular files
are locked, and the text of a holder is made harmless before anybody sees it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub_runner.errors import EnvironmentFailure
from hub_runner.host.waiting import until
from hub_runner.text import harmless

# The layout of the state folder and the meaning of its locks, as the file ``format`` in it says. A version of hub-runner
# that changes them changes this number, too: versions that do not know it then leave the folder alone.
FORMAT = "1"
_ALL_USERS = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO | stat.S_ISVTX
_QUESTION = 5.0  # seconds for which a busy machine may hold up a process that only asks who holds a lock
_LONGEST = 200  # characters of a holder's text that are shown
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: a FIFO in the place of a file must not block anybody


class UnusableLock(EnvironmentFailure):
    """The lock file, or a folder above it, cannot be used, so that nobody can hold it."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock file that this process holds."""

    path: Path
    descriptor: int

    @classmethod
    def try_acquire(cls, path: Path, *, holder: str, patience: float = _QUESTION) -> Lock | None:
        """The lock, or None if somebody else holds it. ``holder`` is what others are told about who holds it.

        ``path`` is STATE/ROOM/NAME; both folders are made if they are missing. Raises UnusableLock. ``patience`` is for
        processes that have the lock together with others, in seconds: mostly they only ask who holds it.
        """
        while True:
            descriptor = _open(path)
            if not _flock(descriptor, patience):
                os.close(descriptor)
                return None
            if _is_still_there(path, descriptor):
                _write(path, descriptor, holder)
                return cls(path=path, descriptor=descriptor)
            os.close(descriptor)

    def describe(self, holder: str) -> None:
        """Says something else about the holder from now on. Raises UnusableLock."""
        _write(self.path, self.descriptor, holder)

    def leave(self) -> None:
        """Leaves the lock to a child that inherited it."""
        os.close(self.descriptor)

    def release(self, *, remove: bool = False) -> None:
        """Frees the lock for everybody, also for children that inherited it. ``remove`` removes the file, if we may."""
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
    """What the lock's holder says about itself, harmless to print; None if nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _FILE)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 2 * _LONGEST, 0).decode(errors="replace")
        return " ".join(harmless(text).split())[:_LONGEST] or "another run"
    finally:
        os.close(descriptor)
    return None


def _flock(descriptor: int, patience: float) -> bool:
    """Takes the lock for this process alone; False if another process holds it.

    ``holder`` asks by taking the lock together with others (LOCK_SH) for some microseconds, or as long as the machine lets
    it wait in their midst. If only such a question is in the way, the lock is free: try again for ``patience`` seconds.
    """
    return bool(until(lambda taken: taken is not None, lambda: _try_flock(descriptor), seconds=patience, pause=(0, 0.001)))


def _try_flock(descriptor: int) -> bool | None:
    """None if all who are in the way have the lock together with others."""
    for operation, answer in ((fcntl.LOCK_EX, True), (fcntl.LOCK_SH, None)):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
            if answer is None:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            return answer
    return False


def _open(path: Path) -> int:
    """Opens or makes a file that every user may lock, whatever the umask is."""
    room, state = path.parent, path.parent.parent
    with _explained(path), contextlib.ExitStack() as opened:
        state.parent.mkdir(parents=True, exist_ok=True)
        state_descriptor = _open_folder(state)
        opened.callback(os.close, state_descriptor)
        _check_format(state, state_descriptor)
        room_descriptor = _open_folder(room, within=state_descriptor)
        opened.callback(os.close, room_descriptor)
        return _open_file(path.name, room_descriptor)


def _open_folder(folder: Path, *, within: int | None = None) -> int:
    """A descriptor of the folder, which is made for all users if it is missing. Raises OSError if it is a link."""
    name, made = str(folder) if within is None else folder.name, True
    try:
        os.mkdir(name, dir_fd=within)
    except FileExistsError:
        made = False
    descriptor = os.open(name, _FOLDER, dir_fd=within)
    if made and os.fstat(descriptor).st_uid == os.getuid():
        os.fchmod(descriptor, _ALL_USERS)
    return descriptor


def _open_file(name: str, folder: int) -> int:
    """The descriptor of a file in the open ``folder``; the file is made for all users if it is missing.

    Raises OSError if ``name`` is no regular file, or has a second name (a link to a file elsewhere).
    """
    try:  # first without O_CREAT, which the kernel refuses for files of other users in a sticky folder (protected_regular)
        descriptor = os.open(name, os.O_RDWR | _FILE, dir_fd=folder)
    except FileNotFoundError:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | _FILE, 0o666, dir_fd=folder)
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
        os.close(descriptor)
        raise OSError(errno.ELOOP, "it is not a regular file")
    if about.st_uid == os.getuid() and about.st_mode & 0o666 != 0o666:
        os.fchmod(descriptor, 0o666)
    return descriptor


def _check_format(state: Path, folder: int) -> None:
    """Writes the format into a folder that has none: versions before it was written down used the same one."""
    try:
        descriptor = _open_file("format", folder)
    except PermissionError:  # the folder is another user's, who has not opened it for us: the lock itself will say so
        return
    with contextlib.ExitStack() as opened:
        opened.callback(os.close, descriptor)
        if not (found := os.read(descriptor, 16).decode(errors="replace").strip()):
            os.write(descriptor, f"{FORMAT}\n".encode())
        elif found != FORMAT:
            raise UnusableLock(
                f"The state folder {state} was made by another version of hub-runner (format {harmless(found)!r}, this "
                f"version knows {FORMAT}), so its locks cannot be understood here, and it was left alone. Use the same "
                "version for all repositories of this host, or set HUB_RUNNER_STATE to a folder of your own."
            )


def _write(path: Path, descriptor: int, holder: str) -> None:
    """Writes who holds the lock. If that fails the lock is freed: nobody could tell whose it is."""
    try:
        with _explained(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, holder.encode(), 0)
    except EnvironmentFailure:
        os.close(descriptor)
        raise


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns an OSError into UnusableLock, which says what to do."""
    try:
        yield
    except OSError as error:
        state = path.parent.parent
        advice = f"make {state} writable for everybody (chmod 1777)"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "free some space there"
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
            advice = f"it may hold nothing but folders and regular files, and no links: look at it with `ls -lR {state}`"
        raise UnusableLock(
            f"The lock {path} cannot be written: {error.strerror}. Runs of one host see each other there: {advice}, or "
            "set HUB_RUNNER_STATE to one folder for all."
        ) from error


def _is_still_there(path: Path, descriptor: int) -> bool:
    """Whether the locked file is the one that the name leads to: the holder before may have removed it."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False
