"""Which modules Odoo installs in the end, read from its manifests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.warm import inventory
from hub_runner.warm.inventory import Addon, Inventory


def addon(*depends: str, auto: list[str] | None = None, countries: tuple[str, ...] = (), installable: bool = True) -> Addon:
    return {
        "depends": list(depends),
        "auto_install": False if auto is None else auto,
        "installable": installable,
        "countries": list(countries),
    }


ODOO = Inventory(
    modules={
        "base": addon(),
        "web": addon("base", auto=["base"]),
        "bus": addon("web", auto=["web"]),
        "mail": addon("bus"),
        "sms": addon("mail", "iap", auto=["mail"]),
        "iap": addon("web"),
        "sale": addon("mail"),
        "stock": addon("mail"),
        "sale_stock": addon("sale", "stock", auto=["sale", "stock"]),
        "l10n_xx": addon("sale", auto=["sale"], countries=("xx",)),
        "broken": addon("base", auto=["base"], installable=False),
        "all_auto": addon("base", auto=[]),
    }
)
ALWAYS = {"base", "web", "bus", "all_auto"}


def test_base_and_web_are_one_and_the_same() -> None:
    assert ODOO.closure(("base",)) == ODOO.closure(("web",)) == ODOO.closure(()) == ALWAYS


def test_a_module_brings_what_it_needs_and_what_comes_along_with_its_own_needs() -> None:
    assert ODOO.closure(("mail",)) == ALWAYS | {"mail", "sms", "iap"}


def test_what_needs_two_comes_along_only_with_both() -> None:
    assert "sale_stock" not in ODOO.closure(("sale",))
    assert "sale_stock" in ODOO.closure(("sale", "stock"))


BOOKS = Inventory(
    modules={
        **ODOO.modules,
        "product": addon("mail"),
        "account": addon("product"),
        "account_payment": addon("account", auto=["account"]),
        "invoicing": addon("sale", "account_payment"),
    }
)


def test_without_demo_data_a_run_installs_account_and_what_needs_it_itself() -> None:
    """On a fresh database the chart of accounts is loaded after the tested module; a prepared one had it before."""
    needed = BOOKS.closure(("invoicing",))
    assert needed >= {"account", "account_payment", "invoicing", "sale", "product"}
    assert BOOKS.prepared(needed, demo=True) == needed
    assert BOOKS.prepared(needed, demo=False) == needed - {"account", "account_payment", "invoicing"}


def test_without_account_demo_data_makes_no_difference_to_what_is_prepared() -> None:
    needed = BOOKS.closure(("sale", "stock"))
    assert BOOKS.prepared(needed, demo=False) == needed


def test_what_brings_account_along_is_not_prepared_without_demo_data_either() -> None:
    known = Inventory(modules={**BOOKS.modules, "bridge": addon("sale", "account", auto=["sale"])})
    assert known.prepared(known.closure(("sale",)), demo=False) == ALWAYS


def test_what_a_hook_had_installed_is_late_and_what_a_country_brought_along_is_not() -> None:
    books = {"l10n_yy": addon("account", "base_vat", auto=["account"], countries=("yy",)), "base_vat": addon("base")}
    known = Inventory(modules={**BOOKS.modules, **books, "checks": addon("account"), "checks_more": addon(auto=["checks"])})
    asked = known.closure(("account",))
    assert known.late(asked, asked) == ()
    assert known.late(asked, asked | {"l10n_yy", "base_vat"}) == ()
    assert known.late(asked, asked | {"l10n_yy", "base_vat", "checks", "checks_more"}) == ("checks", "checks_more")


def test_what_one_country_alone_brings_along_is_left_out_unless_it_is_asked_for() -> None:
    assert "l10n_xx" not in ODOO.closure(("sale",))
    assert "l10n_xx" in ODOO.closure(("l10n_xx",))


def test_a_module_that_this_odoo_lacks_is_named() -> None:
    with pytest.raises(EnvironmentFailure, match="no module hr"):
        ODOO.closure(("hr",))


def test_an_inventory_is_kept_for_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    report = json.dumps({"modules": {"base": addon()}, "unknown_order": "why"}).encode()
    assert inventory.load("name") is None
    inventory.keep("name", report)
    found = inventory.load("name")
    assert found == Inventory(modules={"base": addon()}, unknown_order="why")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"modules": {"base": {}}, "unknown_order": ""}', "nonsense"])
def test_a_file_that_cannot_be_read_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: Any) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    inventory.keep("name", text.encode())
    assert inventory.load("name") is None


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    inventory.keep("name", b"{}")
    assert inventory.load("name") is None
