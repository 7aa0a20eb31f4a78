"""What `prepare` makes, in which order, and what it says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.settings import Settings, load
from hub_runner.warm import prepare, store
from hub_runner.warm.inventory import Inventory
from hub_runner.warm.prepare import Progress, Work, planned, prepare_modules, recipes_for
from hub_runner.warm.recipe import Recipe
from hub_runner.warm.store import PreparedDatabase
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_inventory import BOOKS, ODOO, addon
from tests.unit.warm.worlds import World, world

HTTP = "class TestPage(HttpCase):\n    def test_page(self): ...\n"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "known_modules", lambda *_: ODOO)


def worlds(root: Path, *depends: str, tests: str = "") -> list[World]:
    return [world(root / str(number), depends=it, tests=tests) for number, it in enumerate(depends)]


def work_of(found: list[World], *there: PreparedDatabase) -> Work:
    return planned([it.plan for it in found], found[0].environment, there)


def kept(recipe: Recipe) -> PreparedDatabase:
    return PreparedDatabase(key=recipe.key, image="", size=0, made=0, used=0, label=label_of(recipe))


def all_of(work: Work) -> list[Recipe]:
    return [recipe for step in work.steps for recipe in work.recipes[step.modules]]


def test_modules_of_which_odoo_installs_the_same_share_one_database(tmp_path: Path) -> None:
    work = work_of(worlds(tmp_path, "'base'", "'web'", "'bus'"))
    assert len(all_of(work)) == 1
    assert str(work) == "1 database to prepare for 3 modules: 4 installations of Odoo's modules in a tree, 4 without one."


def test_the_smaller_one_is_made_first_and_the_bigger_one_begins_from_it(tmp_path: Path) -> None:
    work = work_of(worlds(tmp_path, "'sale'", "'mail'"))
    assert [work.names[step.modules] for step in work.steps] == [("mail",), ("sale",)]
    assert (work.installs, work.apart) == (8, 15)


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    found = worlds(tmp_path, "'mail'")
    (recipe,) = all_of(work_of(found))
    assert str(work_of(found, kept(recipe))) == "All prepared databases for 1 module are there."


def test_what_is_there_is_begun_from(tmp_path: Path) -> None:
    found = worlds(tmp_path, "'mail'", "'sale'")
    mail = all_of(work_of(found))[0]
    assert work_of(found, kept(mail)).installs == 1


def test_a_database_that_is_there_without_assets_costs_no_install_with_them(tmp_path: Path) -> None:
    plain = worlds(tmp_path / "plain", "'mail'")
    there = kept(all_of(work_of(plain))[0])
    work = work_of(worlds(tmp_path / "http", "'mail'", tests=HTTP), there)
    assert [recipe.assets for recipe in all_of(work)] == [True]
    assert work.installs == 0


def test_both_variants_are_made_the_plain_one_first(tmp_path: Path) -> None:
    found = [*worlds(tmp_path / "http", "'mail'", tests=HTTP), *worlds(tmp_path / "plain", "'mail'")]
    assert [recipe.assets for recipe in all_of(work_of(found))] == [False, True]


def test_what_a_run_without_demo_data_installs_itself_is_not_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "known_modules", lambda *_: BOOKS)
    found = world(tmp_path, depends="'account', 'sale'", demo="off")
    (recipe,) = all_of(work := work_of([found]))
    assert {"account", "account_payment"}.isdisjoint(recipe.modules)
    assert work.names[frozenset(recipe.modules)] == ("sale",)


def test_a_module_that_cannot_start_warm_is_named_and_stops_nobody(tmp_path: Path) -> None:
    work = work_of(worlds(tmp_path, "'hr'", "'mail'"))
    assert work.skipped == {"probe": "this Odoo has no module hr"}
    assert len(all_of(work)) == 1


def test_an_odoo_whose_order_is_not_known_has_nothing_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "known_modules", lambda *_: Inventory(modules={"base": addon()}, unknown_order="no phase"))
    with pytest.raises(EnvironmentFailure, match="no phase"):
        work_of(worlds(tmp_path, "'base'"))


def test_a_module_that_is_tested_with_demo_data_and_without_has_both_databases_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bool, bool]] = []

    def made(recipe: Recipe, names: tuple[str, ...], environment: Environment, settings: Settings) -> str:
        asked.append((recipe.demo, settings.with_demo))
        return "a database"

    found = world(tmp_path, demo="both")
    monkeypatch.setattr(prepare, "made", made)
    monkeypatch.setattr(store, "databases", lambda _: [])
    monkeypatch.setattr(prepare, "plans", lambda *_, **__: [found.plan])
    monkeypatch.setattr(prepare, "with_environment", lambda _plan, _arrived, _say, work: work(found.environment))
    assert prepare_modules(("probe",), found.plan.settings, command=(), say=print) == 0
    assert asked == [(True, True), (False, False)]
    assert [recipe.demo for recipe in recipes_for([found.plan], found.environment)] == [True, False]


@pytest.mark.parametrize("flags", [{"cold": "true"}, {"cache_limit": "0"}])
def test_what_no_run_starts_from_is_not_made(tmp_path: Path, flags: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="there is none to make"):
        prepare_modules((), load(tmp_path, environ={}, flags=flags), command=(), say=print)


def test_now_and_then_a_line_says_which_module_of_how_many_is_installed() -> None:
    said: list[str] = []
    clock = iter((0.0, 1.0, 11.0, 11.0, 12.0))
    progress = Progress(said.append, clock=lambda: next(clock))
    for number in (1, 2, 3):
        progress.output(b"... odoo.modules.loading: Loading module mail (%d/27) \n" % number)
    assert said == ["  module 2 of 27: mail"]
