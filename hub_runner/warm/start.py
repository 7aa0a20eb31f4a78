"""What a run starts from: the prepared database that fits, made first if it is missing; or nothing, and a note says why."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import cast

from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DB, replaced
from hub_runner.errors import EnvironmentFailure
from hub_runner.observers import Observers
from hub_runner.plan import Plan
from hub_runner.settings import Settings
from hub_runner.text import counted, listed
from hub_runner.warm import inventory, store, tree, workshop
from hub_runner.warm.fitness import ImageConfig, built_by_compose, outside_of_volumes, unfit
from hub_runner.warm.inventory import Inventory
from hub_runner.warm.recipe import Recipe, canonical, odoo_image, preparation, recipe_of, utc_today
from hub_runner.warm.registry import Sharing
from hub_runner.warm.store import PreparedDatabase
from hub_runner.warm.tree import Modules
from hub_runner.warm.workshop import Order


@dataclass(frozen=True, kw_only=True)
class Start:
    """``environment`` is what the run starts; ``database`` the prepared one that is in it, None for a cold start."""

    environment: Environment
    database: PreparedDatabase | None

    def lay_out_files(self) -> None:
        """Gives Odoo the files of the prepared database's attachments, once the environment is up and before any test."""
        folder = self.database.label.get("filestore") if self.database else ""
        container = self.environment.engine.service(self.environment.run_id, DB)
        if folder and container:
            odoo = self.environment.odoo()["Id"]
            workshop.lay_out_files(self.environment.engine, folder, odoo=odoo, db=container["Id"])


@contextlib.contextmanager
def warm_start(plan: Plan, environment: Environment) -> Iterator[Start]:
    """The environment with a prepared database; as it was if there can be none.

    Nothing that goes wrong here ends a run: it starts cold then, and a note says why.
    """
    cold = start = Start(environment=environment, database=None)
    with contextlib.ExitStack() as held:
        try:
            if not plan.settings.cold and plan.settings.cache_limit:
                start = _start(plan, environment, held) or cold
        except Exception as error:  # noqa: BLE001  # whatever it was, a cold start goes without it
            environment.observers.note(f"A cold start, because no prepared database could be had: {error}")
        yield start


def _start(plan: Plan, environment: Environment, held: contextlib.ExitStack) -> Start | None:
    note = environment.observers.note
    fit = fitted(environment)
    if isinstance(fit, str):
        note(f"A cold start: {fit}.")
        return None
    known = known_modules(plan.settings, fit)
    if known.unknown_order:
        note(f"A cold start: in this Odoo the order in which modules are loaded is not known ({known.unknown_order}).")
        return None
    modules = known.closure(plan.closure.core)
    if why := shadowed(plan, modules):
        note(f"A cold start: {why}.")
        return None
    recipe = recipe_of(plan, fit, modules)
    held.enter_context(store.IMAGES.in_use(recipe.key))
    database = store.find(fit.engine, recipe.key) or made_in_tree(recipe, plan, known, fit)
    if why := shadowed(plan, database.modules):  # Odoo has installed more than it was asked for
        note(f"A cold start: {why}.")
        return None
    return started_from(fit, database)


def made_in_tree(recipe: Recipe, plan: Plan, known: Inventory, environment: Environment) -> PreparedDatabase:
    """Made from what other modules of the same command need as well, which is made first: nothing is installed twice."""
    others = set[Modules]()
    for names in plan.beside:
        with contextlib.suppress(EnvironmentFailure):  # its own run says what is wrong
            others.add(known.closure(names))
    modules = frozenset(recipe.modules)
    there = {database.asked_for for database in store.of_family(environment.engine, recipe.family)}
    steps = tree.steps({modules, *others}, there)
    if len(steps) > 1:
        if database := pulled(recipe, environment, plan.settings):  # then nothing smaller is missed
            return database
        environment.observers.note(
            f"{counted(len(steps), 'prepared database')} of this command's modules are missing: "
            f"{sum(step.installs for step in steps)} installations of Odoo's modules in a tree, "
            f"{sum(map(len, {modules, *others} - there))} without one."
        )
    *way, _ = tree.way_to(modules, steps)
    for smaller in way:
        asked = sorted({name for names in plan.beside for name in names} & smaller) or sorted(smaller)
        made(recipe.holding(smaller, assets=False), tuple(listed(asked, 3)), environment, plan.settings)
    return made(recipe, plan.closure.core, environment, plan.settings)


def shadowed(plan: Plan, modules: Collection[str]) -> str:
    """Why a database with these modules does not suit the run: the checkout has some of their names; empty if it suits."""
    names = sorted(module.name for module in plan.closure.local if module.name in modules)
    return f"the checkout has modules of Odoo's own of the same name: {', '.join(names)}" if names else ""


def fitted(environment: Environment) -> Environment | str:
    """The environment as a prepared database needs it, or why it can have none."""
    if why := built_by_compose(environment.model):
        return why
    shown = environment.engine.api.inspect_image(environment.model["services"][DB]["image"])
    image = cast(ImageConfig, shown.get("Config") or {})
    same_host = str(environment.engine.api.base_url).endswith("://localhost")  # a socket of this machine
    if why := unfit(environment.model, image, same_host=same_host):
        return why
    return replace(environment, model=outside_of_volumes(environment.model, image))


def known_modules(settings: Settings, environment: Environment) -> Inventory:
    """Which modules this Odoo has: looked up at the first time, and known from then on. Raises EnvironmentFailure."""
    image = environment.engine.digest(odoo_image(environment))
    program = hashlib.sha256(preparation()).hexdigest()
    name = inventory.digest(image, canonical(environment.model), json.dumps(settings.odoo_args), program)
    if known := inventory.load(name):
        return known
    known, report = workshop.look(environment, settings)
    inventory.keep(name, report)
    return known


def made(recipe: Recipe, names: tuple[str, ...], environment: Environment, settings: Settings) -> PreparedDatabase:
    """The prepared database of this recipe: pulled or made. Of those that miss the same one, one does it, the others wait.

    ``names`` are the modules for which it is made. Raises EnvironmentFailure.
    """
    note, engine = environment.observers.note, environment.engine
    sharing = Sharing.of(settings, environment)
    with store.IMAGES.turn(recipe.key, lambda: note(WAITING), patience=workshop.INSTALL), contextlib.ExitStack() as held:
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
            workshop.make(order, environment, settings)
        evict(engine, settings, environment.observers, keep=recipe.key)
    if not database:
        database = store.find(engine, recipe.key)
        if not database:
            raise EnvironmentFailure("somebody removed the prepared database as soon as it was made")
        if settings.cache_push:
            sharing.push(database)
    return database


def pulled(recipe: Recipe, environment: Environment, settings: Settings) -> PreparedDatabase | None:
    """The prepared database of this recipe, if it is here or in the registry."""
    note = environment.observers.note
    with store.IMAGES.turn(recipe.key, lambda: note(WAITING), patience=workshop.INSTALL):
        if database := store.find(environment.engine, recipe.key) or Sharing.of(settings, environment).pull(recipe):
            evict(environment.engine, settings, environment.observers, keep=recipe.key)
        return database


def announcement(order: Order, engine: Engine) -> str:
    """What is made, from what, and how long it may take."""
    number = counted(len(order.installs), "module")
    begun = f" on top of {', '.join(order.parent.label['names'])}" if order.parent else ""
    per_module = [it.label.get("seconds", 0.0) / max(len(it.modules), 1) for it in store.databases(engine) if not it.parent]
    about = f", about {sum(per_module) / len(per_module) * len(order.installs) + 5:.0f} s" if per_module else ""
    names = ", ".join(order.names)
    return f"Preparing a database with {names}, once: {number} to install{begun}{about}. Later runs start from it."


def best_parent(engine: Engine, recipe: Recipe) -> PreparedDatabase | None:
    """The biggest prepared database of the family that holds nothing beyond the recipe."""
    family = {it.asked_for: it for it in store.of_family(engine, recipe.family)}
    best = tree.parent_of(frozenset(recipe.modules), family)
    return family[best] if best else None


def evict(engine: Engine, settings: Settings, observers: Observers, *, keep: str) -> None:
    for gone in store.evict(engine, settings.cache_limit, today=utc_today(), keep=keep):
        observers.note(f"Removed a prepared database, to keep within cache-limit or because its day is over: {gone}")


WAITING = "Another run prepares the same database: waiting for it."


def started_from(environment: Environment, database: PreparedDatabase) -> Start:
    """The environment with the prepared database's image for its own."""
    service = {**environment.model["services"][DB], "image": database.reference}
    return Start(
        environment=replace(environment, model=replaced(environment.model, DB, service)),  # type: ignore[arg-type]
        database=database,
    )
