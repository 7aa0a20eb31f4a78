"""Waiting for a service's own healthcheck, and failing at once if it can no longer succeed."""

from __future__ import annotations

from collections.abc import Callable

import tenacity

from hub_runner.engine.container import Container

PAUSE = 0.05  # seconds between two looks
HOPELESS = {"exited", "dead", "removing", "restarting"}


class Hopeless(Exception):
    """The container has ended, is gone or has become unhealthy: there is nothing more to wait for."""


def wait_until_healthy(inspect: Callable[[], Container | None], *, timeout: float) -> None:
    """Returns when the container that ``inspect`` shows is healthy. ``timeout`` is in seconds.

    Raises Hopeless as soon as it cannot become healthy any more, and TimeoutError when the time is over.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda healthy: not healthy),
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(PAUSE),
        retry_error_callback=lambda _: False,
    )
    if not retrying(_is_healthy, inspect):
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
