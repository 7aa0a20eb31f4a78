"""A run starts from a prepared database, or cold and with a word on why."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_runner.errors import Interrupted
from hub_runner.host.signals import held
from hub_runner.observers import Observer, Observers
from hub_runner.warm import start
from hub_runner.warm.inventory import Addon
from hub_runner.warm.start import Start, started_from, warm_start
from hub_runner.warm.store import PreparedDatabase
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE
from tests.unit.warm.worlds import World, world

ADDON: Addon = {"depends": ["base"], "auto_install": False, "installable": True, "countries": []}
DATABASE = PreparedDatabase(key="0123456789abcdef", image="sha256:prepared", size=1, made=0, used=0, label=label_of(RECIPE))


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


def test_the_launcher_is_told_what_the_database_holds(tmp_path: Path) -> None:
    environment = world(tmp_path).environment
    assert Start(environment=environment, database=None).mode == ("fresh",)
    assert Start(environment=environment, database=DATABASE).mode == ("prepared",)
    assert Start(environment=environment, database=DATABASE, late=("a", "b")).mode == ("prepared", "late=a,b")


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
