"""Whether a checkout is as its commit says: what runs write into it is left out of that question."""

from __future__ import annotations

import os
from pathlib import Path

from hub_runner.checkout.git import ask
from hub_runner.settings import OWN_FOLDER, WRITTEN


def head_and_dirty(root: Path, output: Path) -> tuple[str | None, bool | None]:
    """The commit of HEAD, and whether anything in the working tree differs from it; None for each that git cannot tell.

    What runs write into the folder ``output`` does not count: else a repository that does not ignore these names would
    never be clean.
    """
    commit = ask(root, "rev-parse", "HEAD")
    status = ask(root, "status", "--porcelain", "--untracked-files=normal", "--", ":/", *_without(root, output))
    return commit and commit.strip(), None if status is None else bool(status.strip())


def _without(root: Path, output: Path) -> list[str]:
    """Arguments that leave out what runs write. No argument if that lies outside of the tree: git refuses such paths."""
    folder = os.path.relpath(output.resolve(), root.resolve())
    if folder.startswith(".."):
        return []
    return [f":(exclude,literal){Path(folder) / name}" for name in (*WRITTEN, OWN_FOLDER)]
