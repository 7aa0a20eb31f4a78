"""Where a run's files lie: in a folder of its own, and under plain names that always mean the latest run (incident I9).

The plain names are hard links. Where the file system has none they are symbolic links while the run goes on, and copies
after it. A run that is overtaken by a younger one leaves the plain names to that one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import JUNIT, LOG, RESULT

OURS = {RESULT: b'"hub_runner"', JUNIT: b'name="hub-runner"'}  # what their first lines hold: others write such names, too
RUNS = 100  # runs; older ones have told what they had to tell


class Place:
    """The folder of one run, and ``output``, the folder with the plain names."""

    def __init__(self, run: Path, output: Path) -> None:
        self.run, self.output = run, output
        self._claimed: tuple[int, int] | None = None

    def claim(self) -> None:
        """Makes the log and takes the plain names from the run before. Raises EnvironmentFailure."""
        with writable(self.output):
            self.run.mkdir(parents=True, exist_ok=True)
            (self.run / LOG).touch()
            keep_house(self.run.parent)
            publish(self.run / LOG, self.output / LOG)
            self._claimed = _identity(self.output / LOG)
            forget(self.output)

    def settle(self, name: str) -> None:
        """Gives the finished file ``name`` its plain name, unless that belongs to a younger run. Raises OSError."""
        if self._claimed is None or _identity(self.output / LOG) != self._claimed:
            return
        if not _same(self.run / name, self.output / name):
            publish(self.run / name, self.output / name, copy=name == LOG)
        if name == LOG:
            self._claimed = _identity(self.output / LOG)

    def write(self, name: str, data: bytes) -> None:
        """Writes a whole file, or leaves nothing of it. Raises OSError."""
        replace(self.run / name, data)
        self.settle(name)


def keep_house(runs: Path) -> None:
    """Hides the runs' folders from git, in repositories that know nothing of them, and lets the oldest go."""
    if runs.parent.name == ".hub-runner" and not (ignore := runs.parent / ".gitignore").exists():
        ignore.write_text("*\n", encoding="utf-8")
    with contextlib.suppress(FileNotFoundError):  # another run keeps house, too
        by_age = sorted(runs.iterdir(), key=lambda it: it.stat().st_mtime, reverse=True)
        for old in by_age[RUNS:]:
            shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Puts what keeps ``folder`` from being written into words. Raises EnvironmentFailure."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Free some space" if full else "Make it writable for this user"
        raise EnvironmentFailure(
            f"The log {LOG} cannot be written in {folder}: {error.strerror or error} ({error.filename}). {advice}, or "
            "name another folder with the flag --output or the setting output. Nothing was tested."
        ) from error


def publish(source: Path, target: Path, *, copy: bool = False) -> None:
    """Makes ``target`` mean ``source``, at once: nobody ever sees half of it. Raises OSError."""
    temporary = _beside(target)
    try:
        _link(source, temporary, copy)
        temporary.replace(target)
    finally:  # renaming a hard link over another one of the same file leaves both
        temporary.unlink(missing_ok=True)


def replace(path: Path, data: bytes) -> None:
    temporary = _beside(path)
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def forget(output: Path) -> None:
    """Removes the result of the run before: what a name shows must never be older than the log beside it."""
    for name, mark in OURS.items():
        if mark in _head(output / name):
            (output / name).unlink(missing_ok=True)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(400)
    except OSError:
        return b""


def _link(source: Path, target: Path, copy: bool) -> None:
    if not copy:
        for link in (os.link, _symlink):
            with contextlib.suppress(OSError):
                return link(source, target)
    shutil.copyfile(source, target)
    return None


def _symlink(source: Path, target: Path) -> None:
    target.symlink_to(os.path.relpath(source, target.parent))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _same(one: Path, other: Path) -> bool:
    return _identity(one) == _identity(other)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
