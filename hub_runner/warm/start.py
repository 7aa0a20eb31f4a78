"""The strategy that a run is given: find the cache that fits, make it where it is missing, start from it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hub_runner.engine.environment import Environment
from hub_runner.engine.model import Service, replaced
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.lock import Lock, state_folder
from hub_runner.host.ports import Lease
from hub_runner.plan import Plan
from hub_runner.warm import build
from hub_runner.warm import cache as warm_cache
from hub_runner.warm.cache import Cache
from hub_runner.warm.recipe import DB, Recipe, built_by_compose, recipe_of, unfit, utc_today


@contextlib.contextmanager
def warm_start(plan: Plan, environment: Environment) -> Iterator[tuple[Environment, str | None]]:
    """The environment with a prepared database, and the cache's name; as it was, where there can be none.

    Nothing that goes wrong here ends a run: it starts cold then, and a note says why.
    """
    with contextlib.ExitStack() as held:
        cache = None
        try:
            if not plan.settings.cold and plan.settings.cache_limit:
                cache = _cache(plan, environment, held)
        except Exception as error:  # noqa: BLE001  # whatever it was, a cold start goes without it
            environment.observers.note(f"A cold start, because no prepared database could be had: {error}")
        yield (started_from(environment, cache), str(cache)) if cache else (environment, None)


def _cache(plan: Plan, environment: Environment, held: contextlib.ExitStack) -> Cache | None:
    why = built_by_compose(environment.model) or _why_not(environment)
    if why:
        environment.observers.note(f"A cold start: {why}.")
        return None
    wanted = recipe_of(plan, environment)
    held.enter_context(warm_cache.in_use(wanted.key))
    cache = warm_cache.find(environment.engine, wanted.key) or _made(plan, environment, wanted)
    if shadowed := sorted({module.name for module in plan.closure.local} & cache.modules):
        environment.observers.note(f"A cold start: the checkout has modules of Odoo's own of the same name: {shadowed}.")
        return None
    return cache


def _why_not(environment: Environment) -> str | None:
    image = environment.engine.api.inspect_image(environment.model["services"][DB]["image"])
    here = str(environment.engine.api.base_url).endswith("://localhost")  # a socket of this machine
    return unfit(environment.model, image.get("Config") or {}, here=here)


def _made(plan: Plan, environment: Environment, wanted: Recipe) -> Cache:
    """Of those that miss the same cache, one makes it and the others wait."""
    note, engine = environment.observers.note, environment.engine
    with turn(wanted.key, note):
        if cache := warm_cache.find(engine, wanted.key):
            return cache
        note(f"Preparing a database with {', '.join(wanted.core)}, once: later runs start from it.")
        build.build(plan, environment, wanted)
        for gone in warm_cache.evict(engine, plan.settings.cache_limit, today=utc_today(), keep=wanted.key):
            note(f"Removed a prepared database, to keep within cache-limit or because its day is over: {gone}")
        cache = warm_cache.find(engine, wanted.key)
        assert cache, "it has just been made"
        return cache


@contextlib.contextmanager
def turn(
    key: str,
    note: Callable[[str], None],
    *,
    patience: float = build.INSTALL,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Waits until nobody else makes the cache. Raises EnvironmentFailure after ``patience`` seconds."""
    path, waiting, since = state_folder() / "caches" / f"{key}.making", False, time.monotonic()
    while not (lock := Lock.try_acquire(path, holder="a run that prepares a database")):
        if not waiting:
            note("Another run prepares the same database: waiting for it.")
        if time.monotonic() - since > patience:
            raise EnvironmentFailure(f"another run has been preparing it for {patience / 60:.0f} minutes")
        waiting = True
        sleep(0.2)
    try:
        yield
    finally:
        lock.release(remove=True)


@dataclass(frozen=True, kw_only=True)
class Prepared(Environment):
    """An environment whose database is a prepared one, with files of attachments in the folder ``filestore`` of Odoo."""

    filestore: str

    def start(self, offers: Iterator[Lease]) -> int:
        """The files are there before anybody may open the database."""
        port = super().start(offers)
        if self.filestore and (database := self.engine.service(self.run_id, DB)):
            build.lay_out(self.engine, self.filestore, odoo=self.odoo()["Id"], db=database["Id"])
        return port


def started_from(environment: Environment, cache: Cache) -> Environment:
    """The environment with the cache's image for the database, and with the password that is in there."""
    database: Service = {**environment.model["services"][DB], "image": cache.reference}
    model = replaced(environment.model, DB, database)
    changed = {"model": model, "filestore": cache.about.get("filestore", "")}
    return Prepared(**{**vars(environment), **changed})
