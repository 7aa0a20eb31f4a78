"""The two programs that measure in Odoo's container, and what they are told."""

from __future__ import annotations

import json
from pathlib import Path

from hub_runner.odoo import command
from hub_runner.plan import Plan

INSIDE = Path(__file__).parent / "inside"
# Tests are no part of what is tested. Odoo reads a manifest as text: Python never runs it.
OMITTED = ("tests/*", "*/tests/*", "__manifest__.py")


def launcher() -> bytes:
    """Takes the place of ``odoo.command.launcher``: the same program with coverage.py around it."""
    return _packed("measured")


def reports() -> bytes:
    """``python3 reports.pyz FOLDER`` writes coverage.py's reports."""
    return _packed("reports")


def _packed(program: str) -> bytes:
    files = {f"hub_runner/measuring/inside/{path.name}": path.read_bytes() for path in INSIDE.glob("*.py")}
    main = f"from hub_runner.measuring.inside.{program} import main\nmain()\n"
    return command.packed(main.encode(), {"hub_runner/measuring/__init__.py": b"", **files})


def wishes(plan: Plan) -> bytes:
    """What both programs read: where the module lies in the container, and what its files are called in the reports."""
    folder, module = f"{plan.target.rstrip('/')}/{plan.module.name}", plan.module
    shown = module.seen_from(plan.settings.root)
    return json.dumps(
        {
            "folder": folder,
            "shown": shown,
            "omit": [f"{start}/{pattern}" for start in (folder, "*" if shown == "." else shown) for pattern in OMITTED],
            "branch": plan.settings.coverage_branches,
            "title": f"Coverage of {module.name} {module.version}",
        }
    ).encode()
