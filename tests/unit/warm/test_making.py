"""Where a prepared database is made, and what is not good enough to be kept."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, cast

import pytest

from hub_runner.cleanup.teardown import Cleanup
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.observers import Observers
from hub_runner.warm import making
from hub_runner.warm.making import Order, Report, sound, workshop_model
from hub_runner.warm.store import PreparedDatabase
from tests.unit.warm.test_recipe import RECIPE
from tests.unit.warm.worlds import MODEL

INSTALLED = {"base": "installed", "mail": "installed", "web": "installed"}
ORDER = Order(recipe=RECIPE, names=("mail",), parent=None)


def report(**changes: Any) -> Report:
    return cast(Report, {"modules": INSTALLED, "errors": 0, **changes})


def test_an_installation_without_any_fault_is_kept() -> None:
    assert sound(report(), ORDER) == report()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"errors": 1}, "1 errors were logged"),
        ({"modules": {**INSTALLED, "sms": "to install"}}, "not all modules were installed: sms"),
        ({"modules": {"base": "installed", "web": "installed"}}, "Odoo passed over mail"),
    ],
    ids=["errors", "unfinished", "missing"],
)
def test_anything_less_is_not_kept(change: dict[str, Any], words: str) -> None:
    with pytest.raises(EnvironmentFailure, match=words):
        sound(report(**change), ORDER)


def test_in_the_workshop_odoo_does_nothing_by_itself_and_takes_no_port() -> None:
    model = copy.deepcopy(MODEL)
    model["services"]["odoo"] |= {"ports": [{"published": "8090", "target": 8069}], "command": ["odoo"]}
    odoo = workshop_model(model)["services"]["odoo"]
    assert (odoo["entrypoint"], odoo["command"]) == (["sleep"], ["infinity"])
    assert "ports" not in odoo
    assert odoo["healthcheck"] == {"disable": True}


def test_the_workshops_database_is_the_runs_own_to_the_last_word() -> None:
    assert workshop_model(MODEL)["services"]["db"] == MODEL["services"]["db"]


def test_other_services_have_no_place_in_the_workshop() -> None:
    model = copy.deepcopy(MODEL)
    model["services"]["mailhog"] = {"image": "mailhog"}
    assert set(workshop_model(model)["services"]) == {"db", "odoo"}


def test_links_to_services_that_have_no_place_there_are_dropped() -> None:
    model = copy.deepcopy(MODEL)
    for name in ("db", "odoo"):
        model["services"][name] |= {"links": ["mailhog"]}
    assert not any("links" in service for service in workshop_model(model)["services"].values())


def test_the_runs_own_model_is_not_changed() -> None:
    before = copy.deepcopy(MODEL)
    workshop_model(MODEL)
    assert before == MODEL


def test_a_bigger_database_begins_from_the_image_of_the_smaller_one() -> None:
    assert workshop_model(MODEL, "hub-runner/cache:smaller")["services"]["db"]["image"] == "hub-runner/cache:smaller"


def test_only_what_the_smaller_one_lacks_is_installed() -> None:
    label: Any = {"modules": ["base", "web"]}
    smaller = PreparedDatabase(key="smaller", image="", size=0, made=0, used=0, label=label)
    assert Order(recipe=RECIPE, names=("mail",), parent=smaller).installs == ("mail",)
    assert ORDER.installs == ("base", "mail", "web")


@pytest.mark.parametrize(("code", "fails", "settled"), [(0, False, True), (0, True, False), (1, False, False)])
def test_one_look_proves_that_a_workshop_is_gone_only_if_all_went_well_in_it(
    monkeypatch: pytest.MonkeyPatch, code: int, fails: bool, settled: bool
) -> None:
    """After a failure a container may still be in the making, and appear a moment later."""
    seen: list[bool] = []

    def teardown(run_id: str, *, settled: bool) -> Cleanup:
        seen.append(settled)
        return Cleanup(run_id)

    nothing = cast(Any, None)
    monkeypatch.setattr(making, "teardown", teardown)
    monkeypatch.setattr(making, "connect", lambda timeout: nothing)
    monkeypatch.setattr(Environment, "up", lambda *_: code)
    monkeypatch.setattr(Environment, "why_not_up", lambda *_: ": the engine's disk is full")
    environment = Environment(run_id="r", engine=nothing, model=MODEL, password="", environ={}, observers=Observers([]))
    with contextlib.suppress(EnvironmentFailure), making._open_workshop(environment, MODEL):
        if fails:
            raise EnvironmentFailure("Odoo could not install its modules")
    assert seen == [settled]
