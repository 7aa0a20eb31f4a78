"""What a log says of the checkout that was tested (incident I10): good enough to check, never in the way of a run."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit_of(root: Path) -> tuple[str | None, bool | None]:
    """The commit that is checked out and whether the tree differs from it; None where git cannot tell."""
    commit = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain")
    return commit, None if status is None else bool(status)


def _git(root: Path, *words: str) -> str | None:
    command = ("git", "-C", str(root), *words)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
