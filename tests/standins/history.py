"""Small git repositories: what was released, and what lies there today."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")


def git(root: Path, *arguments: str) -> str:
    command = ("git", "-C", str(root), *IDENTITY, *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commit(root: Path, message: str = "as it is", *, tag: str = "") -> None:
    """Commits all that lies in ``root``, a repository from then on."""
    if not (root / ".git").exists():
        git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)
    if tag:
        git(root, "tag", tag)


def write(folder: Path, modules: Mapping[str, Mapping[str, str]]) -> None:
    """Modules by name with their files by path; whatever lay there is gone."""
    for name, files in modules.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        for path, text in files.items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_text(text, encoding="utf-8")
