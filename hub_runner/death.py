"""What the engine tells of services that ended, and of processes that the kernel killed for want of memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub_runner.engine import Engine
from hub_runner.model import ODOO


def death(engine: Engine, project: str, services: Iterable[str]) -> str | None:
    """Which service ended, in the engine's words; None where none did, or only one whose work was done."""
    for name in services:
        state = _state(engine, project, name)
        if state["Status"] != "running" and (name == ODOO or state.get("ExitCode") != 0):
            memory = ", out of memory" if state.get("OOMKilled") else ""
            return f"{name}: {state['Status']} with {state.get('ExitCode')}{memory}"
    return None


def out_of_memory(engine: Engine, project: str) -> bool:
    """Whether the kernel killed a process of the odoo service, which itself may well go on."""
    return bool(_state(engine, project, ODOO).get("OOMKilled"))


def _state(engine: Engine, project: str, service: str) -> dict[str, Any]:
    return (engine.service(project, service) or {}).get("State") or {"Status": "gone"}
