"""The screenshots of browser tests that the page of a run holds: how many, how big, and that they are pictures indeed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

AT_MOST, BYTES = 6, 2 << 20
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, kw_only=True)
class Picture:
    name: str
    address: str  # a data: URL


def embedded(paths: Sequence[str]) -> tuple[Picture, ...]:
    """The first of the files; without those that are no pictures, or too big."""
    found = []
    for path in [Path(path) for path in paths if path.endswith(".png")][:AT_MOST]:
        try:
            content = path.read_bytes() if path.stat().st_size <= BYTES else b""
        except OSError:
            continue
        if content.startswith(PNG):
            address = f"data:image/png;base64,{base64.b64encode(content).decode()}"
            found.append(Picture(name=path.name, address=address))
    return tuple(found)
