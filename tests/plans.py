"""Plans for tests that need only some fields of one, and no checkout or compose file around it."""

from __future__ import annotations

from typing import Any

from hub_runner.checkout.closure import Closure
from hub_runner.checkout.modules import Module
from hub_runner.plan import Plan
from hub_runner.requirements.wanted import Wanted
from hub_runner.settings import Settings


def plan_of(module: Module, settings: Settings, **fields: Any) -> Plan:
    """A plan for ``module`` alone; ``fields`` are those of ``Plan`` that matter to the test."""
    usual: dict[str, Any] = {
        "along": (),
        "closure": Closure(local=(module,), core=()),
        "compose": "2.26.1",
        "model": {"name": "hub-runner", "services": {"odoo": {"image": "odoo:18.0"}}},
        "environ": {},
        "wanted": Wanted(),
        "files": {},
        "past": None,
        "target": "/mnt/extra-addons",
        "test_files": (),
        "asks_for_pages": False,
        "mistakes": (),
        "noticed": (),
        "notes": (),
        "commit": None,
        "dirty": None,
        "command": ("hub-runner",),
    }
    return Plan(settings=settings, module=module, **{**usual, **fields})
