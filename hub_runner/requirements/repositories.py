"""Other repositories of modules: a folder of this machine, or a git repository that is fetched and kept by its commit."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from hub_runner.checkout.modules import MANIFEST, NAME
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.host import process
from hub_runner.host.files import write_whole
from hub_runner.host.folders import cache_folder
from hub_runner.host.waiting import until
from hub_runner.text import without_credentials

SETTING = "repositories"
ROOM = "repositories"  # in the user's cache folder
STALLED = ("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60")  # bytes in a second, for so many seconds
FRESH = 3600.0  # seconds for which a branch is not asked for again
KEPT = 86400.0  # seconds for which the files of a commit are kept although no branch leads to it: a run may read them
_ADDRESS = re.compile(r"(?:https|http|ssh|git|file)://\S+|[\w.-]+@[\w.-]+:\S+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NO_REF = re.compile(r"couldn't find remote ref|remote error: upload-pack: not our ref")
_REF = re.compile(r"[\w][\w./+-]*")
# A ref stands behind the path: an @ before it belongs to the user, whose password no message may show as an address.
_WITH_REF = re.compile(rf"((?:[\w+]+://[^/]*/|[\w.-]+@[\w.-]+:)\S*)@({_REF.pattern})")


@dataclass(frozen=True, kw_only=True)
class Repository:
    """``address`` is git's, or the path of a folder; ``ref`` a branch, tag or commit, empty for the series' own branch."""

    name: str
    address: str
    ref: str = ""

    @property
    def is_git(self) -> bool:
        return bool(_ADDRESS.fullmatch(self.address))


@dataclass(frozen=True, kw_only=True)
class CheckedOut:
    """The files of a repository. ``commit`` is empty for a folder of this machine."""

    repository: Repository
    folder: Path
    commit: str = ""

    def module(self, name: str, place: str = "") -> Path | None:
        """The folder of a module: at the root, or in a folder of it, as OCA and others have them; or in ``place``."""
        given = (self.folder / place).resolve() if place else self.folder / name
        inside = [given] if given.name == name and given.is_relative_to(self.folder) else []
        candidates: Iterable[Path] = (*inside, self.folder / name, *self.folder.glob(f"*/{name}"))
        return next((path for path in candidates if NAME.fullmatch(name) and (path / MANIFEST).is_file()), None)

    def __str__(self) -> str:
        address = without_credentials(self.repository.address)
        return f"{address} at {self.commit}" if self.commit else address


def parse(text: str, root: Path) -> Repository:
    """An entry of the setting: ``NAME=ADDRESS`` or ``NAME=ADDRESS@REF``; a folder starts at ``root``. Raises UsageError."""
    name, equals, rest = text.partition("=")
    match = _WITH_REF.fullmatch(rest)
    address, ref = match.groups() if match else (rest, "")
    if not equals or not name or not address:
        raise UsageError(f"{SETTING} takes NAME=ADDRESS or NAME=ADDRESS@BRANCH, not {without_credentials(text)!r}.")
    repository = checked(Repository(name=name, address=address, ref=ref), f"the setting {SETTING}")
    return repository if repository.is_git else replace(repository, address=str(root / Path(rest).expanduser()))


def checked(repository: Repository, source: str) -> Repository:
    """The repository itself. Raises UsageError for an address or branch that git could take for something else."""
    if repository.address.startswith("-") or (not repository.is_git and "::" in repository.address):
        address = without_credentials(repository.address)
        raise UsageError(f"{source}: {address!r} is neither the address of a repository nor a folder.")
    if repository.ref and not _REF.fullmatch(repository.ref):
        raise UsageError(f"{source}: {repository.ref!r} is not the name of a branch, a tag or a commit.")
    return repository


def checked_out(repository: Repository, series: str, *, timeout: float) -> CheckedOut:
    """The files of the repository, at the branch of ``series`` if none is named. ``timeout`` is in seconds.

    Raises UsageError for a folder or a branch that is not there, EnvironmentFailure if git cannot fetch.
    """
    if not repository.is_git:
        folder = Path(repository.address)
        if not folder.is_dir():
            raise UsageError(f"{SETTING}: {repository.name} should be in {folder}, and there is no such folder.")
        return CheckedOut(repository=repository, folder=folder.resolve())
    if not repository.ref:
        repository = replace(repository, ref=series or "HEAD")
    store = cache_folder() / ROOM / hashlib.sha256(repository.address.encode()).hexdigest()[:24]
    with _alone_in(store, repository, timeout):
        commit = _commit(repository, store, timeout)
        folder = store / "trees" / commit
        if not folder.is_dir():
            _unpack(store, commit, folder, timeout)
    return CheckedOut(repository=repository, folder=folder, commit=commit)


@contextlib.contextmanager
def _alone_in(store: Path, repository: Repository, timeout: float) -> Iterator[None]:
    """Keeps other runs of this user away: git does not wait for its own locks, and FETCH_HEAD is one for all.

    Raises EnvironmentFailure after ``timeout`` seconds in which another run was at it.
    """
    try:
        store.mkdir(parents=True, exist_ok=True)
        file = (store / "lock").open("ab")
    except OSError as error:
        raise EnvironmentFailure(f"{store} cannot be written: {error.strerror}.") from error
    with file:
        if not until(bool, lambda: _is_locked(file), seconds=timeout, pause=(0.05, 0.2)):
            address = without_credentials(repository.address)
            raise EnvironmentFailure(f"Another run has been fetching {address} for {timeout:g} s (pull-timeout).")
        yield


def _is_locked(file: BinaryIO) -> bool:
    """Takes the lock of an open file, which ends with it; False if another process has it."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _commit(repository: Repository, store: Path, timeout: float) -> str:
    """The commit of the ref. A commit is fetched once, a branch anew after an hour."""
    known = store / "refs" / hashlib.sha256(repository.ref.encode()).hexdigest()[:24]
    commit = known.read_text(encoding="ascii").strip() if known.is_file() else ""
    if commit and (_COMMIT.fullmatch(repository.ref) or time.time() - known.stat().st_mtime < FRESH):
        return commit
    for lock in (store / "git").glob("*.lock"):  # a run was killed while its git worked: nobody else is here now
        lock.unlink()
    _git(("init", "--quiet", "--bare", str(store / "git")), repository, timeout)
    fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options")
    _git(("--git-dir", str(store / "git"), *fetch, repository.address, repository.ref), repository, timeout)
    commit = _git(("--git-dir", str(store / "git"), "rev-parse", "FETCH_HEAD^{commit}"), repository, timeout).strip()
    known.parent.mkdir(exist_ok=True)
    write_whole(known, commit.encode())
    return commit


def _unpack(store: Path, commit: str, folder: Path, timeout: float) -> None:
    """Under its final name in one step, so that no half of it is ever used. Nothing of a repository's code is run."""
    folder.parent.mkdir(exist_ok=True)
    tree = Path(tempfile.mkdtemp(dir=folder.parent))
    command = ("--git-dir", str(store / "git"), "--work-tree", str(tree), "checkout", "--force", commit, "--", ".")
    index = {"GIT_INDEX_FILE": str(tree) + ".index"}
    try:
        _git(command, Repository(name="", address=str(store)), timeout, index)
        tree.rename(folder)
    except BaseException:
        shutil.rmtree(tree, ignore_errors=True)
        raise
    finally:
        Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
    _forget_old_trees(store)


def _forget_old_trees(store: Path) -> None:
    """Those that no branch leads to any more: a branch that moves each day would fill the disk."""
    latest = {known.read_text(encoding="ascii").strip() for known in (store / "refs").iterdir()}
    for tree in (store / "trees").iterdir():
        if tree.name not in latest and time.time() - tree.stat().st_mtime > KEPT:
            shutil.rmtree(tree, ignore_errors=True)


def _git(command: tuple[str, ...], repository: Repository, timeout: float, environ: dict[str, str] | None = None) -> str:
    options = ("-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "core.autocrlf=false", *STALLED)
    variables = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(environ or {})}
    variables.pop("GIT_DIR", None)
    address = without_credentials(repository.address)
    try:
        done = process.completed(("git", *options, *command), environ=variables, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise EnvironmentFailure(f"The repository {address} did not come within {timeout:g} s (pull-timeout).") from error
    except OSError as error:
        raise EnvironmentFailure(f"git cannot be started, and {address} is fetched with it: {error.strerror}.") from error
    if done.returncode:
        said = without_credentials(done.stderr.decode(errors="replace")).strip()
        ref = f" {repository.ref}" if repository.ref else ""
        if _NO_REF.search(said):
            raise UsageError(f"{address} has no branch, tag or commit{ref}. Correct it where the repository is named.")
        raise EnvironmentFailure(f"git could not fetch{ref} of {address}. It said: {said or 'nothing'}")
    return done.stdout.decode(errors="replace")
