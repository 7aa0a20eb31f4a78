"""``hub-runner cache``: prepared databases from and for other machines, by a registry or by a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from hub_runner.engine.client import connect, explained
from hub_runner.engine.environment import Environment
from hub_runner.errors import UsageError
from hub_runner.host import signals
from hub_runner.plan import Plan, plans
from hub_runner.settings import Settings
from hub_runner.text import counted
from hub_runner.warm import archive, store
from hub_runner.warm.prepare import preparable, recipes_for, with_environment
from hub_runner.warm.recipe import Recipe
from hub_runner.warm.registry import CacheRegistry, cache_registry
from hub_runner.warm.store import PreparedDatabase

Say = Callable[[str], None]


def show(settings: Settings, say: Say) -> int:
    """Lists what is here, then what the registry has besides. Raises EnvironmentFailure."""
    with explained():
        engine = connect()
        here = store.databases(engine)
        for database in here:
            say(f"here      {database} ({database.size / 1e6:.0f} MB)")
        registry = cache_registry(settings, engine, os.environ)
        there = registry.databases() if registry else []
    for key, label in there:
        if key not in {database.key for database in here}:
            say(f"registry  {key[:12]}: {', '.join(label['names'])} ({len(label['modules'])} modules)")
    if registry:
        say(f"{registry.name} has {counted(len(there), 'prepared database')}.")
    return 0


def import_file(file: str, settings: Settings, say: Say) -> int:
    """Loads the prepared databases that ``file`` holds. Returns the exit code. Raises UsageError or EnvironmentFailure."""
    with explained():
        for database in archive.load(Path(file), timeout=settings.pull_timeout):
            say(f"loaded    {database}")
    return 0


def exchange(
    action: str, names: Sequence[str], settings: Settings, *, file: str | None, command: tuple[str, ...], say: Say
) -> int:
    """Pulls, pushes or exports what runs of these modules start from. Returns the exit code. Raises HubRunnerError."""
    if not (file or settings.cache_registry):
        raise UsageError(f"`cache {action}` needs a registry: say `cache-registry` in the settings, see docs/registry.md.")
    with signals.held() as arrived:
        runs = plans(names or preparable(settings), settings, command=command)

        def work(environment: Environment) -> int:
            if file:
                return _export(_family(runs, environment), Path(file), environment, settings, say)
            registry = cache_registry(settings, environment.engine, environment.environ)
            assert registry, "it was asked for above"
            if action == "push":
                return _push(registry, _family(runs, environment), say)
            return _pull(registry, recipes_for(runs, environment), say)

        return with_environment(runs[0], arrived, say, work)


def _pull(registry: CacheRegistry, recipes: Sequence[Recipe], say: Say) -> int:
    for recipe in sorted(recipes, key=lambda it: (len(it.modules), it.assets)):
        if database := store.find(registry.engine, recipe.key):
            say(f"here      {database}")
        elif database := registry.pull(recipe):
            say(f"pulled    {database}")
        else:
            say(f"missing   {recipe.key[:12]}: {counted(len(recipe.modules), 'module')}, not in {registry.name}")
    return 0


def _family(runs: Sequence[Plan], environment: Environment) -> list[PreparedDatabase]:
    """All that are here and that these runs, or others on the same images and settings, start or begin from."""
    families = {recipe.family for recipe in recipes_for(runs, environment)}
    found = [database for database in store.databases(environment.engine) if database.label["family"] in families]
    if not found:
        raise UsageError("There is no prepared database of this checkout here: `hub-runner prepare` makes them.")
    return sorted(found, key=lambda database: len(database.modules))


def _push(registry: CacheRegistry, databases: Sequence[PreparedDatabase], say: Say) -> int:
    for database in databases:
        with store.IMAGES.in_use(database.key):
            say(f"pushed    {database} as {registry.push(database)}")
    return 0


def _export(
    databases: Sequence[PreparedDatabase], file: Path, environment: Environment, settings: Settings, say: Say
) -> int:
    archive.export(databases, file, environment.environ, timeout=settings.pull_timeout)
    for database in databases:
        say(f"exported  {database}")
    say(f"{file}: {file.stat().st_size / 1e6:.0f} MB")
    return 0
