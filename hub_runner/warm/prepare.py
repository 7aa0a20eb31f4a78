"""``hub-runner prepare``: makes the prepared databases of a checkout's modules before anyone waits for them.

The plan is a tree with as few installs as possible; each database is made where a run would make it, under the same nets.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from hub_runner.checkout.modules import catalogue
from hub_runner.cleanup.guarded import guarded
from hub_runner.cleanup.owner import Owner
from hub_runner.cleanup.sweep import sweep
from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.engine.provision import provision
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.host import signals
from hub_runner.host.signals import Signals
from hub_runner.observers import Observer, Observers
from hub_runner.plan import Plan, plans
from hub_runner.settings import GUARDS_LOG, OWN_FOLDER, Settings
from hub_runner.text import counted, harmless
from hub_runner.warm import store, tree
from hub_runner.warm.pulled_or_made import made, named_for, pulled
from hub_runner.warm.recipe import Recipe, recipe_of
from hub_runner.warm.start import fitted, known_modules, shadowed
from hub_runner.warm.store import PreparedDatabase
from hub_runner.warm.tree import Modules, Step

_LOADING = re.compile(rb"Loading module (\w+) \((\d+)/(\d+)\)")
EVERY = 10.0  # seconds between two lines on which module is installed


class Progress(Observer):
    """Prints notes, and now and then which module of how many Odoo installs."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._said = clock()

    def note(self, text: str) -> None:
        self._say(harmless(text))

    def output(self, chunk: bytes) -> None:
        matches = _LOADING.findall(chunk)
        if matches and self._clock() - self._said >= EVERY:
            name, number, total = (part.decode() for part in matches[-1])
            self._said = self._clock()
            self._say(f"  module {number} of {total}: {name}")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be made: ``steps`` in their order, each with the recipes that hold its modules."""

    steps: tuple[Step, ...]
    recipes: dict[Modules, list[Recipe]]
    names: dict[Modules, tuple[str, ...]]  # the modules of Odoo for which each set is made
    modules: int  # of the checkout, for which all this is
    apart: int = 0  # modules to install if each database were made from nothing
    skipped: dict[str, str] = field(default_factory=dict)  # modules of the checkout that start cold, and why

    @property
    def installs(self) -> int:
        return sum(step.installs for step in self.steps)

    def __str__(self) -> str:
        number = sum(len(self.recipes[step.modules]) for step in self.steps)
        if not number:
            return f"All prepared databases for {counted(self.modules, 'module')} are there."
        return (
            f"{counted(number, 'database')} to prepare for {counted(self.modules, 'module')}: "
            f"{counted(self.installs, 'installation')} of Odoo's modules in a tree, {self.apart} without one."
        )


def prepare_modules(
    names: Sequence[str], settings: Settings, *, command: tuple[str, ...], say: Callable[[str], None]
) -> int:
    """Makes what runs of these modules start from; of all that can be installed if none is named. Returns the exit code.

    Raises HubRunnerError.
    """
    if settings.cold or not settings.cache_limit:
        raise UsageError(
            "With `cold`, or a `cache-limit` of 0, no run starts from a prepared database: there is none to make."
        )
    with signals.held() as arrived:
        runs = plans(names or preparable(settings), settings, command=command)
        return with_environment(runs[0], arrived, say, lambda environment: _prepare(runs, environment, say))


def preparable(settings: Settings) -> list[str]:
    """The names of all modules of the checkout that can be installed. Raises UsageError if there is none."""
    modules, names = catalogue(settings.addons_folders), []
    for name in modules.folders:
        with contextlib.suppress(UsageError):  # a run of it says what is wrong
            names.append(modules.find(name).name)
    if not names:
        raise UsageError(modules.listing())
    return names


def with_environment(plan: Plan, arrived: Signals, say: Callable[[str], None], work: Callable[[Environment], int]) -> int:
    """Does ``work`` where a run would make its prepared database, under the nets of a run. Returns the exit code.

    Raises HubRunnerError.
    """
    settings = plan.settings
    log = settings.output_folder / OWN_FOLDER / GUARDS_LOG
    return guarded(
        "prepare", settings.prefix, log, arrived, lambda me, engine: work(_environment(plan, me, engine, say)), say
    )


def _environment(plan: Plan, me: Owner, engine: Engine, say: Callable[[str], None]) -> Environment:
    settings, observers = plan.settings, Observers([Progress(say)])
    sweep(engine, settings.prefix, say)
    provided = provision(
        plan.model, settings, engine, run_id=me.run, labels=me.labels, environ=plan.environ, observers=observers
    )
    fit = fitted(provided.environment)
    if isinstance(fit, str):
        raise UsageError(f"A run of this checkout cannot start from a prepared database: {fit}.")
    return fit


def _prepare(runs: Sequence[Plan], environment: Environment, say: Callable[[str], None]) -> int:
    if runs[0].settings.cache_registry:  # first of all: a smaller one is made only for what the registry does not have
        for recipe in recipes_for(runs, environment):
            pulled(recipe, environment, runs[0].settings)
    for half in _halves(runs):
        work = planned(half, environment, store.databases(environment.engine))
        for name, why in work.skipped.items():
            say(f"{name} starts cold: {why}.")
        say(str(work))
        for step in work.steps:
            for recipe in work.recipes[step.modules]:
                say(f"{made(recipe, work.names[step.modules], environment, half[0].settings)}")
    return 0


def _halves(runs: Sequence[Plan]) -> Iterator[list[Plan]]:
    """The same runs for each database that they start from: with ``demo = "both"`` one with demo data, and one without."""
    for settings in runs[0].settings.halves:
        yield [replace(run, settings=settings) for run in runs]


def recipes_for(runs: Sequence[Plan], environment: Environment) -> list[Recipe]:
    """Of all that these runs start from, be it there or not. Raises EnvironmentFailure."""
    return [it for half in _halves(runs) for some in wanted_by(half, environment).recipes.values() for it in some]


def planned(runs: Sequence[Plan], environment: Environment, there: Sequence[PreparedDatabase]) -> Work:
    """The work that is left for these runs when the databases ``there`` exist. Raises EnvironmentFailure."""
    wanted = wanted_by(runs, environment)
    keys = {database.key for database in there}
    missing = {modules: [it for it in some if it.key not in keys] for modules, some in wanted.recipes.items()}
    recipes = {modules: sorted(some, key=lambda recipe: recipe.assets) for modules, some in missing.items() if some}
    if not recipes:
        return Work(steps=(), recipes={}, names={}, modules=len(runs), skipped=wanted.skipped)
    apart, names = sum(map(len, recipes)), wanted.names
    any_recipe = next(iter(recipes.values()))[0]
    family = {frozenset(it.asked_for) for it in there if it.label["family"] == any_recipe.family}
    steps = _with_variants(tree.steps(set(recipes) - family, family), recipes, family)
    for step in steps:
        recipes.setdefault(step.modules, [any_recipe.holding(step.modules, assets=False)])
        names.setdefault(step.modules, named_for(step.modules, (name for some in names.values() for name in some)))
    return Work(
        steps=tuple(steps),
        recipes=recipes,
        names={modules: names[modules] for modules in recipes},
        apart=apart,
        modules=len(runs),
        skipped=wanted.skipped,
    )


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What modules of a checkout start from: fields as those of ``Work``."""

    recipes: dict[Modules, list[Recipe]] = field(default_factory=dict)
    names: dict[Modules, tuple[str, ...]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def wanted_by(runs: Sequence[Plan], environment: Environment) -> Wanted:
    """What these runs start from with the demo data of their settings, be it there or not. Raises EnvironmentFailure."""
    known = known_modules(runs[0].settings, environment)
    if known.unknown_order:
        raise EnvironmentFailure(f"In this Odoo the order in which modules are loaded is not known: {known.unknown_order}.")
    wanted = Wanted()
    for plan in runs:
        try:
            modules = known.closure(plan.closure.core)
        except EnvironmentFailure as error:
            wanted.skipped[plan.module.name] = str(error)
            continue
        if why := shadowed(plan, modules):
            wanted.skipped[plan.module.name] = why
            continue
        modules = known.prepared(modules, demo=plan.settings.with_demo)
        recipe, recipes = recipe_of(plan, environment, modules), wanted.recipes.setdefault(modules, [])
        wanted.names.setdefault(modules, named_for(modules, plan.closure.core or ("base",)))
        if recipe not in recipes:
            recipes.append(recipe)
    return wanted


def _with_variants(steps: list[Step], wanted: dict[Modules, list[Recipe]], family: set[Modules]) -> list[Step]:
    """And those of which only the other variant is there, with web assets or without: nothing is installed for them."""
    others = [Step(modules=modules, parent=modules) for modules in wanted if modules in family]
    return [*others, *steps]
