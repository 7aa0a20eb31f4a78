"""What a run starts from: the prepared database that fits, made first if it is missing; or nothing, and a note says why."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import cast

from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DB, Service, replaced
from hub_runner.plan import Plan
from hub_runner.settings import Settings
from hub_runner.warm import inventory, making, store
from hub_runner.warm.command_tree import made_in_tree
from hub_runner.warm.fitness import ImageConfig, outside_of_volumes, unfit, why_unknown
from hub_runner.warm.inventory import Inventory
from hub_runner.warm.recipe import canonical, odoo_image, preparation, recipe_of
from hub_runner.warm.store import PreparedDatabase


@dataclass(frozen=True, kw_only=True)
class Start:
    """``environment`` is what the run starts; ``database`` the prepared one that is in it, None for a cold start.

    ``late`` are those of its modules that a fresh database would get after all others.
    """

    environment: Environment
    database: PreparedDatabase | None
    late: tuple[str, ...] = ()

    @property
    def mode(self) -> tuple[str, ...]:
        """What the launcher is told of the database."""
        more = (f"late={','.join(self.late)}",) if self.late else ()
        return ("prepared", *more) if self.database else ("fresh",)

    def lay_out_files(self) -> None:
        """Gives Odoo the files of the prepared database's attachments, once the environment is up and before any test."""
        folder = self.database.label.get("filestore") if self.database else ""
        container = self.environment.engine.service(self.environment.run_id, DB)
        if folder and container:
            odoo = self.environment.odoo()["Id"]
            making.lay_out_files(self.environment.engine, folder, odoo=odoo, db=container["Id"])


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
    recipe = recipe_of(plan, fit, known.prepared(modules, demo=plan.settings.with_demo))
    held.enter_context(store.IMAGES.in_use(recipe.key))
    database = store.find(fit.engine, recipe.key) or made_in_tree(recipe, plan, known, fit)
    if why := shadowed(plan, database.modules):  # Odoo has installed more than it was asked for
        note(f"A cold start: {why}.")
        return None
    return replace(started_from(fit, database), late=known.late(database.asked_for, database.modules))


def shadowed(plan: Plan, modules: Collection[str]) -> str:
    """Why a database with these modules does not suit the run: the checkout has some of their names; empty if it suits."""
    names = sorted(module.name for module in plan.closure.local if module.name in modules)
    return f"the checkout has modules of Odoo's own of the same name: {', '.join(names)}" if names else ""


def fitted(environment: Environment) -> Environment | str:
    """The environment as a prepared database needs it, or why it can have none."""
    if why := why_unknown(environment.model):
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
    known, report = making.look(environment, settings)
    inventory.keep(name, report)
    return known


def started_from(environment: Environment, database: PreparedDatabase) -> Start:
    """The environment with the prepared database's image for its own."""
    service: Service = {**environment.model["services"][DB], "image": database.reference}
    return Start(environment=replace(environment, model=replaced(environment.model, DB, service)), database=database)
