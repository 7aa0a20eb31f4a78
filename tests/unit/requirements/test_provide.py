from __future__ import annotations

import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.observers import Observers
from hub_runner.requirements import provide, store
from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.provide import equipped
from hub_runner.requirements.store import Derived
from hub_runner.requirements.system import SystemPackage
from hub_runner.requirements.wanted import Wanted
from hub_runner.settings import Settings
from tests.unit.requirements.images import image


def base_with(monkeypatch: pytest.MonkeyPatch, before: Inventory, after: Inventory) -> str:
    """The image to which prepared databases belong if a package of the system turns the image ``before`` into ``after``."""
    about = {"packages": {}, "names": [], "system": ["python3-phonenumbers"]}
    derived = Derived(key="0" * 32, size=0, used=0.0, about=about)
    environment = Environment(
        run_id="t",
        engine=cast(Engine, SimpleNamespace()),
        model={"name": "t", "services": {"odoo": {"image": "odoo:18.0"}}},
        environ={},
        observers=Observers([]),
    )
    monkeypatch.setattr(provide, "inventory", lambda _, name, __: before if name == "odoo:18.0" else after)
    monkeypatch.setattr(store, "find", lambda *_: derived)
    monkeypatch.setattr(type(store.IMAGES), "in_use", lambda *_: contextlib.nullcontext())
    wanted = Wanted(system=(SystemPackage(name="python3-phonenumbers", source="the setting"),))
    with equipped(environment, wanted, Settings(root=Path("/")), labels={}) as (found, packages):
        assert packages == ("python3-phonenumbers 8.12",)
        return found.odoo_base


def test_a_package_of_the_system_that_odoo_imports_has_prepared_databases_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = image(importable=["odoo"], odoo_imports=["phonenumbers", "requests"])
    after = image(importable=["odoo", "phonenumbers"], packages={"python3-phonenumbers": "8.12"})
    assert base_with(monkeypatch, before, after) == ""


def test_a_package_of_the_system_that_brings_nothing_odoo_imports_shares_them(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image(importable=["odoo"], odoo_imports=["phonenumbers", "requests"])
    after = image(importable=["odoo", "other"], packages={"python3-phonenumbers": "8.12"})
    assert base_with(monkeypatch, before, after) == "odoo:18.0"


def test_if_nobody_found_what_odoo_imports_each_package_may_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    after = image(packages={"python3-phonenumbers": "8.12"})
    assert base_with(monkeypatch, image(), after) == ""
