from __future__ import annotations

import itertools
import time
from typing import Any, cast

import pytest

from hub_runner.engine.container import Container
from hub_runner.engine.health import Hopeless, wait_until_healthy


def container(status: str = "running", health: str | None = "starting", said: str = "", **state: Any) -> Container:
    """As ``docker inspect`` shows one."""
    probes = {"Health": {"Status": health, "Log": [{"Output": said}] if said else []}} if health else {}
    return cast(Container, {"State": {"Status": status, "ExitCode": 0, **state, **probes}})


def wait(*seen: Container | None, timeout: float = 60) -> list[int]:
    """Waits while each look shows the next of ``seen``, and the last one for ever; the number of looks."""
    looks = itertools.chain(seen, itertools.repeat(seen[-1]))
    counted: list[int] = []

    def inspect() -> Container | None:
        counted.append(1)
        return next(looks)

    wait_until_healthy(inspect, timeout=timeout)
    return counted


def test_it_returns_when_the_healthcheck_says_so() -> None:
    assert len(wait(container(), container(), container(health="healthy"))) == 3


@pytest.mark.parametrize("status", ["exited", "dead", "removing", "restarting"])
def test_a_container_that_has_ended_fails_at_once(status: str) -> None:
    with pytest.raises(Hopeless):
        wait(container(status, ExitCode=3), timeout=60)


def test_an_unhealthy_container_fails_at_once() -> None:
    with pytest.raises(Hopeless):
        wait(container(health="unhealthy", said="curl: (7) refused\n"), timeout=60)


def test_a_container_that_is_gone_fails_at_once() -> None:
    with pytest.raises(Hopeless):
        wait(container(), None, timeout=60)


def test_the_time_limit_is_kept() -> None:
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        wait(container(), timeout=0.3)
    assert time.monotonic() - begin < 60


def test_a_container_without_a_healthcheck_is_never_taken_for_healthy() -> None:
    with pytest.raises(TimeoutError):
        wait(container(health=None), timeout=0.2)
