"""What a log says of the checkout that was tested (incident I10): good enough to check, never in the way of a run."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

from hub_runner.plan import Plan
from hub_runner.result import RunInfo


def first_page(plan: Plan, project: str) -> RunInfo:
    """What is known of a run before anything has happened."""
    commit, dirty = commit_of(plan.settings.root)
    return RunInfo(
        project=project,
        module=plan.module.name,
        module_version=plan.module.version,
        module_folder=plan.module.folder,
        module_tree=plan.digest,
        root=plan.settings.root,
        started=dt.datetime.now(dt.timezone.utc),
        command=plan.command,
        log=plan.settings.run_folder(project) / "proof_of_execution_tests.log",
        commit=commit,
        dirty=dirty,
    )


def commit_of(root: Path) -> tuple[str | None, bool | None]:
    """The commit that is checked out and whether the tree differs from it; None where git cannot tell."""
    commit = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain")
    return commit, None if status is None else bool(status)


def _git(root: Path, *words: str) -> str | None:
    command = ("git", "--no-optional-locks", "-C", str(root), *words)  # asking for the status would write the index
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
