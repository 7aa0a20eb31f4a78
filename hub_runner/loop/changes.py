"""What was saved since the last verdict, and how much must be done again for the next one."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from pathlib import Path

import psutil
import watchfiles

from hub_runner.checkout.modules import MANIFEST
from hub_runner.checkout.snapshot import Files

# Written beside a file while an editor saves it: nothing of the module.
TEMPORARY = (".swp", ".swx", ".swo", "~", ".tmp", ".pyc")
QUIET = 50  # milliseconds without another change, after which a burst of them is over
LOOK = 0.5  # seconds without a change, or without the folders, after which somebody looks whether they are still the same
# File systems on which another machine may change a file without a word to this one's kernel: they are polled.
REMOTE = ("nfs", "cifs", "smb", "9p", "fuse", "vboxsf", "prl_fs", "drvfs", "virtiofs")


class Scope(IntEnum):
    """How much a change makes necessary, from least to most."""

    NOTHING = 0
    TESTS = 1  # test files only: the module that is installed is still the one on disk
    CODE = 2  # the module is installed afresh
    PLAN = 3  # a manifest: the module may need other modules, and another prepared database


def differences(before: Mapping[str, Files], after: Mapping[str, Files]) -> list[tuple[str, str]]:
    """Module and path of each file that was added, changed or removed, sorted."""
    changed = []
    for module in sorted({*before, *after}):
        old, new = before.get(module, {}), after.get(module, {})
        changed += [(module, path) for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    return [(module, path) for module, path in changed if not path.endswith(TEMPORARY)]


def scope(changed: Iterable[tuple[str, str]], module: str) -> Scope:
    """What the changed files of ``module`` and its local dependencies make necessary."""
    return max((_scope_of(name, path, module) for name, path in changed), default=Scope.NOTHING)


def _scope_of(name: str, path: str, module: str) -> Scope:
    if path == MANIFEST:
        return Scope.PLAN
    return Scope.TESTS if name == module and path.startswith("tests/") else Scope.CODE


class Watcher:
    """Watches ``folders`` in a thread until it is closed. ``fileno`` becomes readable after a burst of changes."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._stop = threading.Event()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        threading.Thread(target=self._watch, name="file watcher", daemon=True).start()

    def fileno(self) -> int:
        return self._reader

    def clear(self) -> None:
        """Forgets the bursts so far. Whoever calls it looks at the files on disk next."""
        os.read(self._reader, 65536)

    def close(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        """A folder that is removed and made again, as by a switch of branches, is another one: it is watched anew.

        What was saved before a new watch had begun is told when it has: its first yield, at the latest after ``LOOK``.
        """
        unseen = False
        while not self._stop.is_set():
            with contextlib.ExitStack() as held:
                watched = self._held(held)
                for changes in self._bursts() if watched else ():
                    same = self._identities() == watched
                    if changes or unseen or not same:
                        self._tell()
                    unseen = False
                    if not same:
                        break
            unseen = True
            self._stop.wait(LOOK)  # in the meantime it is made again, with all its files

    def _held(self, held: contextlib.ExitStack) -> list[int] | None:
        """The identities of the folders, which stay open until ``held`` ends; None if one is not there.

        File systems give the number of a folder that was removed to the next one at once, unless somebody has it open.
        """
        try:
            return [os.fstat(_opened(folder, held)).st_ino for folder in self._folders]
        except OSError:
            return None

    def _identities(self) -> list[int] | None:
        """What tells each folder from another one of its name while it is held; None if one is not there."""
        try:
            return [folder.stat().st_ino for folder in self._folders]
        except OSError:
            return None

    def _bursts(self) -> Iterator[set[watchfiles.main.FileChange]]:
        """The changes of each burst, and an empty set after each ``LOOK`` without any."""
        with contextlib.suppress(FileNotFoundError):  # it was removed again
            yield from watchfiles.watch(
                *self._folders,
                step=QUIET,
                debounce=10 * QUIET,
                rust_timeout=round(LOOK * 1000),
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
                force_polling=True if any(map(is_remote, self._folders)) else None,
                ignore_permission_denied=True,
            )

    def _tell(self) -> None:
        with contextlib.suppress(BlockingIOError):  # so many bursts unread: one more says nothing new
            os.write(self._writer, b"x")


def _opened(folder: Path, held: contextlib.ExitStack) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    held.callback(os.close, descriptor)
    return descriptor


def is_remote(folder: Path) -> bool:
    """Whether changes by another machine or by the host of this one may come without a notification."""
    mounts = {Path(it.mountpoint): it.fstype for it in psutil.disk_partitions(all=True)}
    mount = next((parent for parent in (folder, *folder.parents) if parent in mounts), Path("/"))
    return mounts.get(mount, "").startswith(REMOTE)
