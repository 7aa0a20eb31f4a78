"""What git says of a checkout, within a time limit.

Git writes nothing but, at most, new times of unchanged files into its index: `git diff` does that in spite of all flags.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from hub_runner.errors import UsageError
from hub_runner.host import process

# What git tells its hooks of the repository that they run for: a question about another folder, or a submodule, would be
# answered from there.
OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
LINK, SUBMODULE = "120000", "160000"  # modes of git's entries


def ask(root: Path, *arguments: str) -> str | None:
    """What ``git ARGUMENTS`` prints in the folder ``root``; None if git is missing, fails or takes more than ten seconds."""
    try:
        return demand(root, *arguments, timeout=10)
    except UsageError:
        return None


def demand(root: Path, *arguments: str, timeout: float = 60) -> str:
    """What ``git ARGUMENTS`` prints in the folder ``root``, within ``timeout`` seconds. Raises UsageError in git's words."""
    command = ("git", "--no-optional-locks", "-C", str(root), *arguments)  # asking for the status would write the index
    try:
        done = process.completed(command, timeout=timeout, environ=environ())
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"`git {' '.join(arguments)}` in {root} did not come to its end: {error}.") from error
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip()
        raise UsageError(f"`git {' '.join(arguments)}` in {root} failed: {words or f'exit code {done.returncode}'}")
    return os.fsdecode(done.stdout)


def environ() -> dict[str, str]:
    """The variables of this process, without those of a hook."""
    return {name: value for name, value in os.environ.items() if name not in OF_HOOKS}


def named_commit(root: Path, reference: str) -> str:
    """The full name of the commit that ``reference`` leads to. Raises UsageError."""
    found = None if reference.startswith("-") else ask(root, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    if found:
        return found.strip()
    if (ask(root, "rev-parse", "--is-shallow-repository") or "").strip() == "true":
        advice = "This clone is shallow, so it may just be missing: `git fetch --unshallow`, or `fetch-depth: 0` in CI."
    elif ask(root, "rev-parse", "--verify", "--quiet", f"origin/{reference}^{{commit}}"):
        advice = f"Perhaps origin/{reference} is meant."
    else:
        advice = "Fetch it (`git fetch origin`), or name another one."
    raise UsageError(f"There is no commit {reference!r} in {root}. {advice}")
