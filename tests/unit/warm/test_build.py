"""Where a cache is made, and what is not good enough to be kept."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.warm.build import sound, workshop_model
from tests.unit.warm.test_recipe import RECIPE
from tests.unit.warm.worlds import MODEL

INSTALLED = {"base": "installed", "mail": "installed", "web": "installed"}


def report(**changes: Any) -> dict[str, Any]:
    return {"modules": INSTALLED, "errors": 0, **changes}


def test_an_installation_that_left_nothing_to_wish_for_is_kept() -> None:
    assert sound(report(), RECIPE) == report()


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
        sound(report(**change), RECIPE)


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


def test_the_runs_own_model_is_not_changed() -> None:
    before = copy.deepcopy(MODEL)
    workshop_model(MODEL)
    assert before == MODEL
