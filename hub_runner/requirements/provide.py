"""Gives a run an odoo image that has what its modules need: the image itself, or a derived one."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hub_runner.engine import compose
from hub_runner.engine.compose import Tail
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import ODOO, Service, replaced, without
from hub_runner.engine.resources import PROJECT
from hub_runner.errors import EnvironmentFailure
from hub_runner.requirements import derived_image, store
from hub_runner.requirements.fetch import Fetched, fetch
from hub_runner.requirements.inventory import Inventory, inventory
from hub_runner.requirements.missing import Lacking, missing
from hub_runner.requirements.recipe import Recipe
from hub_runner.requirements.store import Derived
from hub_runner.requirements.version_conflicts import is_of_odoo
from hub_runner.requirements.wanted import Wanted
from hub_runner.settings import Settings

# Odoo imports the one for IoT boxes and to drive a browser, the other for type checkers: neither changes what is installed.
HARMLESS = {"websocket", "typing_extensions"}
WAITING = "Another run adds the same packages to the same image: waiting for it."
Equipped = tuple[Environment, tuple[str, ...]]  # with the names and versions of what was added


@contextlib.contextmanager
def equipped(
    environment: Environment, wanted: Wanted, settings: Settings, *, labels: Mapping[str, str]
) -> Iterator[Equipped]:
    """The environment with an odoo image that has what is ``wanted``; nobody removes that image before the block ends.

    ``labels`` are for the container that looks what the image has. Raises UsageError for what cannot be installed or may
    not be, EnvironmentFailure if it could not be this time.
    """
    if not wanted:
        yield environment, ()
        return
    service = environment.model["services"][ODOO]
    if service.get("build"):
        _build(environment, settings.pull_timeout)
    base = service["image"]
    seen = inventory(environment.engine, base, {**labels, PROJECT: environment.run_id})
    lacking = missing(wanted, seen, install=settings.install_requirements)
    if not lacking:
        yield environment, ()
        return
    recipe = Recipe(
        base=seen.image,
        packages=tuple(sorted({str(package.requirement) for package in lacking.python})),
        system=tuple(sorted({package.name for package in lacking.system})),
        options=wanted.options,
        constraints=wanted.constraints,
        only_for=environment.run_id if settings.fresh_requirements else "",
    )
    with store.IMAGES.in_use(recipe.key):
        found = store.find(environment.engine, recipe.key)
        if not found:
            found = _made(_Order(recipe=recipe, lacking=lacking, base=base, seen=seen), environment, settings)
        for sentence in _replacements(found, seen):
            environment.observers.note(sentence)
        after = seen
        if found.system:  # a package of the system may bring modules of Python, too
            after = inventory(environment.engine, found.reference, {**labels, PROJECT: environment.run_id})
        packages = (*found.packages, *_system_versions(found, after))
        names = found.names | (after.importable - seen.importable)
        changes_odoo = not seen.odoo_imports or not (names - HARMLESS).isdisjoint(seen.odoo_imports)
        changed: Service = {**without(service, ("build",)), "image": found.reference, "pull_policy": "never"}
        model = replaced(environment.model, ODOO, changed)
        yield replace(environment, model=model, odoo_base="" if changes_odoo else base), packages


def _replacements(found: Derived, seen: Inventory) -> Iterator[str]:
    """A sentence for each package of the image that another version took the place of."""
    for name, version in sorted(found.about["packages"].items()):
        if installed := seen.distributions.get(name):
            own = "Odoo itself requires" if is_of_odoo(name, seen) else "Odoo itself does not require"
            yield f"{installed.name} {installed.version} of the image is replaced by {version}: {own} this package."


def _system_versions(found: Derived, seen: Inventory) -> list[str]:
    """The packages of the system that were added, with versions; ``seen`` is the image that has them."""
    names = {"google-chrome-stable" if "google-chrome" in name else name.partition("=")[0] for name in found.system}
    return [f"{name} {seen.packages.get(name, '')}".rstrip() for name in sorted(names)]


def _build(environment: Environment, timeout: float) -> None:
    """Builds the image that the compose file describes, for a look at what is in it. Raises EnvironmentFailure."""
    output, model = Tail(4096), json.dumps(environment.model).encode()
    command = compose.build_command(environment.run_id, ODOO)
    with compose.started(command, environment.environ, given=model) as client:
        code = compose.follow(client, timeout, output.add, environment.observers.output)
    if code != 0:
        late = f" within {timeout:g} s (pull-timeout)" if code is None else ""
        raise EnvironmentFailure(f"The image of the service `{ODOO}` could not be built{late}. Compose said:\n{output}")


@dataclass(frozen=True, kw_only=True)
class _Order:
    """A derived image that is to be made: ``base`` is the image to add to, ``seen`` what it has."""

    recipe: Recipe
    lacking: Lacking
    base: str
    seen: Inventory


def _made(order: _Order, environment: Environment, settings: Settings) -> Derived:
    """Of those that miss the same image, one builds it and the others wait."""
    engine, note, key = environment.engine, environment.observers.note, order.recipe.key
    with store.IMAGES.turn(key, lambda: note(WAITING), patience=2 * settings.pull_timeout):
        if found := store.find(engine, key):
            return found
        names = ", ".join(order.lacking.names)
        note(f"Adding {names} to a copy of {order.base}, once: later runs with the same list find it there.")
        with tempfile.TemporaryDirectory(prefix="hub-runner-") as folder:
            fetched = Fetched(folder=Path(folder))
            if order.lacking.python:
                fetched = fetch(
                    order.lacking.python, order.seen, order.recipe, fetched.folder, timeout=settings.pull_timeout
                )
            derived_image.build(environment, order.recipe, order.base, fetched, order.seen, timeout=settings.pull_timeout)
    for gone in store.evict(engine, settings.cache_limit, keep=key):
        note(f"Removed an image with added packages, to keep within cache-limit: {gone}")
    if found := store.find(engine, key):
        return found
    raise EnvironmentFailure("Somebody removed the image with added packages as soon as it was made. Try again.")
