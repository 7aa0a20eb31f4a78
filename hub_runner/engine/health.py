"""Waiting for a service's own healthcheck, and failing at once if it can no longer succeed."""

from __future__ import annotations

from collections.abc import Callable

import tenacity

from hub_runner.engine.container import Container, state_in_words
from hub_runner.errors import EnvironmentFailure

PAUSE = 0.05  # seconds between two looks
HOPELESS = {"exited", "dead", "removing", "restarting"}


def wait_until_healthy(inspect: Callable[[], Container | None], *, timeout: float, logs: Callable[[], str]) -> None:
    """Returns when the container that ``inspect`` shows is healthy. ``timeout`` is in seconds.

    Raises EnvironmentFailure with the healthcheck's last output and the container's last log lines: at once when the
    container has ended or is unhealthy, otherwise when the time is over.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda healthy: not healthy),
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(PAUSE),
        retry_error_callback=lambda _: False,
    )
    if not retrying(_is_healthy, inspect, logs):
        seen = _description(inspect(), logs())
        raise EnvironmentFailure(f"The odoo service was not healthy within {timeout:g} s. {seen}")


def _is_healthy(inspect: Callable[[], Container | None], logs: Callable[[], str]) -> bool:
    container = inspect()
    if container is None:
        raise EnvironmentFailure("The odoo container is gone: somebody else removed it while the run was waiting for it.")
    state = container["State"]
    health = state.get("Health", {}).get("Status")
    if state["Status"] in HOPELESS or health == "unhealthy":
        raise EnvironmentFailure(f"The odoo service cannot become healthy any more. {_description(container, logs())}")
    return health == "healthy"


def _description(container: Container | None, logs: str) -> str:
    if container is None:
        return f"Its container is gone. The last log lines:\n{logs}"
    probes = container["State"].get("Health", {}).get("Log") or ()
    last = probes[-1]["Output"].strip() if probes else "it has not answered yet"
    state = state_in_words(container["State"])
    return f"Its container is {state}; the last healthcheck said: {last or 'nothing'}.\nIts last log lines:\n{logs}"
