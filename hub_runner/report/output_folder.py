"""Where the files of a run lie, and the plain names in the output folder that lead to the latest run (incident I9).

The plain names are hard links to the files in the run's own folder. A hard link can be read while the run goes on, costs
nothing, and is still a whole file when the run's folder is removed or when only the plain names are uploaded. One symbolic
link to the folder of the latest run would be less code, but GitLab's artifacts, `tar` and `docker cp` keep a link as a link:
the proof would be gone. On a file system without hard links the finished files are copied.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from hub_runner.errors import EnvironmentFailure
from hub_runner.host.files import beside, write_whole
from hub_runner.report.log_lines import line
from hub_runner.settings import (
    BATCH_JSON,
    BATCH_XML,
    COVERAGE_XML,
    HTMLCOV,
    JUNIT,
    LCOV,
    LOG,
    OWN_FOLDER,
    PROOF,
    REPORT,
    RESULT,
    SIGNATURE,
)

# In the first bytes of our own files: other tools write files of these names, too, and theirs are never removed.
MARKS = {
    RESULT: b'"hub_runner"',
    JUNIT: b'name="hub-runner"',
    PROOF: b"in-toto.io/attestation/test-result",
    SIGNATURE: b"-----BEGIN SSH SIGNATURE-----",  # as ssh-keygen writes it
    COVERAGE_XML: b"<!-- hub-runner -->",
    LCOV: b"TN:hub-runner",
    REPORT: b"<!-- hub-runner report -->",
    BATCH_JSON: b'"hub_runner"',  # written after the last run of a batch, so that none of its own runs forgets it
    BATCH_XML: b'name="hub-runner"',
}
HEAD = 400  # bytes of a file in which its mark stands
OURS = "hub-runner.txt"  # a file in each folder of ours with a plain name
RUNS = 100  # finished runs whose folders are kept
LATELY = 86400.0  # seconds in which no finished run is removed: a command may have more than RUNS modules
PATIENCE = 10.0  # seconds to wait for another run that changes the plain names


class RunFolder:
    """The folder ``path`` of one run, and ``output``, the folder with the plain names."""

    def __init__(self, path: Path, output: Path) -> None:
        self.path, self.output = path, output
        self._claimed: tuple[int, int] | None = None

    def claim(self) -> None:
        """Creates the log and takes the plain names from the run before. Raises EnvironmentFailure."""
        with writable(self.output):
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / LOG).touch()
            hide_from_git(self.path.parent)
            remove_old_runs(self.path.parent)
            with exclusive(self.output):
                self._publish(LOG, finished=False)
                self._claimed = _identity(self.output / LOG)
                forget_results(self.output)

    def settle(self, name: str) -> None:
        """Gives the finished file ``name`` its plain name, unless a younger run has the names by now. Raises OSError."""
        with exclusive(self.output):
            if self._has_the_names():
                self._publish(name, finished=True)
                if name == LOG:
                    self._claimed = _identity(self.output / LOG)

    def write(self, name: str, data: bytes) -> None:
        """Writes a whole file, or nothing of it, and gives it its plain name. Raises OSError."""
        write_whole(self.path / name, data)
        self.settle(name)

    def settle_folder(self, name: str) -> None:
        """Gives the finished folder ``name`` its plain name, unless a younger run has the names by now. Raises OSError."""
        with exclusive(self.output):
            if self._has_the_names():
                with replace_folder(self.output / name) as made:
                    shutil.copytree(self.path / name, made, copy_function=linked_or_copied, dirs_exist_ok=True)

    def _has_the_names(self) -> bool:
        return self._claimed is not None and _identity(self.output / LOG) == self._claimed

    def _publish(self, name: str, *, finished: bool) -> None:
        source, target = self.path / name, self.output / name
        if _identity(source) == _identity(target):
            return
        temporary = beside(target)
        try:
            try:
                os.link(source, temporary)
            except OSError:  # this file system has no hard links
                if finished:
                    shutil.copyfile(source, temporary)
                else:
                    temporary.write_text(line(f"The run has not come to its end. Until then its log is {source}."))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def exclusive(output: Path) -> Iterator[None]:
    """Keeps other runs from changing the plain names: a result must never land beside the log of another run.

    If another process holds on to the lock (it was stopped, for example), the block begins without it after ten seconds.
    """
    descriptor = os.open(output, os.O_RDONLY)
    try:
        end = time.monotonic() + PATIENCE
        while not _locked(descriptor) and time.monotonic() < end:
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Tries to take the lock. tenacity would do for the loop, but a Python without our packages refuses a run here, too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def hide_from_git(runs: Path) -> None:
    """Lets git ignore the folders of runs, also in a repository that knows nothing of them."""
    if runs.parent.name == OWN_FOLDER and not (ignore := runs.parent / ".gitignore").exists():
        ignore.write_text("*\n", encoding="utf-8")


def remove_old_runs(runs: Path) -> None:
    """Removes all folders of finished runs but the youngest ones and those of the last day."""
    for folder in by_age(runs)[RUNS:]:
        with contextlib.suppress(OSError):  # another run removes old folders, too
            if time.time() - folder.stat().st_mtime > LATELY and not is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)


def by_age(runs: Path) -> list[Path]:
    """The folders of runs, the youngest first; empty if there is none."""
    ages: dict[Path, float] = {}
    with contextlib.suppress(OSError):
        for folder in runs.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another run removes old folders, too
                ages[folder] = folder.stat().st_mtime
    return sorted(ages, key=lambda folder: ages[folder], reverse=True)


def hold(log: int) -> None:
    """Marks the run whose log has the open descriptor ``log`` as alive until the descriptor is closed."""
    with contextlib.suppress(OSError):  # a file system without locks: then only the age of a folder counts
        fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_alive(folder: Path) -> bool:
    """Whether the run of this folder still goes on: then it holds its log."""
    try:
        with (folder / LOG).open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextlib.contextmanager
def writable(folder: Path, name: str = f"The log {LOG}") -> Iterator[None]:
    """Explains to the user why a file could not be written in ``folder``. Raises EnvironmentFailure."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Free some space" if full else "Make it writable for this user"
        where = f" ({error.filename})" if error.filename else ""
        raise EnvironmentFailure(
            f"{name} cannot be written in {folder}: {error.strerror or error}{where}. {advice}, or "
            "name another folder with the flag --output or the setting output. Nothing was tested."
        ) from error


@contextlib.contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """A new folder for the block to fill, which takes the place of ``path`` at the end. Raises OSError."""
    temporary = beside(path)
    try:
        temporary.mkdir()
        yield temporary
        (temporary / OURS).write_text("Written by hub-runner, and replaced by its next run.\n", encoding="utf-8")
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def linked_or_copied(source: str, target: str) -> None:
    """A hard link if this file system has them. Raises OSError."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def forget_results(output: Path) -> None:
    """Removes the results of the run before: a plain name must never lead to a result older than the log beside it."""
    for name, mark in MARKS.items():
        if mark in _first_bytes(output / name):
            (output / name).unlink(missing_ok=True)
    if (output / HTMLCOV / OURS).is_file():
        shutil.rmtree(output / HTMLCOV, ignore_errors=True)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
