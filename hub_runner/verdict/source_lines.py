"""The lines of a module's own files, as they are now: errors of Odoo often name no line, and one is looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path


def lines_of(path: Path) -> list[str]:
    """The lines of a file; none if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def python_files(folder: Path) -> list[Path]:
    """The Python files of a module, those of its tests last."""
    files = folder.rglob("*.py")
    return sorted(files, key=lambda path: ("tests" in path.relative_to(folder).parts, path))


def lines_with(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """Files and lines of the module's Python in which ``pattern`` is found, those of its tests last."""
    for path in python_files(folder):
        for number, line in enumerate(lines_of(path), 1):
            if pattern.search(line):
                yield path.relative_to(folder).as_posix(), number
