"""What 5,000 modules take on 1 to 200 engines, on paper: ``python -m bench.scale`` writes docs/scale.md and docs/scale.svg.

All that decides is what decides in earnest: the order of a batch, the slots of its engines, the tree of prepared databases,
what a run pulls, makes and begins from, and the shards of a matrix. Only what takes time is played (`bench/played.py`).
A run is played from its beginning to its end before the next one: of two that want a database at one time, the one that
began first makes it.
"""

from __future__ import annotations

import dataclasses
import heapq
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from bench import scale_page
from bench.played import FIRST_LAYER, INSTALL, LAYER, MAKE, RATE, PlayedEngine, World, put_in_place
from bench.shape import Simulated, checkout, odoo
from bench.timing import ROOT
from hub_runner.checkout.modules import catalogue
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.fleet import durations, matrix
from hub_runner.fleet.durations import LastRun
from hub_runner.fleet.engines import RemoteEngine, Slots
from hub_runner.observers import Observers
from hub_runner.plan import Plan
from hub_runner.settings import Settings, load
from hub_runner.warm import command_tree, tree
from hub_runner.warm.inventory import Inventory
from hub_runner.warm.recipe import Recipe
from hub_runner.warm.store import PreparedDatabase

MODULES, SEED = 5000, 1
ENGINES = (1, 5, 20, 50, 100, 200)
Shared = dict[str, tuple[PreparedDatabase, float]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of a batch that was played: seconds, megabytes, and the processor's seconds for all decisions."""

    what: str

    engines: int
    seconds: float
    bound: float
    pulled: float
    pushed: float
    made: int
    cold: int
    largest: float  # MB on the engine that has most
    planning: float


@lru_cache(maxsize=1)
def known() -> Inventory:
    return odoo()


def played(what: str, modules: Sequence[Simulated], engines: int, world: World) -> Outcome:
    """The batch ``--all`` with so many engines in the settings, one slot on each."""
    flags = {
        "cache_registry": "registry.example.org/played" if world.shared is not None else "",
        "cache_push": str(world.push),
    }
    settings = dataclasses.replace(
        load(ROOT, environ={}, flags={name: flag.lower() for name, flag in flags.items()}),
        engines=tuple(f"engine-{number}" for number in range(engines)),
    )
    past = {module.name: LastRun(seconds=module.seconds) for module in modules}
    by_name = {module.name: module for module in modules}
    planned = [by_name[name] for name in durations.in_order(by_name, past)]
    fleet = {f"engine-{number}": PlayedEngine(f"engine-{number}") for number in range(engines)}
    slots = Slots(
        engines=[RemoteEngine(name=name) for name in fleet],
        at_once=1,
        groups=[module.core for module in planned],
        seconds=[module.seconds for module in planned],
        note=lambda _: None,
    )
    beside = tuple(dict.fromkeys((module.core, module.asks_for_pages) for module in planned))
    running: list[tuple[float, int]] = []
    now, begin = 0.0, time.process_time()
    with put_in_place(world):
        while True:
            while begun := slots.take():
                number, engine = begun
                world.now = now
                _start(planned[number], beside, fleet[engine.name], world, settings)
                heapq.heappush(running, (world.now + planned[number].seconds, number))
            if not running:
                break
            now, number = heapq.heappop(running)
            slots.give_back(number, environment_failed=False)
    return Outcome(
        what=what,
        engines=engines,
        seconds=now,
        bound=bound(modules, engines, filled=world.shared is not None and not world.push),
        pulled=world.pulled,
        pushed=world.pushed,
        made=world.made,
        cold=world.cold,
        largest=max(sum(database.size for database, _ in engine.images.values()) / 1e6 for engine in fleet.values()),
        planning=time.process_time() - begin,
    )


def _start(
    module: Simulated,
    beside: tuple[tuple[tuple[str, ...], bool], ...],
    engine: PlayedEngine,
    world: World,
    settings: Settings,
) -> None:
    """What a run does before its environment starts."""
    recipe = recipe_of(module)
    plan = cast(Plan, SimpleNamespace(beside=beside, closure=SimpleNamespace(core=module.core), settings=settings))
    environment = cast(Environment, SimpleNamespace(engine=engine, observers=Observers([]), environ={}))
    try:
        if not world.find(engine, recipe.key):
            command_tree.made_in_tree(recipe, plan, known(), environment)
    except EnvironmentFailure:
        world.cold += 1
        world.now += INSTALL * len(recipe.modules)


@lru_cache(maxsize=100_000)
def recipe_of(module: Simulated) -> Recipe:
    return Recipe(
        odoo="sha256:odoo",
        db="sha256:db",
        modules=tuple(sorted(known().closure(module.core))),
        demo=True,
        languages=(),
        assets=module.asks_for_pages,
        odoo_args="",
        services="",
        day="2026-11-26",
        program="",
    )


def bound(modules: Sequence[Simulated], engines: int, *, filled: bool) -> float:
    """No order is faster: all work shared out evenly, each database made or pulled once; and the longest module alone."""
    plan = tree.steps({frozenset(recipe_of(module).modules) for module in modules})
    if filled:
        once, first = len(plan) * LAYER / RATE, dict.fromkeys(modules, FIRST_LAYER / RATE)
    else:
        once = sum(MAKE + INSTALL * step.installs for step in plan)
        first = {module: MAKE + INSTALL * len(recipe_of(module).modules) for module in modules}
    total = once + sum(module.seconds for module in modules)
    return max(total / engines, max(module.seconds + first[module] for module in modules))


def in_shards(what: str, modules: Sequence[Simulated], count: int, shared: Shared | None) -> Outcome:
    """Each shard of a matrix on an engine of its own, which begins empty: CI, from which nothing is pushed."""
    known_ = {module.name: LastRun(seconds=module.seconds) for module in modules}
    by_name = {module.name: module for module in modules}
    with tempfile.TemporaryDirectory() as folder:
        for module in modules:
            (Path(folder) / module.name).mkdir()
            text = repr({"name": module.name, "depends": list(module.depends)})
            (Path(folder) / module.name / "__manifest__.py").write_text(text)
        begin = time.process_time()
        shards = matrix.shards(list(by_name), count, catalogue((Path(folder),)), known_)
        planning = time.process_time() - begin
    outcomes = [
        played(what, [by_name[name] for name in shard.modules], 1, World(shared=None if shared is None else dict(shared)))
        for shard in shards
    ]
    return dataclasses.replace(
        outcomes[0],
        engines=count,
        seconds=max(it.seconds for it in outcomes),
        bound=bound(modules, count, filled=shared is not None),
        pulled=sum(it.pulled for it in outcomes),
        made=sum(it.made for it in outcomes),
        cold=sum(it.cold for it in outcomes),
        largest=max(it.largest for it in outcomes),
        planning=planning + sum(it.planning for it in outcomes),
    )


def measured(modules: Sequence[Simulated], engines: Sequence[int]) -> list[Outcome]:
    found: list[Outcome] = []
    for number in engines:
        shared: Shared = {}
        found.append(played("no registry", modules, number, World()))
        found.append(played("empty registry, pushed to", modules, number, World(push=True, shared=shared)))
        full = {key: (database, 0.0) for key, (database, _) in shared.items()}
        found.append(played("filled registry", modules, number, World(shared=dict(full))))
        if number > 1:
            found.append(in_shards("matrix, no registry", modules, number, None))
            found.append(in_shards("matrix, filled registry", modules, number, full))
        for outcome in found[-5:]:
            print(scale_page.row(outcome), flush=True)
    return found


def main() -> None:
    modules = checkout(MODULES, SEED)
    outcomes = measured(modules, ENGINES)
    (ROOT / "docs" / "scale.svg").write_text(scale_page.plot(outcomes), encoding="utf-8")
    sets = len({recipe_of(module).modules for module in modules})
    hours = sum(module.seconds for module in modules) / 3600
    text = scale_page.page(outcomes, count=MODULES, sets=sets, hours=hours)
    (ROOT / "docs" / "scale.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
