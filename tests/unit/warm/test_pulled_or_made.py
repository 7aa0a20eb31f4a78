"""One missing prepared database: who makes it, and for whom the others wait."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.observers import Observers
from hub_runner.settings import Settings, load
from hub_runner.warm import pulled_or_made, store
from hub_runner.warm.making import Order
from hub_runner.warm.recipe import Recipe
from hub_runner.warm.store import PreparedDatabase
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE

DATABASE = PreparedDatabase(key=RECIPE.key, image="sha256:made", size=1, made=0, used=0, label=label_of(RECIPE))


@dataclass
class Engine:
    """Which one it is, and what it is asked to do, in its order: in whose turn, made, pulled or pushed."""

    name: str = "one"
    there: bool = False
    shared: bool = False  # the registry has it
    trouble: bool = False  # it cannot be made
    told: list[str] = field(default_factory=list)

    # As an engine:
    def identity(self) -> str:
        return self.name

    # As hub_runner.warm.store:
    @property
    def IMAGES(self) -> Engine:  # noqa: N802  # the name that the store has for it
        return self

    @contextlib.contextmanager
    def turn(self, key: str, waiting: Callable[[], None], *, patience: float) -> Iterator[None]:
        self.told.append(f"turn {key.replace(RECIPE.key, 'KEY')}")
        try:
            yield
        finally:
            self.told.append("over")

    def find(self, *_: object) -> PreparedDatabase | None:
        return DATABASE if self.there else None

    def of_family(self, *_: object) -> list[PreparedDatabase]:
        return []

    databases = of_family

    def evict(self, *_: object, **__: object) -> list[PreparedDatabase]:
        return []

    # As hub_runner.warm.making:
    INSTALL = 1.0

    def make(self, *_: object) -> None:
        if self.trouble:
            raise EnvironmentFailure("Odoo could not install its modules")
        self.told.append("made")
        self.there = True

    # As hub_runner.warm.registry.Sharing:
    def of(self, *_: object) -> Engine:
        return self

    def pull(self, recipe: Recipe) -> PreparedDatabase | None:
        if self.shared:
            self.told.append("pulled")
        return DATABASE if self.shared else None

    def smaller(self, *_: object) -> None:
        return None

    def push(self, database: PreparedDatabase) -> None:
        self.told.append("pushed")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.chdir(tmp_path)
    played = Engine()
    for name in ("store", "making", "Sharing"):
        monkeypatch.setattr(pulled_or_made, name, played)
    return played


def settings(**changes: Any) -> Settings:
    return replace(load(Path.cwd(), environ={}, flags={}), **changes)


def environment(engine: Any) -> Environment:
    return cast(Environment, SimpleNamespace(engine=engine, observers=Observers([])))


SEVERAL: dict[str, Any] = {"engines": ("default", "builder-1")}
PUSHED: dict[str, Any] = {"cache_registry": "registry.example.org/hub-cache", "cache_push": True}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ["turn KEY", "made", "over"]),
        (SEVERAL, ["turn KEY-one", "made", "over"]),
        (SEVERAL | PUSHED | {"cache_push": False}, ["turn KEY-one", "made", "over"]),
        (SEVERAL | PUSHED, ["turn KEY", "made", "pushed", "over"]),
        (PUSHED, ["turn KEY", "made", "over", "pushed"]),
    ],
    ids=["one engine", "several", "with a registry", "and what is made is pushed", "nobody waits on one engine"],
)
def test_no_engine_waits_for_another_one_unless_that_one_pushes_what_it_makes(
    engine: Engine, changes: dict[str, Any], told: list[str]
) -> None:
    """Twenty engines of one command made `base` one after the other."""
    assert pulled_or_made.made(RECIPE, ("mail",), environment(engine), settings(**changes)) is DATABASE
    assert engine.told == told


def test_what_another_engine_has_pushed_meanwhile_is_pulled_and_not_pushed_again(engine: Engine) -> None:
    """It was pushed after the turn: the next one looked before it was there, and made it again."""
    engine.shared = True
    pulled_or_made.made(RECIPE, ("mail",), environment(engine), settings(**SEVERAL | PUSHED))
    assert engine.told == ["turn KEY", "pulled", "over"]


def test_a_look_into_the_registry_waits_for_whoever_pushes_it_just_now(engine: Engine) -> None:
    assert pulled_or_made.pulled(RECIPE, environment(engine), settings(**SEVERAL | PUSHED)) is None
    assert pulled_or_made.pulled(RECIPE, environment(engine), settings(**SEVERAL)) is None
    assert engine.told == ["turn KEY", "over", "turn KEY-one", "over"]


def test_one_that_cannot_be_made_ends_its_turn_and_pushes_nothing(engine: Engine) -> None:
    engine.trouble = True
    with pytest.raises(EnvironmentFailure, match="could not install"):
        pulled_or_made.made(RECIPE, ("mail",), environment(engine), settings(**SEVERAL | PUSHED))
    assert engine.told == ["turn KEY", "over"]


def test_one_that_is_gone_as_soon_as_it_is_made_is_said_to_be(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find", lambda *_: None)
    with pytest.raises(EnvironmentFailure, match="somebody removed the prepared database as soon as it was made"):
        pulled_or_made.made(RECIPE, ("mail",), environment(engine), settings())


SMALL = replace(RECIPE, modules=("base",), assets=False)


def kept(recipe: Recipe, **label: Any) -> PreparedDatabase:
    return PreparedDatabase(key=recipe.key, image="", size=0, made=0, used=0, label=label_of(recipe, **label))


def announced(monkeypatch: pytest.MonkeyPatch, *names: str, parent: PreparedDatabase) -> str:
    monkeypatch.setattr(store, "databases", lambda engine: [kept(SMALL, seconds=9.0)])
    return pulled_or_made.announcement(Order(recipe=RECIPE, names=names, parent=parent), cast(Any, None))


def test_it_names_what_is_installed_on_top_of_what_and_about_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    text = announced(monkeypatch, "mail", parent=kept(SMALL, names=["base"]))
    assert text == (
        "Preparing a database with mail, once: 2 modules to install on top of base, about 23 s. Later runs start from it."
    )


def test_if_only_web_assets_are_missing_no_module_is_said_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = announced(monkeypatch, "mail", parent=kept(RECIPE))
    assert text == "Preparing a database with mail, once: web assets to build on top of mail. Later runs start from it."


def test_of_many_modules_three_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "with a, b, c, ... and 2 more, once" in announced(monkeypatch, "a", "b", "c", "d", "e", parent=kept(RECIPE))
