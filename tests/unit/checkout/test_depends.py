from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.checkout import modules
from hub_runner.checkout.modules import Closure, closure
from hub_runner.errors import UsageError
from tests.conftest import write_module


def closed(addons: Path, name: str, image: str = "odoo:18.0") -> Closure:
    return closure(modules.find(name, (addons,)), (addons,), image)


def depend(addons: Path, name: str, *others: str, **more: object) -> None:
    write_module(addons, name, repr({"name": name, "depends": list(others), **more}))


def test_local_dependencies_come_along_and_core_ones_are_named(addons: Path) -> None:
    depend(addons, "top", "middle", "mail")
    depend(addons, "middle", "bottom", "hr")
    depend(addons, "bottom")
    depend(addons, "stranger", "crm")
    found = closed(addons, "top")
    assert [module.name for module in found.local] == ["bottom", "middle", "top"]
    assert found.core == ("base", "hr", "mail")


def test_a_circle_ends(addons: Path) -> None:
    depend(addons, "hen", "egg")
    depend(addons, "egg", "hen")
    assert [module.name for module in closed(addons, "hen").local] == ["egg", "hen"]


def test_a_dependency_that_nobody_has_is_refused_with_who_wants_it(addons: Path) -> None:
    depend(addons, "top", "middle")
    depend(addons, "middle", "mial")
    with pytest.raises(UsageError, match=r"middle/__manifest__\.py: middle depends on 'mial', which is neither"):
        closed(addons, "top")


def test_a_dependency_on_enterprise_is_refused_on_a_community_image(addons: Path) -> None:
    depend(addons, "top", "account_accountant")
    with pytest.raises(UsageError, match=r"depends on 'account_accountant'.*Odoo 18\.0 Community's"):
        closed(addons, "top")


def test_an_image_of_ones_own_may_bring_modules_that_only_it_knows(addons: Path) -> None:
    depend(addons, "top", "account_accountant")
    assert closed(addons, "top", "registry.example/our-odoo:18").core == ("account_accountant",)


def test_a_series_that_is_not_known_yet_is_not_guessed_about(addons: Path) -> None:
    depend(addons, "top", "mail_of_tomorrow")
    assert closed(addons, "top", "odoo:98.0").core == ("mail_of_tomorrow",)


@pytest.mark.parametrize("image", ["odoo:18.0", "odoo:18.0-20250918", "library/odoo:18.0", "docker.io/library/odoo:18.0"])
def test_every_spelling_of_the_official_image_is_known(addons: Path, image: str) -> None:
    depend(addons, "top", "no_such_module")
    with pytest.raises(UsageError, match="no_such_module"):
        closed(addons, "top", image)


def test_a_broken_manifest_of_a_dependency_is_refused_by_its_file(addons: Path) -> None:
    depend(addons, "top", "broken")
    write_module(addons, "broken", "{")
    with pytest.raises(UsageError, match=r"broken/__manifest__\.py, line 1"):
        closed(addons, "top")


def test_a_dependency_that_cannot_be_installed_is_refused(addons: Path) -> None:
    depend(addons, "top", "old")
    depend(addons, "old", installable=False)
    with pytest.raises(UsageError, match="Odoo would ignore old silently"):
        closed(addons, "top")
