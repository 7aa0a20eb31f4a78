"""Several modules of one command: what is made for all of them, by whom, and what a run does while another one makes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import docker.errors
import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.observers import Observer, Observers
from hub_runner.warm import command_tree, store
from hub_runner.warm.inventory import Addon, Inventory
from hub_runner.warm.label import checked
from hub_runner.warm.recipe import Recipe, recipe_of
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE
from tests.unit.warm.worlds import World, world


def addon(*depends: str) -> Addon:
    return {"depends": list(depends), "auto_install": False, "installable": True, "countries": []}


KNOWN = Inventory(
    modules={
        "base": addon(),
        "web": addon("base"),
        "mail": addon("web"),
        "hr": addon("web"),
        **{name: addon("hr") for name in ("skills", "holidays", "expense")},
        "courses": addon("skills"),
    }
)
Database = tuple[tuple[str, ...], bool]  # its modules, and whether it has web assets
BASE, WEB, MAIL = ("base",), ("base", "web"), ("base", "mail", "web")


@dataclass
class Machine(Observer):
    """The prepared databases that are there, and those that another run makes: each look at them may be its last."""

    it: World
    there: list[Database] = field(default_factory=list)
    others: dict[Database, int] = field(default_factory=dict)  # what others make, and after how many looks it is there
    made: list[Database] = field(default_factory=list)
    names: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failing: dict[Database, Exception] = field(default_factory=dict)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def make(self, recipe: Recipe, names: tuple[str, ...], *_: object) -> Database:
        database = (recipe.modules, recipe.assets)
        if error := self.failing.get(database):
            raise error
        if database in self.others:  # it waits
            del self.others[database]
        elif database not in self.there:
            self.made.append(database)
            self.names.append(names)
        self.there.append(database)
        return database

    def is_being_made(self, recipe: Recipe) -> bool:
        database = (recipe.modules, recipe.assets)
        if self.others.get(database) == 0:
            del self.others[database]
            self.there.append(database)
        elif database in self.others:
            self.others[database] -= 1
        return database in self.others

    def run(self, wanted: str, *, pages: bool = False, beside: tuple[tuple[str, bool], ...] = (), engines: str = "") -> None:
        plan, environment = self.it.plan, replace(self.it.environment, observers=Observers([self]))
        beside_it = tuple(((name,), with_pages) for name, with_pages in beside)
        settings = replace(plan.settings, engines=tuple(engines.split()))
        closure = replace(plan.closure, core=(wanted,))
        plan = replace(plan, beside=beside_it, asks_for_pages=pages, settings=settings, closure=closure)
        recipe = recipe_of(plan, environment, KNOWN.closure((wanted,)))
        command_tree.made_in_tree(recipe, plan, KNOWN, environment)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    it = Machine(world(tmp_path))
    by_key: dict[str, Recipe] = {}

    def of_family(engine: object, family: str) -> Iterator[SimpleNamespace]:
        return (SimpleNamespace(asked_for=frozenset(modules)) for modules, _ in it.there)

    def known(recipe: Recipe) -> str:
        by_key[recipe_key(recipe)] = recipe
        return recipe_key(recipe)

    recipe_key: Callable[[Recipe], str] = Recipe.key.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Recipe, "key", property(known))
    monkeypatch.setattr(store, "of_family", of_family)
    monkeypatch.setattr(store, "find", lambda engine, key: (by_key[key].modules, by_key[key].assets) in it.there or None)
    monkeypatch.setattr(command_tree, "made", it.make)
    monkeypatch.setattr(command_tree, "pulled", lambda *_: None)
    monkeypatch.setattr(store, "IMAGES", SimpleNamespace(is_being_made=lambda key: it.is_being_made(by_key[key])))
    return it


def test_what_other_modules_of_the_command_need_as_well_is_made_first(machine: Machine) -> None:
    machine.run("mail", pages=True, beside=(("mail", True), ("web", False), ("unknown", False)))
    assert machine.made == [(WEB, False), (MAIL, True)]
    assert machine.names == [("web",), ("mail",)]
    assert machine.notes == [
        "2 prepared databases of this command's modules are missing: "
        "3 installations of Odoo's modules in a tree, 5 without one."
    ]


def test_a_database_for_more_than_three_modules_of_the_command_is_found_again(machine: Machine) -> None:
    """Its label held "... and 1 more" for the name of a module, and was refused: it was made for nothing, run after run."""
    machine.run("courses", beside=tuple((name, False) for name in ("base", "web", "hr", "skills", "courses")))
    assert ("base", "hr", "skills", "web") in machine.names
    assert all(_is_sound(names) for names in machine.names)


def _is_sound(names: tuple[str, ...]) -> bool:
    return checked(json.dumps(label_of(RECIPE, names=list(names))), RECIPE.key) is not None


def test_while_another_run_makes_it_what_other_modules_need_is_made_the_longest_work_first(machine: Machine) -> None:
    machine.there, machine.others = [(WEB, False)], {(MAIL, False): 9}
    machine.run("mail", beside=(("mail", False), ("hr", False), ("web", True)))
    assert machine.made == [(WEB, True), (("base", "hr", "web"), False)], "web assets take as long as ten modules"
    assert sum("meanwhile" in note for note in machine.notes) == 2


def test_as_soon_as_it_is_there_the_run_goes_on(machine: Machine) -> None:
    machine.there, machine.others = [(WEB, False)], {(MAIL, False): 0}
    machine.run("mail", beside=(("hr", False), ("web", True)))
    assert machine.made == []


def test_what_begins_from_something_that_is_missing_waits(machine: Machine) -> None:
    machine.others = {(BASE, False): 9}
    machine.run("web", beside=(("base", False), ("web", False), ("mail", False)))
    assert machine.made == [(WEB, False)], "mail begins from what this run makes for itself"


def test_what_others_make_just_now_is_left_to_them(machine: Machine) -> None:
    machine.there, machine.others = [(WEB, False)], {(MAIL, False): 9, (WEB, True): 9}
    machine.run("mail", beside=(("web", True),))
    assert machine.made == []


@pytest.mark.parametrize("error", [EnvironmentFailure("it cannot be installed"), docker.errors.APIError("no space left")])
def test_a_failure_there_is_said_by_its_own_run_alone(machine: Machine, error: Exception) -> None:
    machine.there, machine.others, machine.failing = [(WEB, False)], {(MAIL, False): 9}, {(WEB, True): error}
    machine.run("mail", beside=(("hr", False), ("web", True)))
    assert machine.made == [(("base", "hr", "web"), False)]


def test_with_several_engines_nobody_knows_what_is_needed_here(machine: Machine) -> None:
    machine.there, machine.others = [(WEB, False)], {(MAIL, False): 9}
    machine.run("mail", beside=(("hr", False),), engines="default builder-1")
    assert machine.made == []
