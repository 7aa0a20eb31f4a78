"""Files that are written whole, and what one that is broken may raise.

Standard library only: a Python without our packages refuses a run in words, and writes its log with these functions.
"""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

# What a JSON document may raise that hub-runner has not written, when it is read; and what its file may raise.
# Infinity or a time in the year 1 raises an ArithmeticError, an encoding that nobody knows a LookupError.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
BROKEN_FILE = (OSError, *BROKEN)


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file in one step: nobody ever reads half of it, however many write it at once. Raises OSError."""
    temporary = beside(path)
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remember(path: Path, data: bytes) -> None:
    """Writes what only saves time later, and can be made anew: a disk that is full or read-only is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)


def beside(path: Path) -> Path:
    """A hidden name in the same folder that nobody else uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")
