"""Healthchecks that answer within a moment of readiness where somebody waits for it, and cost little elsewhere.

The engine asks a service for the first time after one whole interval, and then once in each. Engines from 25 on know an
interval for the start alone; Compose refuses it for older ones, so it cannot stand in the compose file. Each time, the
engine starts a process in the container: every second and in two containers, that is a tenth of a core.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from hub_runner.model import ODOO, Model

NEEDED = (1, 44)  # the API of engine 25
EVERY = 0.1  # where somebody waits for the answer
LATER = 5.0  # where nobody does, and once the tests run
LONGEST = 30.0
_PART = re.compile(r"([\d.]+)(h|ms|m|us|ns|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def eager(model: Model, api_version: str) -> Model:
    """The model with the healthchecks for which somebody waits asked more often until they have answered once, and all
    asked less often otherwise.
    """
    if tuple(int(it) for it in api_version.split(".")) < NEEDED:
        return model
    awaited = {ODOO, *_awaited(model)}
    services = {name: _eager(it, name in awaited) for name, it in model["services"].items()}
    return {**model, "services": services}


def _awaited(model: Model) -> Iterator[str]:
    """The services for whose health others wait before they start."""
    for service in model["services"].values():
        needs = (service.get("depends_on") or {}).items()
        yield from (name for name, it in needs if it.get("condition") == "service_healthy")


def _eager(service: dict[str, Any], awaited: bool) -> dict[str, Any]:
    """Failures within the start period do not count: it lasts no longer than the check would have waited anyway.

    Nor does it wait longer after that: fewer tries take the place of shorter intervals.
    """
    check = service.get("healthcheck") or {}
    if check.get("disable") or not check.get("test") or "start_interval" in check:
        return service
    interval = seconds(check.get("interval") or "30s")
    allowed = interval * int(check.get("retries") or 3)
    later = max(interval, min(LATER, allowed))
    often = {
        "start_period": f"{max(seconds(check.get('start_period') or '0s'), min(allowed, LONGEST)):g}s",
        "start_interval": f"{EVERY if awaited else later:g}s",
        "interval": f"{later:g}s",
        "retries": math.ceil(allowed / later),
    }
    return {**service, "healthcheck": {**check, **often}}


def seconds(duration: str) -> float:
    """Of a duration as Compose writes it, such as 1m30s."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))
