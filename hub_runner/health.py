"""Waiting for a service's own healthcheck, and failing at once where it can no longer succeed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tenacity

from hub_runner.errors import EnvironmentFailure

HOPELESS = {"exited", "dead", "removing", "restarting"}


def wait_until_healthy(inspect: Callable[[], dict[str, Any] | None], *, timeout: float, logs: Callable[[], str]) -> None:
    """Returns when the container that ``inspect`` shows is healthy. ``timeout`` is in seconds.

    Raises EnvironmentFailure with the healthcheck's last words and the container's last log lines: at once when the
    container has ended or is unhealthy, else when the time is over.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda healthy: not healthy),
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(0.05),
        retry_error_callback=lambda _: False,
    )
    if not retrying(_is_healthy, inspect, logs):
        raise EnvironmentFailure(f"The odoo service was not healthy within {timeout:g} s. {_story(inspect(), logs())}")


def _is_healthy(inspect: Callable[[], dict[str, Any] | None], logs: Callable[[], str]) -> bool:
    container = inspect()
    if container is None:
        raise EnvironmentFailure("The odoo container is gone: somebody else removed it while the run was waiting for it.")
    state = container["State"]
    health = state.get("Health", {}).get("Status")
    if state["Status"] in HOPELESS or health == "unhealthy":
        raise EnvironmentFailure(f"The odoo service cannot become healthy any more. {_story(container, logs())}")
    return bool(health == "healthy")


def _story(container: dict[str, Any] | None, logs: str) -> str:
    state = (container or {}).get("State", {})
    probes = state.get("Health", {}).get("Log") or ()
    last = probes[-1]["Output"].strip() if probes else "it has not answered yet"
    memory = ", out of memory" if state.get("OOMKilled") else ""
    container_is = f"Its container is {state.get('Status', 'gone')} (exit code {state.get('ExitCode')}{memory})"
    return f"{container_is}; the last healthcheck said: {last or 'nothing'}.\nIts last log lines:\n{logs}"
