"""The program that prepares a database inside the odoo container."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from hub_runner import odoo

NAME = "preparation.pyz"


@lru_cache(maxsize=1)
def archive() -> bytes:
    """Run it as ``python3 preparation.pyz REPORT assets|no-assets ODOO_ARGUMENT...``."""
    return odoo.packed((Path(__file__).parent / "preparation.py").read_bytes())
