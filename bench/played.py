"""What takes time in a batch, played: the engines' images, the registry, and Odoo that installs modules.

What decides is not here: `bench/scale.py` puts this world below it, in the place of the engine, Docker's client and Odoo.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast
from unittest import mock

from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import Settings
from hub_runner.warm import command_tree, making, pulled_or_made
from hub_runner.warm import registry as warm_registry
from hub_runner.warm.label import Label
from hub_runner.warm.making import Order
from hub_runner.warm.recipe import Recipe, RecipeLabel
from hub_runner.warm.registry import CacheRegistry
from hub_runner.warm.store import PreparedDatabase

# From the labels of ten databases that a machine with two cores had made with Odoo 19.0 on 26 November 2026: base
# (14 modules) 16 to 22 s and 81 MB, mail (13 more) 14 s and 47 MB, contacts (1 more) 6 s and 58 MB, 6 more 7 s and 60 MB.
MAKE = 5.0  # seconds for a database, beside what it installs
INSTALL = 0.8  # seconds for each module of Odoo
LAYER = 55.0  # MB of a database that began from another one
FIRST_LAYER = 81.0  # MB of one that began from nothing
# Of Docker's pull and push of such layers with a registry on loopback (docs/registry.md: 25 s for 754 MB raw).
RATE = 30.0  # MB in a second
REQUEST = 0.01  # seconds for an answer of the registry


@dataclass
class PlayedEngine:
    """An engine's images, by the keys of the databases in them, each with the second from which it is there."""

    name: str
    images: dict[str, tuple[PreparedDatabase, float]] = field(default_factory=dict)

    def identity(self) -> str:
        return self.name


@dataclass
class World:
    """What is played. ``now`` is the second in which the current run is."""

    push: bool = False  # runs push what they make
    shared: dict[str, tuple[PreparedDatabase, float]] | None = None  # what the registry has; None: there is no registry
    now: float = 0.0
    labels: set[str] = field(default_factory=set)  # of the registry, that this user's cache has
    busy: dict[str, float] = field(default_factory=dict)  # until when somebody makes a database
    pulled: float = 0.0  # MB
    pushed: float = 0.0
    made: int = 0
    cold: int = 0  # runs that started cold

    # What hub_runner.warm.store has:

    @property
    def IMAGES(self) -> World:  # noqa: N802  # the name that the store has for it
        return self

    def databases(self, engine: PlayedEngine) -> list[PreparedDatabase]:
        return [database for database, since in engine.images.values() if since <= self.now]

    def of_family(self, engine: PlayedEngine, family: str) -> list[PreparedDatabase]:
        return self.databases(engine)

    def find(self, engine: PlayedEngine, key: str) -> PreparedDatabase | None:
        database, since = engine.images.get(key, (None, 0.0))
        return database if since <= self.now else None

    def evict(self, *_: object, **__: object) -> list[PreparedDatabase]:
        """Disks are large enough here: how large, is told."""
        return []

    def in_use(self, key: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def turn(self, key: str, waiting: Callable[[], None], *, patience: float) -> Iterator[None]:
        until = self.busy.get(key, 0.0)
        if until - self.now > patience:
            self.now += patience
            raise EnvironmentFailure("another run has been making the prepared database for too long")
        self.now = max(self.now, until)
        yield
        self.busy[key] = self.now

    # What hub_runner.warm.making has:

    INSTALL = making.INSTALL

    def make(self, order: Order, environment: Environment, settings: Settings) -> None:
        seconds = MAKE + INSTALL * len(order.installs)
        self.now, self.made = self.now + seconds, self.made + 1
        megabytes = LAYER if order.parent else FIRST_LAYER
        label: Label = {
            "recipe": cast(RecipeLabel, {**vars(order.recipe), "modules": list(order.recipe.modules)}),
            "family": order.recipe.family,
            "modules": list(order.recipe.modules),
            "names": list(order.names),
            "below": 0,
            "parent": order.parent.key if order.parent else "",
            "seconds": seconds,
        }
        key = order.recipe.key
        database = PreparedDatabase(key=key, image=key, size=int(megabytes * 1e6), made=0, used=0, label=label)
        _played(environment.engine).images[key] = (database, self.now)


@dataclass(frozen=True, kw_only=True)
class PlayedRegistry(CacheRegistry):
    """Which smaller one is taken is decided by what it inherits."""

    world: World

    def databases(self, prefix: str = "") -> list[tuple[str, Label]]:
        """Labels are asked for once."""
        there = [database for database, since in self._shared.values() if since <= self.world.now]
        new = {database.key for database in there} - self.world.labels
        self.world.labels |= new
        self.world.now += REQUEST * (1 + 2 * len(new))
        return [(database.key, database.label) for database in there]

    def pull(self, recipe: Recipe) -> PreparedDatabase | None:
        self.world.now += REQUEST
        database, since = self._shared.get(recipe.key, (None, 0.0))
        if not database or since > self.world.now:
            return None
        images, key = _played(self.engine).images, database.key
        while key and key not in images:
            self.world.now += self._shared[key][0].size / 1e6 / RATE
            self.world.pulled += self._shared[key][0].size / 1e6
            images[key] = (self._shared[key][0], self.world.now)
            key = self._shared[key][0].parent
        images[database.key] = (database, self.world.now)
        return database

    def push(self, database: PreparedDatabase) -> str:
        if database.key not in self._shared:
            self.world.now += database.size / 1e6 / RATE
            self.world.pushed += database.size / 1e6
            self._shared[database.key] = (database, self.world.now)
        return database.key

    @property
    def _shared(self) -> dict[str, tuple[PreparedDatabase, float]]:
        assert self.world.shared is not None
        return self.world.shared


def _played(engine: Engine) -> PlayedEngine:
    return cast(PlayedEngine, engine)


@contextlib.contextmanager
def put_in_place(world: World) -> Iterator[None]:
    def of(settings: Settings, engine: Engine, environ: Mapping[str, str]) -> CacheRegistry | None:
        if world.shared is None:
            return None
        return PlayedRegistry(name="played", engine=engine, environ=environ, seconds=60, world=world)

    with (
        mock.patch.object(command_tree, "store", world),
        mock.patch.object(pulled_or_made, "store", world),
        mock.patch.object(pulled_or_made, "making", world),
        mock.patch.object(warm_registry, "cache_registry", of),
    ):
        yield
