"""The sha256 by which a reviewer can tell a log that was edited (incident I10)."""

from __future__ import annotations

import hashlib
from typing import Protocol

CHUNK = 1 << 20


class Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def sha256(file: Readable) -> tuple[Hash, int]:
    """Of all that ``file`` still has, and how many bytes that was; it can be continued."""
    found, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        found.update(chunk)
        size += len(chunk)
    return found, size
