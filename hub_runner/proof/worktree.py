"""A commit in a folder of its own, as git checks it out: nothing that lies beside it in the checkout is there.

The process that made such a folder holds it locked (flock on the folder itself), and the kernel frees that lock with the
process. So a folder that nobody has locked was left by a dead one, and goes with the next rerun or ``clean``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hub_runner.checkout import git
from hub_runner.errors import UsageError

SECONDS = 600.0  # to check out a large repository
WITHOUT_HOOKS = ("-c", "core.hooksPath=/dev/null")  # a hook is code of this machine, and none of the commit
PREFIX = "hub-runner-worktree-"  # version 0.1.0 had another one, and no lock: its living reruns would be taken for dead
WORKTREE = "worktree"  # below a folder with that prefix


@contextlib.contextmanager
def clean_worktree(root: Path, commit: str) -> Iterator[Path]:
    """The folder that ``root``, a checkout, is in a worktree of ``commit``. It is removed at the end. Raises UsageError."""
    forget_worktrees(root)
    prefix = (git.ask(root, "rev-parse", "--show-prefix") or "").strip()
    folder, lock = _locked_folder()
    worktree = folder / WORKTREE
    try:
        git.demand(root, *WITHOUT_HOOKS, "worktree", "add", "--quiet", "--detach", str(worktree), commit, timeout=SECONDS)
        if not (worktree / prefix).is_dir():
            raise UsageError(f"Commit {commit[:12]} has no folder {prefix}, which is the checkout here.")
        yield worktree / prefix
    finally:
        _remove(root, folder)
        os.close(lock)


def forget_worktrees(root: Path) -> list[Path]:
    """Removes what killed reruns of this user have left: of the checkout ``root``, and in the folder for temporary files."""
    removed = []
    for folder in sorted({*Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}*"), *_known_to_git(root)}):
        if (lock := _locked(folder)) is not None:
            _remove(root, folder)
            os.close(lock)
            removed.append(folder)
        elif _is_gone(folder) and folder in _known_to_git(root):  # git would keep what it was still making, and has locked
            _remove(root, folder)
            removed.append(folder)
    return removed


def _known_to_git(root: Path) -> Iterator[Path]:
    """The folders in which reruns made worktrees of ``root``, also with another TMPDIR."""
    for line in (git.ask(root, "worktree", "list", "--porcelain") or "").splitlines():
        path = Path(line.removeprefix("worktree "))
        if line.startswith("worktree ") and path.name == WORKTREE and path.parent.name.startswith(PREFIX):
            yield path.parent


def _locked_folder() -> tuple[Path, int]:
    """A new folder, and the descriptor that holds it locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        if (lock := _locked(folder)) is not None:  # else it was taken for a dead one's in this very moment
            return folder, lock


def _locked(folder: Path) -> int | None:
    """The descriptor that holds ``folder`` locked; None if somebody else has it, or if it is another user's or gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        about = os.fstat(descriptor)
        if about.st_uid == os.getuid() and os.path.samestat(folder.stat(follow_symlinks=False), about):
            return descriptor
    os.close(descriptor)
    return None


def _is_gone(folder: Path) -> bool:
    """A reboot has taken it, or a cleaner of temporary files. What another user's folder hides is not gone."""
    try:
        folder.lstat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False


def _remove(root: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # first: git refuses a worktree that is there by half
    worktree = str(folder / WORKTREE)
    git.ask(root, "worktree", "remove", "--force", "--force", worktree)  # twice: git locks one that it is still making
    git.ask(root, "worktree", "prune")
