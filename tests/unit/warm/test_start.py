"""A run starts from a prepared database, or cold and with a word on why."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_runner.errors import EnvironmentFailure, Interrupted
from hub_runner.host.signals import held
from hub_runner.result import Observer, Observers
from hub_runner.warm import start
from hub_runner.warm.start import Start, started_from, turn, warm_start
from hub_runner.warm.store import Label, PreparedDatabase
from tests.unit.warm.worlds import World, world

LABEL: Label = {
    "recipe": {"modules": ["base"], "demo": False, "languages": [], "assets": False, "odoo_args": [], "day": ""},
    "family": "family",
    "modules": ["base"],
    "names": ["base"],
    "below": 0,
}
DATABASE = PreparedDatabase(key="0123456789abcdef", image="sha256:prepared", size=1, made=0, used=0, label=LABEL)


class Notes(Observer):
    """Takes what a run notes, and nothing else."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


def noted(it: World) -> tuple[World, list[str]]:
    notes = Notes()
    return replace(it, environment=replace(it.environment, observers=Observers([notes]))), notes.texts


def test_the_database_starts_from_the_prepared_image_and_the_password_stays_the_runs_own(tmp_path: Path) -> None:
    environment = started_from(world(tmp_path).environment, DATABASE).environment
    assert environment.model["services"]["db"]["image"] == "hub-runner/cache:0123456789abcdef"
    assert environment.password == world(tmp_path / "again").environment.password


def test_nothing_else_of_the_model_changes(tmp_path: Path) -> None:
    before = world(tmp_path).environment
    after = started_from(before, DATABASE).environment.model
    after["services"]["db"]["image"] = before.model["services"]["db"]["image"]
    assert after == before.model


@pytest.mark.parametrize("flag", [{"cold": "true"}, {"cache_limit": "0"}], ids=["cold", "no room"])
def test_a_cold_start_that_was_asked_for_is_worth_no_word(tmp_path: Path, flag: dict[str, Any]) -> None:
    it, notes = noted(world(tmp_path, **flag))
    with warm_start(it.plan, it.environment) as found:
        assert (found, notes) == (Start(environment=it.environment, database=None), [])


def test_whatever_goes_wrong_the_run_starts_cold_and_says_why(tmp_path: Path) -> None:
    it, notes = noted(world(tmp_path))  # its engine can do nothing that a warm start needs
    with warm_start(it.plan, it.environment) as found:
        assert found == Start(environment=it.environment, database=None)
    assert notes[0].startswith("A cold start, because no prepared database could be had: ")


def test_an_interrupt_is_not_taken_for_a_reason_to_start_cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_start", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    it, notes = noted(world(tmp_path))

    def work() -> None:
        with warm_start(it.plan, it.environment):
            pytest.fail("the run went on")

    with pytest.raises(Interrupted), held() as arrived:
        arrived.interruptible(work)
    assert notes == []


def test_what_goes_wrong_in_the_run_itself_is_none_of_our_business(tmp_path: Path) -> None:
    it, notes = noted(world(tmp_path, cold="true"))
    with pytest.raises(KeyError, match="the run's own"), warm_start(it.plan, it.environment):
        raise KeyError("the run's own")
    assert notes == []


def test_of_two_that_miss_one_database_one_waits_and_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path))
    notes: list[str] = []
    waiting, order = threading.Event(), list[str]()

    def note(text: str) -> None:
        notes.append(text)
        waiting.set()

    def second() -> None:
        with turn("key", note):
            order.append("second")

    with turn("key", notes.append):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert notes == ["Another run prepares the same database: waiting for it."]


def test_one_that_makes_no_headway_does_not_hold_up_the_others_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been stopped (SIGSTOP); who waited starts cold then."""
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path))
    notes: list[str] = []
    late = pytest.raises(EnvironmentFailure, match="has been preparing it for")
    with turn("key", notes.append), late, turn("key", notes.append, patience=0.3):
        pytest.fail("two made the same database")


def test_those_that_miss_different_databases_do_not_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path))
    notes: list[str] = []
    with turn("one", notes.append), turn("another", notes.append):
        assert notes == []
