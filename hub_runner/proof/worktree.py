"""A commit in a folder of its own, as git checks it out: nothing that lies beside it in the checkout is there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hub_runner.checkout import git
from hub_runner.errors import UsageError

SECONDS = 600.0  # to check out a large repository
WITHOUT_HOOKS = ("-c", "core.hooksPath=/dev/null")  # a hook is code of this machine, and none of the commit


@contextlib.contextmanager
def clean_worktree(root: Path, commit: str) -> Iterator[Path]:
    """The folder that ``root``, a checkout, is in a worktree of ``commit``. It is removed at the end. Raises UsageError."""
    prefix = (git.ask(root, "rev-parse", "--show-prefix") or "").strip()
    with tempfile.TemporaryDirectory(prefix="hub-runner-rerun-") as folder:
        worktree = Path(folder).resolve() / "worktree"
        try:
            git.demand(
                root, *WITHOUT_HOOKS, "worktree", "add", "--quiet", "--detach", str(worktree), commit, timeout=SECONDS
            )
            if not (worktree / prefix).is_dir():
                raise UsageError(f"Commit {commit[:12]} has no folder {prefix}, which is the checkout here.")
            yield worktree / prefix
        finally:
            git.ask(root, "worktree", "remove", "--force", str(worktree))
            git.ask(root, "worktree", "prune")
