"""The databases that the modules of one command start from, as one tree: nothing is installed twice, and no run idles.

Each run makes what is on the way to its own database. While another run makes a part of that way, it makes something else
that a module of the command will need.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from hub_runner.engine.client import Failures
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.plan import Plan
from hub_runner.text import counted
from hub_runner.warm import store, tree
from hub_runner.warm.inventory import Inventory
from hub_runner.warm.pulled_or_made import made, named_for, pulled
from hub_runner.warm.recipe import Recipe
from hub_runner.warm.store import PreparedDatabase
from hub_runner.warm.tree import Modules, Step

ASSETS = 10  # what building the web assets takes, in modules that Odoo could install in that time


@dataclass(frozen=True, kw_only=True)
class CommandTree:
    """``steps`` make all that is missing; ``variants`` are the databases wanted: modules, and whether with web assets."""

    recipe: Recipe  # of the run's own database; those of the others differ in modules and assets
    steps: tuple[Step, ...]
    variants: frozenset[tuple[Modules, bool]]

    @classmethod
    def of(cls, recipe: Recipe, plan: Plan, known: Inventory, there: set[Modules]) -> CommandTree:
        """That of the command of ``plan``, whose own database is that of ``recipe``. ``there`` are those of its family."""
        variants = {(frozenset(recipe.modules), recipe.assets)}
        for names, pages in plan.beside:
            with contextlib.suppress(EnvironmentFailure):  # its own run says what is wrong
                variants.add((known.prepared(known.closure(names), demo=recipe.demo), pages))
        steps = tree.steps({modules for modules, _ in variants}, there)
        return cls(recipe=recipe, steps=tuple(steps), variants=frozenset(variants))

    @property
    def way(self) -> list[Recipe]:
        """What is made for the run's own database, the smallest one first; what others need as well is on the way."""
        *smaller, _ = tree.way_to(frozenset(self.recipe.modules), self.steps)
        return [*(self.recipe.holding(modules, assets=False) for modules in smaller), self.recipe]

    def ready(self, there: set[Modules]) -> Iterator[Recipe]:
        """What could be made now, since the smaller database that it begins from is ``there``: the longest work first."""
        work: dict[Recipe, int] = {}
        begun_from = {step.parent for step in self.steps}
        for step in self.steps:
            if step.parent is None or step.parent in there:
                plain = step.modules in begun_from or (step.modules, True) not in self.variants
                assets = not plain and (step.modules, False) not in self.variants
                work[self.recipe.holding(step.modules, assets=assets)] = step.installs + ASSETS * assets
        for modules, assets in self.variants:
            if assets and modules in there:
                work[self.recipe.holding(modules, assets=True)] = ASSETS
        yield from sorted(work, key=lambda recipe: (-work[recipe], recipe.modules))

    def __str__(self) -> str:
        sets = {modules for modules, _ in self.variants} & {step.modules for step in self.steps}
        return (
            f"{counted(len(self.steps), 'prepared database')} of this command's modules are missing: "
            f"{sum(step.installs for step in self.steps)} installations of Odoo's modules in a tree, "
            f"{sum(map(len, sets))} without one."
        )


def made_in_tree(recipe: Recipe, plan: Plan, known: Inventory, environment: Environment) -> PreparedDatabase:
    """The prepared database of this recipe. Raises EnvironmentFailure."""
    there = _there(recipe, environment)
    whole = CommandTree.of(recipe, plan, known, there)
    if len(whole.steps) > 1:
        if database := pulled(recipe, environment, plan.settings):  # then nothing smaller is missed
            return database
        environment.observers.note(str(whole))
    *smaller, own = whole.way
    for step in smaller:
        _help_while_others_make(step, whole, plan, environment)
        made(step, _names(step, plan), environment, plan.settings)
    _help_while_others_make(own, whole, plan, environment)
    return made(own, named_for(own.modules, plan.closure.core), environment, plan.settings)


def _help_while_others_make(step: Recipe, whole: CommandTree, plan: Plan, environment: Environment) -> None:
    """While another run makes ``step``, makes what else the command needs. Errors are left to the run that needs it."""
    if plan.settings.engines:
        return  # nobody here knows which module runs on which engine
    tried = {step}
    while store.IMAGES.is_being_made(step.key):
        ready = (recipe for recipe in whole.ready(_there(step, environment)) if recipe not in tried)
        other = next((it for it in ready if _is_wanted(it, environment)), None)
        if other is None:
            return
        tried.add(other)
        environment.observers.note("Another run makes what this one waits for: meanwhile one for other modules is made.")
        with contextlib.suppress(EnvironmentFailure, *Failures):
            made(other, _names(other, plan), environment, plan.settings)


def _is_wanted(recipe: Recipe, environment: Environment) -> bool:
    return not store.IMAGES.is_being_made(recipe.key) and store.find(environment.engine, recipe.key) is None


def _there(recipe: Recipe, environment: Environment) -> set[Modules]:
    return {database.asked_for for database in store.of_family(environment.engine, recipe.family)}


def _names(recipe: Recipe, plan: Plan) -> tuple[str, ...]:
    """What the database is called that some modules of the plan's command share."""
    return named_for(recipe.modules, (name for names, _ in plan.beside for name in names))
