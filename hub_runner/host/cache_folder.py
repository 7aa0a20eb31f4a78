"""This user's own folder for what can be made anew, such as what an image was found to hold."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the XDG base directory specification puts it. Nobody else can put anything into it."""
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hub-runner"
