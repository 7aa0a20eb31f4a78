from __future__ import annotations

import copy
import itertools
import time
from typing import Any, cast

import pytest

from hub_runner.engine.container import Container
from hub_runner.engine.health import Hopeless, eager, seconds, wait_until_healthy
from hub_runner.engine.model import Model


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


def model(**healthcheck: Any) -> Model:
    return cast(Model, {"name": "x", "services": {"odoo": {"image": "odoo:18.0", "healthcheck": healthcheck}}})


def check_of(model: Model) -> dict[str, Any]:
    return dict(model["services"]["odoo"]["healthcheck"])


USUAL = model(test=["CMD", "curl"], interval="1s", retries=120)


def test_engine_25_asks_several_times_a_second_until_the_first_answer() -> None:
    assert check_of(eager(USUAL, "1.44"))["start_interval"] == "0.1s"


@pytest.mark.parametrize(
    ("depends_on", "interval"),
    [
        (None, "30s"),
        ({"db": {"condition": "service_started"}}, "30s"),
        ({"db": {"condition": "service_healthy"}}, "0.1s"),
    ],
)
def test_a_service_is_asked_so_often_only_where_another_one_waits_for_it(
    depends_on: dict[str, Any] | None, interval: str
) -> None:
    check = {"test": ["CMD", "x"]}
    services = {"odoo": {"healthcheck": check, "depends_on": depends_on}, "db": {"healthcheck": check}}
    after = eager(cast(Model, {"name": "x", "services": services}), "1.44")["services"]
    assert (after["odoo"]["healthcheck"]["start_interval"], after["db"]["healthcheck"]["start_interval"]) == (
        "0.1s",
        interval,
    )


@pytest.mark.parametrize("version", ["1.43", "1.24", "1.9"])
def test_compose_refuses_it_for_older_engines(version: str) -> None:
    assert eager(USUAL, version) == USUAL


@pytest.mark.parametrize(
    ("interval", "retries", "later", "tries"),
    [
        ("1s", 120, "5s", 24),
        ("2s", 3, "5s", 2),
        ("100ms", 5, "0.5s", 1),
        ("10s", 6, "10s", 6),
        ("0s", 3, "30s", 3),
        (None, None, "30s", 3),
    ],
)
def test_later_checks_are_rarer_and_wait_no_longer_for_an_answer(
    interval: str | None, retries: int | None, later: str, tries: int
) -> None:
    given = {key: value for key, value in {"interval": interval, "retries": retries}.items() if value}
    check = check_of(eager(model(test=["CMD", "x"], **given), "1.45"))
    assert (check["interval"], check["retries"]) == (later, tries)


def test_the_rest_of_a_check_stays_as_it_is() -> None:
    check = check_of(eager(model(test=["CMD", "curl"], timeout="7s"), "1.45"))
    assert (check["test"], check["timeout"]) == (["CMD", "curl"], "7s")


@pytest.mark.parametrize(
    ("interval", "retries", "period"),
    [("1s", 120, "30s"), ("100ms", 5, "0.5s"), ("2s", 3, "6s"), (None, None, "30s")],
)
def test_a_check_that_would_have_failed_soon_still_does(interval: str | None, retries: int | None, period: str) -> None:
    given = {key: value for key, value in {"interval": interval, "retries": retries}.items() if value}
    assert check_of(eager(model(test=["CMD", "x"], **given), "1.45"))["start_period"] == period


def test_a_longer_start_period_of_the_repositorys_own_is_kept() -> None:
    assert check_of(eager(model(test=["CMD", "x"], start_period="2m0s"), "1.45"))["start_period"] == "120s"


@pytest.mark.parametrize(
    "check", [{}, {"disable": True}, {"test": ["CMD", "x"], "start_interval": "3s"}], ids=["none", "disabled", "their own"]
)
def test_what_is_no_check_or_has_its_own_interval_is_left_alone(check: dict[str, Any]) -> None:
    assert check_of(eager(model(**check), "1.45")) == check


def test_the_model_that_was_given_is_not_changed() -> None:
    before = copy.deepcopy(USUAL)
    eager(USUAL, "1.45")
    assert before == USUAL


@pytest.mark.parametrize(
    ("text", "wanted"), [("1m30s", 90), ("250ms", 0.25), ("1h0m0.5s", 3600.5), ("0s", 0), ("1000000000ns", 1)]
)
def test_durations_are_read_as_compose_writes_them(text: str, wanted: float) -> None:
    assert seconds(text) == pytest.approx(wanted)
