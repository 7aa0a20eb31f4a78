from __future__ import annotations

import errno
import time
from collections.abc import Iterator

import docker.errors
import psutil
import pytest

from hub_runner.cleanup.teardown import Cleanup, teardown
from hub_runner.engine.client import Engine
from hub_runner.engine.resources import Resource
from hub_runner.errors import EnvironmentFailure


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

    def connector(timeout: float) -> Engine:
        looks.append(timeout)
        raise EnvironmentFailure("No Docker engine answers.")

    begin = time.monotonic()
    cleanup = teardown("hub-runner-never", patience=0.5, connector=connector)
    assert not cleanup.is_clean
    assert "not verified, the engine did not answer: No Docker engine answers." in str(cleanup)
    assert len(looks) > 1, "it asked again"
    assert time.monotonic() - begin < 60


def test_a_machine_that_is_short_of_open_files_for_a_while_is_cleaned_all_the_same() -> None:
    """`ulimit -n 30`: the teardown ended with a traceback, and only the guard cleaned up."""
    shortages = [OSError(errno.EMFILE, "Too many open files", "/x")] * 2

    def connector(timeout: float) -> Engine:
        if shortages:
            raise shortages.pop()
        return Scripted(("p_data",))

    cleanup = teardown("p", connector=connector)
    assert cleanup.is_clean
    assert cleanup.removed == ["volume p_data"]


def test_processes_that_cannot_be_listed_keep_nothing_from_being_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many() -> Iterator[psutil.Process]:
        raise OSError(errno.EMFILE, "Too many open files", "/proc")

    monkeypatch.setattr(psutil, "process_iter", too_many)
    assert teardown("p", connector=lambda timeout: Scripted(("p_data",))).removed == ["volume p_data"]


class Scripted(Engine):
    """An engine that shows one thing after the other, whatever is removed from it; then nothing, for ever."""

    def __init__(self, *shows: tuple[str, ...], slow: float = 0.0, stubborn: bool = False) -> None:
        self.shows, self.slow, self.stubborn, self.looks = list(shows), slow, stubborn, 0

    def of_run(self, project: str) -> list[Resource]:
        self.looks += 1
        names = self.shows.pop(0) if self.shows else ()
        return [Resource("volume", name, name, {}) for name in names]

    def remove(self, resource: Resource) -> None:
        time.sleep(self.slow)
        if self.stubborn:
            raise docker.errors.APIError("it will not go")

    def holders(self, resource: Resource) -> list[str]:
        return []


def test_a_removal_that_outlasts_the_limit_is_verified_all_the_same() -> None:
    engine = Scripted(("p_late",), ("p_in_flight",), slow=0.2)
    cleanup = teardown("p", limit=0.1, connector=lambda timeout: engine)
    assert cleanup.removed == ["volume p_late", "volume p_in_flight"]
    assert cleanup.is_clean


def test_a_slow_engine_is_asked_several_times_before_anything_counts_as_left() -> None:
    engine = Scripted(("p_data",), slow=0.2, stubborn=True)
    assert teardown("p", limit=0.1, connector=lambda timeout: engine).left == {"volume p_data": "it will not go"}
    assert engine.looks >= 3


def test_what_somebody_makes_again_and_again_is_no_endless_teardown_and_no_clean_end() -> None:
    engine = Scripted(*[("p_data",)] * 100)
    cleanup = teardown("p", limit=0, settled=True, connector=lambda timeout: engine)
    assert cleanup.left == {"volume p_data": "it comes back after each removal"}


def test_a_teardown_after_which_nothing_is_made_any_more_looks_once() -> None:
    engine = Scripted(("p_data",))
    assert teardown("p", settled=True, connector=lambda timeout: engine).is_clean
    assert engine.looks == 2


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_a_creation_that_completes_after_its_client_has_died_is_still_found(empty: int) -> None:
    engine = Scripted(("p_data",), *[()] * empty, ("p_in_flight",))
    assert teardown("p", connector=lambda timeout: engine).removed == ["volume p_data", "volume p_in_flight"]
