"""Which commit is checked out, and whether the tree differs from it. Git is asked, and never in the way of a run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from hub_runner.settings import JUNIT, KEPT, LOG, RESULT

# What a run writes beside its modules: without it a repository that does not ignore these names would never be clean.
OURS = (LOG, RESULT, JUNIT, KEPT)


def commit_of(root: Path, output: Path) -> tuple[str | None, bool | None]:
    """The commit, and whether anything but our own files in ``output`` differs from it; None where git cannot tell."""
    commit = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", ":/", *_without(root, output))
    return commit, None if status is None else bool(status)


def _without(root: Path, output: Path) -> list[str]:
    """Git refuses paths outside of its tree, where nothing of ours makes it dirty anyway."""
    folder = os.path.relpath(output.resolve(), root.resolve())
    return [] if folder.startswith("..") else [f":(exclude,literal){Path(folder) / name}" for name in OURS]


def _git(root: Path, *words: str) -> str | None:
    command = ("git", "--no-optional-locks", "-C", str(root), *words)  # asking for the status would write the index
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
