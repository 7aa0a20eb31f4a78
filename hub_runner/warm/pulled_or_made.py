"""One prepared database that is missing: pulled from the registry or installed, by one of the runs that miss it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable

from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.observers import Observers
from hub_runner.settings import Settings
from hub_runner.text import counted, listed
from hub_runner.warm import making, store, tree
from hub_runner.warm.making import Order
from hub_runner.warm.recipe import Recipe, utc_today
from hub_runner.warm.registry import Sharing
from hub_runner.warm.store import PreparedDatabase

WAITING = "Another run prepares the same database: waiting for it."


def made(recipe: Recipe, names: tuple[str, ...], environment: Environment, settings: Settings) -> PreparedDatabase:
    """The prepared database of this recipe: pulled or made. Of those that miss the same one, one does it, the others wait.

    ``names`` are the modules for which it is made. Raises EnvironmentFailure.
    """
    note, engine = environment.observers.note, environment.engine
    sharing = Sharing.of(settings, environment)
    push_later = False
    turn = store.IMAGES.turn(_turn(recipe, engine, settings), lambda: note(WAITING), patience=making.INSTALL)
    with turn, contextlib.ExitStack() as held:
        if database := store.find(engine, recipe.key):
            return database
        if not (database := sharing.pull(recipe)):
            parent = best_parent(engine, recipe)
            parent = sharing.smaller(recipe, parent) or parent
            if parent:
                held.enter_context(store.IMAGES.in_use(parent.key))
                parent = store.find(engine, parent.key)  # it may have been removed just before it was held
            order = Order(recipe=recipe, names=names, parent=parent)
            note(announcement(order, engine))
            making.make(order, environment, settings)
        evict(engine, settings, environment.observers, keep=recipe.key)
        if not database:
            database = store.find(engine, recipe.key)
            if not database:
                raise EnvironmentFailure("somebody removed the prepared database as soon as it was made")
            if settings.cache_push and settings.engines:  # those of other engines wait for it
                sharing.push(database)
            push_later = settings.cache_push and not settings.engines
    if push_later:
        sharing.push(database)
    return database


def _turn(recipe: Recipe, engine: Engine, settings: Settings) -> str:
    """For what runs of this host wait for each other. Each of several engines makes its own: none waits for another one.

    Unless it is pushed: then one engine makes it, and the others pull what that one has pushed.
    """
    pushed = settings.cache_registry and settings.cache_push
    return f"{recipe.key}-{engine.identity()}" if settings.engines and not pushed else recipe.key


def pulled(recipe: Recipe, environment: Environment, settings: Settings) -> PreparedDatabase | None:
    """The prepared database of this recipe, if it is here or in the registry."""
    note = environment.observers.note
    engine = environment.engine
    with store.IMAGES.turn(_turn(recipe, engine, settings), lambda: note(WAITING), patience=making.INSTALL):
        if database := store.find(engine, recipe.key) or Sharing.of(settings, environment).pull(recipe):
            evict(engine, settings, environment.observers, keep=recipe.key)
        return database


def named_for(modules: Collection[str], asked: Iterable[str]) -> tuple[str, ...]:
    """What a shared database is called: those of its modules that somebody asked for, else all of them; sorted."""
    return tuple(sorted(set(asked) & set(modules)) or sorted(modules))


def announcement(order: Order, engine: Engine) -> str:
    """What is made, from what, and how long it may take."""
    work = f"{counted(len(order.installs), 'module')} to install" if order.installs else "web assets to build"
    begun = f" on top of {', '.join(listed(order.parent.label['names'], 3))}" if order.parent else ""
    per_module = [it.label.get("seconds", 0.0) / max(len(it.modules), 1) for it in store.databases(engine) if not it.parent]
    about = (
        f", about {sum(per_module) / len(per_module) * len(order.installs) + 5:.0f} s"
        if per_module and order.installs
        else ""
    )
    names = ", ".join(listed(order.names, 3))
    return f"Preparing a database with {names}, once: {work}{begun}{about}. Later runs start from it."


def best_parent(engine: Engine, recipe: Recipe) -> PreparedDatabase | None:
    """The biggest prepared database of the family that holds nothing beyond the recipe."""
    family = {it.asked_for: it for it in store.of_family(engine, recipe.family)}
    best = tree.parent_of(frozenset(recipe.modules), family)
    return family[best] if best else None


def evict(engine: Engine, settings: Settings, observers: Observers, *, keep: str) -> None:
    for gone in store.evict(engine, settings.cache_limit, today=utc_today(), keep=keep):
        observers.note(f"Removed a prepared database, to keep within cache-limit or because its day is over: {gone}")
