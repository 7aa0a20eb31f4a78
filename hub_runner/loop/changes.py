"""What was saved since the last verdict, and how much must be done again for the next one."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path

import psutil
import watchfiles

from hub_runner.checkout.modules import MANIFEST
from hub_runner.checkout.snapshot import SKIPPED, Files
from hub_runner.engine import composefile
from hub_runner.errors import UsageError
from hub_runner.settings import Settings, load

# Written beside a file while an editor saves it: nothing of the module.
TEMPORARY = (".swp", ".swx", ".swo", "~", ".tmp", ".pyc")
NAMED = 3  # changed files that a verdict names
SETTINGS_FILE = "pyproject.toml"
QUIET = 50  # milliseconds without another change, after which a burst of them is over
LOOK = 0.5  # seconds without a change, or without the folders, after which somebody looks whether they are still the same
# File systems on which another machine may change a file without a word to this one's kernel: they are polled.
REMOTE = ("nfs", "cifs", "smb", "9p", "fuse", "vboxsf", "prl_fs", "drvfs", "virtiofs")
# What lies below a watched folder and is nothing of its module.
FILTER = watchfiles.DefaultFilter(ignore_dirs=sorted({*watchfiles.DefaultFilter.ignore_dirs, *SKIPPED}))


class Scope(IntEnum):
    """How much a change makes necessary, from least to most."""

    NOTHING = 0
    TESTS = 1  # Python files of its tests only: the module that is installed is still the one on disk
    CODE = 2  # the module is installed afresh
    PLAN = 3  # a manifest: the module may need other modules, and another prepared database


def differences(before: Mapping[str, Files], after: Mapping[str, Files]) -> list[tuple[str, str]]:
    """Module and path of each file that was added, changed or removed, sorted."""
    changed = []
    for module in sorted({*before, *after}):
        old, new = before.get(module, {}), after.get(module, {})
        changed += [(module, path) for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    return [(module, path) for module, path in changed if not path.endswith(TEMPORARY)]


def named(changed: Sequence[tuple[str, str]]) -> str:
    """The first of the changed files, as a verdict names them; empty if there is none."""
    names = [f"{module}/{path}" for module, path in changed]
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")


def scope(changed: Iterable[tuple[str, str]], module: str) -> Scope:
    """What the changed files of ``module`` and its local dependencies make necessary."""
    return max((_scope_of(name, path, module) for name, path in changed), default=Scope.NOTHING)


def _scope_of(name: str, path: str, module: str) -> Scope:
    if path == MANIFEST:
        return Scope.PLAN
    is_test = path.startswith("tests/") and path.endswith(".py")  # any other file may be data that the manifest lists
    return Scope.TESTS if name == module and is_test else Scope.CODE


def conditions(settings: Settings) -> dict[str, object]:
    """What a watch takes from its start and does not follow, by the name of the file that says it."""
    compose = composefile.compose_file(settings)
    with contextlib.suppress(UsageError):
        return {SETTINGS_FILE: load(settings.root, environ={}), compose.name: _content(compose)}
    return {SETTINGS_FILE: None, compose.name: _content(compose)}  # it is broken now


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


class Watcher:
    """Watches ``folders`` in a thread until it is closed. ``fileno`` becomes readable after a burst of changes.

    ``note`` is told, by whoever calls ``clear``, what the user should know.
    """

    def __init__(self, folders: Iterable[Path], note: Callable[[str], None]) -> None:
        self._folders, self._note = tuple(folders), note
        self._unsaid = ""
        self._polls = any(map(is_remote, self._folders))
        self._stop = threading.Event()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        threading.Thread(target=self._watch, name="file watcher", daemon=True).start()

    def fileno(self) -> int:
        return self._reader

    def clear(self) -> None:
        """Forgets the bursts so far. Whoever calls it looks at the files on disk next."""
        os.read(self._reader, 65536)
        unsaid, self._unsaid = self._unsaid, ""
        if unsaid:
            self._note(unsaid)

    def close(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        """A folder that is removed and made again, as by a switch of branches, is another one: it is watched anew.

        Until then the others are watched: one of them may say that it is needed no more.
        What was saved before a new watch had begun is told when it has: its first yield, at the latest after ``LOOK``.
        """
        unseen = False
        while not self._stop.is_set():
            with contextlib.ExitStack() as held:
                watched, links = self._held(held), linked_files(self._folders)
                before = _stamps(links)
                there = [folder for folder, identity in zip(self._folders, watched, strict=True) if identity]
                for changes in self._bursts(there):
                    same, now = self._identities() == watched, _stamps(links)
                    if changes or unseen or not same or now != before:
                        self._tell()
                        links = linked_files(self._folders)
                        now = {**_stamps(links), **now}  # what is saved meanwhile is told the next time
                    unseen, before = False, {link: now[link] for link in links}
                    if not same:
                        break
            unseen = True
            self._stop.wait(LOOK)  # in the meantime it is made again, with all its files

    def _held(self, held: contextlib.ExitStack) -> list[int]:
        """The identities of the folders, which stay open until ``held`` ends; 0 for one that is not there.

        File systems give the number of a folder that was removed to the next one at once, unless somebody has it open.
        """
        return [_opened(folder, held) for folder in self._folders]

    def _identities(self) -> list[int]:
        """What tells each folder from another one of its name that is held; 0 for one that is not there."""
        with contextlib.ExitStack() as held:
            return self._held(held)

    def _bursts(self, folders: Sequence[Path]) -> Iterator[set[watchfiles.main.FileChange]]:
        """The changes of each burst, and an empty set after each ``LOOK`` without any; nothing if there is no folder."""
        if not folders:
            return
        try:
            yield from watchfiles.watch(
                *folders,
                watch_filter=self._matters,
                step=QUIET,
                debounce=10 * QUIET,
                rust_timeout=round(LOOK * 1000),
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
                force_polling=self._polls or None,
                ignore_permission_denied=True,
            )
        except FileNotFoundError:
            pass  # it was removed again
        except (OSError, RuntimeError) as error:  # its own exception is a RuntimeError, and private
            if not self._polls:
                self._unsaid = (
                    f"The kernel tells of no saves ({error}): the files are looked at again and again instead. More "
                    "fs.inotify.max_user_watches or max_user_instances (sysctl), or open files (ulimit -n), spare that."
                )
                self._polls = True
                self._tell()

    def _matters(self, change: watchfiles.Change, path: str) -> bool:
        """Only what is below a watched folder counts: that itself may lie in a folder called `.venv`."""
        file = Path(path)
        return any(FILTER(change, str(file.relative_to(folder))) for folder in self._folders if file.is_relative_to(folder))

    def _tell(self) -> None:
        with contextlib.suppress(BlockingIOError):  # so many bursts unread: one more says nothing new
            os.write(self._writer, b"x")


def linked_files(folders: Iterable[Path]) -> list[Path]:
    """The files below ``folders`` that are symbolic links: no folder tells when what they lead to is saved elsewhere."""
    found: list[Path] = []
    seen: set[str] = set()
    for folder in folders:
        for at, names, files in os.walk(folder, followlinks=True):
            real = os.path.realpath(at)
            names[:] = () if real in seen else [name for name in names if name not in SKIPPED]  # circles end
            if real not in seen:
                found += [Path(at, name) for name in files if Path(at, name).is_symlink()]
            seen.add(real)
    return found


def _stamps(links: Iterable[Path]) -> dict[Path, tuple[int, ...] | None]:
    """What differs after a save of what each link leads to; None if it leads nowhere."""
    return {link: _stamp(link) for link in links}


def _stamp(link: Path) -> tuple[int, ...] | None:
    try:
        status = link.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _opened(folder: Path, held: contextlib.ExitStack) -> int:
    """The identity of the folder, which stays open until ``held`` ends; 0 if it is not there."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return 0
    held.callback(os.close, descriptor)
    return os.fstat(descriptor).st_ino


def is_remote(folder: Path) -> bool:
    """Whether changes by another machine or by the host of this one may come without a notification."""
    mounts = {Path(it.mountpoint): it.fstype for it in psutil.disk_partitions(all=True)}
    mount = next((parent for parent in (folder, *folder.parents) if parent in mounts), Path("/"))
    return mounts.get(mount, "").startswith(REMOTE)
