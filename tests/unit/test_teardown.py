from __future__ import annotations

import time

import pytest

from hub_runner.engine import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.teardown import Cleanup, teardown


def test_a_clean_end_says_what_was_verified() -> None:
    cleanup = Cleanup("p", removed=["container p-odoo-1", "volume p_data"])
    assert cleanup.is_clean
    assert str(cleanup) == "verified: nothing of p is left in the engine (removed 2)"


def test_a_run_that_met_no_engine_claims_to_have_verified_nothing() -> None:
    assert str(Cleanup("p", idle=True)) == "not needed: nothing was started"


@pytest.mark.parametrize(
    ("resource", "command"),
    [
        ("container p-odoo-1", "docker rm --force --volumes p-odoo-1"),
        ("network p_default", "docker network rm p_default"),
        ("volume p_data", "docker volume rm p_data"),
    ],
)
def test_what_is_left_is_named_with_the_reason_and_the_command_to_try(resource: str, command: str) -> None:
    cleanup = Cleanup("p", left={resource: "it is in use by somebody"})
    assert not cleanup.is_clean
    assert f"{resource} (it is in use by somebody)" in str(cleanup)
    assert f"  {resource}: it is in use by somebody\n    try: {command}" in cleanup.advice()


def test_an_engine_that_stays_away_is_no_clean_end_and_no_endless_one() -> None:
    looks: list[float] = []

    def look(timeout: float) -> Engine:
        looks.append(timeout)
        raise EnvironmentFailure("No Docker engine answers.")

    begin = time.monotonic()
    cleanup = teardown("hub-runner-never", patience=0.5, look=look)
    assert not cleanup.is_clean
    assert "not verified, the engine did not answer: No Docker engine answers." in str(cleanup)
    assert len(looks) > 1, "it asked again"
    assert time.monotonic() - begin < 10
