from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.checkout.closure import Closure, automatic, closure, left_out
from hub_runner.checkout.modules import catalogue
from hub_runner.errors import UsageError
from tests.conftest import write_module


def closed(addons: Path, name: str, image: str = "odoo:18.0") -> Closure:
    modules = catalogue([addons])
    return closure([modules.find(name)], modules, image)


def noted(addons: Path, name: str) -> list[str]:
    """What a run of the module ``name`` says of modules that it leaves out."""
    modules = catalogue([addons])
    return list(left_out(closed(addons, name), modules, automatic(modules)))


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
    with pytest.raises(
        UsageError, match=r"middle/__manifest__\.py: middle depends on 'mial'\. It is neither in this checkout"
    ):
        closed(addons, "top")


def test_all_dependencies_that_nobody_has_are_named_at_once(addons: Path) -> None:
    depend(addons, "top", "middle", "slae")
    depend(addons, "middle", "mial")
    with pytest.raises(UsageError, match=r"top depends on 'slae'.*middle depends on 'mial'\. They are neither"):
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


def test_a_module_that_odoo_would_install_along_is_named_with_what_it_waits_for(addons: Path) -> None:
    depend(addons, "a", "base")
    depend(addons, "a_glue", "a", "mail", auto_install=True)
    (note,) = noted(addons, "a")
    assert note.startswith(f"Odoo installs a_glue ({addons / 'a_glue'}) by itself beside a once mail is installed; this run")


def test_only_the_dependencies_that_auto_install_lists_decide(addons: Path) -> None:
    depend(addons, "a", "base")
    depend(addons, "b", "base")
    depend(addons, "glue", "a", "b", auto_install=["a"])
    assert len(noted(addons, "a")) == 1
    assert noted(addons, "b") == []


@pytest.mark.parametrize(
    ("depends", "more"),
    [
        (("a", "b"), {"auto_install": True}),
        (("mail",), {"auto_install": True}),
        (("a",), {"auto_install": False}),
        (("a",), {"auto_install": True, "installable": False}),
    ],
    ids=["waits for a module that is not there", "waits for Odoo's own only", "not auto_install", "not installable"],
)
def test_a_module_that_odoo_would_not_install_along_is_not_named(
    addons: Path, depends: tuple[str, ...], more: dict[str, object]
) -> None:
    depend(addons, "a", "base")
    depend(addons, "b", "base")
    depend(addons, "glue", *depends, **more)
    assert noted(addons, "a") == []


def test_a_module_that_comes_along_anyway_is_not_left_out(addons: Path) -> None:
    depend(addons, "a", "glue")
    depend(addons, "glue", "base", auto_install=True)
    assert noted(addons, "a") == []


def test_a_broken_manifest_of_a_neighbour_is_no_concern_of_a_run(addons: Path) -> None:
    depend(addons, "a", "base")
    write_module(addons, "broken", "{'auto_install': True")
    assert noted(addons, "a") == []
    assert [module.name for module in closed(addons, "a").local] == ["a"]


def test_several_modules_have_one_closure(addons: Path) -> None:
    depend(addons, "a", "mail")
    depend(addons, "b", "c")
    depend(addons, "c", "sale")
    modules = catalogue([addons])
    both = closure([modules.find("a"), modules.find("b")], modules, "odoo:18.0")
    assert ([module.name for module in both.local], both.core) == (["a", "b", "c"], ("mail", "sale"))


def test_all_broken_manifests_are_told_at_once(addons: Path) -> None:
    depend(addons, "a", "b", "c")
    for name in ("b", "c"):
        (write_module(addons, name) / "__manifest__.py").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"b/__manifest__\.py, line 1.* \S+c/__manifest__\.py, line 1"):
        closed(addons, "a")


def test_a_name_that_was_two_says_that_a_comma_is_missing(addons: Path) -> None:
    (write_module(addons, "a") / "__manifest__.py").write_text("{'depends': ['base' 'mail']}", encoding="utf-8")
    found = catalogue([addons])
    with pytest.raises(
        UsageError, match=r"a depends on 'basemail' \(a comma is missing after 'base' in line 1\)\. It is neither"
    ):
        closure([found.find("a")], found, "odoo:18.0")
