"""A `docker` of a test's own."""

from __future__ import annotations

import os
from pathlib import Path


def says(folder: Path, words: str, code: int = 1) -> dict[str, str]:
    """The environment in which `docker` says ``words``; 0 has them on stdout."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\ncat >&{2 if code else 1} <<'E'\n{words}\nE\nexit {code}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}
