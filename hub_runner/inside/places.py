"""Where Odoo takes a module from: its addons path may lead to another module of that name than the copied one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Lies beside the modules that the run copied in. Odoo sees only folders with a manifest.
MARKER = ".hub-runner"


def place(module: str) -> dict[str, Any]:
    """``copied`` is false for whatever the image brings, be it of the same name. Imports nothing of the module."""
    folder = _folder(module)
    return {"folder": str(folder or ""), "copied": bool(folder and (folder.parent / MARKER).is_file())}


def _folder(module: str) -> Path | None:
    try:
        spec = find_spec("odoo.addons." + module)
    except (ImportError, ValueError):
        return None
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return Path(locations[0]) if locations else None
