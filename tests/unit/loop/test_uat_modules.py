"""What a start of the lasting environment does with modules that are no longer as its database has them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.loop import uat_modules
from hub_runner.loop.uat_modules import Noted, install_or_update
from hub_runner.settings import Settings


class Database:
    """What is noted in it, what was said, and with which modules Odoo was called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, present: Noted) -> None:
        self.noted, self.said, self.calls = present, list[str](), list[tuple[list[str], list[str]]]()
        monkeypatch.setattr(uat_modules, "_state", lambda environment: self.noted)
        monkeypatch.setattr(uat_modules, "_odoo", self.odoo)

    def odoo(self, environment: object, settings: object, noted: Noted, database: str, **modules: list[str]) -> None:
        self.noted = noted
        self.calls.append((modules["installed"], modules["updated"]))

    def start(
        self, *wanted: str, update: bool = True, everything: bool = False, image: str = "odoo:18.0", **digests: str
    ) -> None:
        environment = SimpleNamespace(observers=SimpleNamespace(note=self.said.append))
        settings = Settings(root=Path("/checkout"))
        install_or_update(
            cast(Any, environment), settings, wanted, digests, image=image, everything=everything, update=update
        )


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    """It holds ``rock``, and ``stone`` that ``rock`` needs."""
    return Database(monkeypatch, {"everything": False, "modules": {"rock": "1", "stone": "1"}, "image": "odoo:18.0"})


def test_a_module_that_is_not_named_is_brought_up_to_date_too(database: Database) -> None:
    database.start("third", rock="2", stone="1", third="1")
    assert database.calls == [(["third"], ["rock"])]
    assert database.noted["modules"] == {"rock": "2", "stone": "1", "third": "1"}


def test_a_dependency_that_has_changed_is_brought_up_to_date(database: Database) -> None:
    database.start("rock", "stone", rock="1", stone="2")
    assert database.calls == [([], ["stone"])]


def test_a_start_without_an_update_says_which_modules_have_changed_named_or_not(database: Database) -> None:
    database.start("third", update=False, rock="2", stone="1", third="1")
    assert database.said == ["Not as in the checkout: rock, third. `uat start --update` brings them up to date."]
    assert database.calls == []


@pytest.mark.parametrize("update", [True, False])
def test_a_module_that_is_gone_from_the_checkout_is_named(database: Database, update: bool) -> None:
    database.start("rock", update=update, rock="1")
    assert database.said == [
        "Installed earlier, and no longer in the checkout: stone. Odoo cannot load them: bring them back."
    ]
    assert database.calls == []


def test_nothing_to_do_is_said(database: Database) -> None:
    database.start("rock", "stone", rock="1", stone="1")
    assert database.said == ["All modules are up to date."]


def test_a_database_that_another_image_has_made_is_spoken_of(database: Database) -> None:
    database.start("rock", "stone", update=False, image="odoo:19.0", rock="1", stone="1")
    assert database.said[0].startswith("!! The database was made by odoo:18.0, and Odoo is odoo:19.0 now.")


def test_a_database_of_an_earlier_version_does_not_say_which_image_has_made_it(database: Database) -> None:
    del database.noted["image"]
    database.start("rock", "stone", update=False, image="odoo:19.0", rock="1", stone="1")
    assert database.said == []
