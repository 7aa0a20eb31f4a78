"""The health of services: their healthchecks, set so that a wait ends soon and an idle service costs little; and the wait.

The engine asks a service for the first time after one whole interval, and then once in each. Each time it starts a process
in the container: every second and in two containers, that is a tenth of a core. Engines from 25 on know an interval for the
start alone. Compose refuses that key for older engines, so it cannot stand in the compose file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

from hub_runner.engine.container import Container
from hub_runner.engine.model import ODOO, Healthcheck, Model, Service
from hub_runner.host.waiting import until

START_INTERVAL_API = (1, 44)  # the API of engine 25
AWAITED = 0.1  # seconds between two checks of a service that somebody waits for
LATER = 5.0  # seconds between two checks of other services, and of all once the tests run
LONGEST_START = 30.0  # seconds
PAUSE = (0.05, 0.05)  # seconds between two of our own looks at a container
HOPELESS = {"exited", "dead", "removing", "restarting"}
_PART = re.compile(r"([\d.]+)(h|ms|m|us|ns|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def eager(model: Model, api_version: str) -> Model:
    """A copy of the model in which services that somebody waits for are checked often until their first good answer.

    All other checks become rarer. ``api_version`` is the engine's; before 1.44 nothing is changed.
    """
    if tuple(int(number) for number in api_version.split(".")) < START_INTERVAL_API:
        return model
    awaited = {ODOO, *_awaited(model)}
    return {**model, "services": {name: _eager(it, name in awaited) for name, it in model["services"].items()}}


def _awaited(model: Model) -> Iterator[str]:
    """The services for whose health others wait before they start."""
    for service in model["services"].values():
        needs = (service.get("depends_on") or {}).items()
        yield from (name for name, need in needs if need.get("condition") == "service_healthy")


def _eager(service: Service, awaited: bool) -> Service:
    """The service becomes unhealthy no later than its own settings say: fewer tries make up for longer intervals.

    Failures within the start period do not count, so that period ends when the check would have given up anyway.
    """
    check: Healthcheck = service.get("healthcheck") or {}
    if check.get("disable") or not check.get("test") or "start_interval" in check:
        return service
    interval = seconds(check.get("interval") or "") or 30.0  # what the engine takes for none, and for 0s
    allowed = interval * int(check.get("retries") or 3)
    later = max(interval, min(LATER, allowed))
    often: Healthcheck = {
        "start_period": f"{max(seconds(check.get('start_period') or '0s'), min(allowed, LONGEST_START)):g}s",
        "start_interval": f"{AWAITED if awaited else later:g}s",
        "interval": f"{later:g}s",
        "retries": math.ceil(allowed / later),
    }
    return {**service, "healthcheck": {**check, **often}}


def seconds(duration: str) -> float:
    """The seconds of a duration as Compose writes it, such as 1m30s."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))


class Hopeless(Exception):
    """The container has ended, is gone or has become unhealthy: there is nothing more to wait for."""


def wait_until_healthy(inspect: Callable[[], Container | None], *, timeout: float) -> None:
    """Returns when the container that ``inspect`` shows is healthy. ``timeout`` is in seconds.

    Raises Hopeless as soon as it cannot become healthy any more, and TimeoutError when the time is over.
    """
    if not until(bool, lambda: _is_healthy(inspect), seconds=timeout, pause=PAUSE):
        raise TimeoutError


def _is_healthy(inspect: Callable[[], Container | None]) -> bool:
    container = inspect()
    if container is None:
        raise Hopeless
    state = container["State"]
    health = state.get("Health", {}).get("Status")
    if state["Status"] in HOPELESS or health == "unhealthy":
        raise Hopeless
    return health == "healthy"
