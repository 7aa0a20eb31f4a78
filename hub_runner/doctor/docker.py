"""What the doctor sees of Docker: engine, Compose, the compose file, images, runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from docker.errors import DockerException

from hub_runner import images as choice
from hub_runner import plan, plugin, sweep
from hub_runner.doctor.check import Check, gigabytes
from hub_runner.engine import Engine, Failures
from hub_runner.errors import EnvironmentFailure, HubRunnerError
from hub_runner.model import Model, resolve
from hub_runner.owner import is_alive
from hub_runner.settings import Settings
from hub_runner.setup.daemon import context
from hub_runner.warm import store

SETUP = "`nox -s setup`"


def engine(it: Engine) -> Check:
    where = os.environ.get("DOCKER_HOST") or f"context {context()}"
    try:
        return Check(name="engine", good=True, text=f"{it.version()}, {where}")
    except Failures as error:
        return Check(name="engine", good=False, text=f"answers, but not what it is: {error}", advice="look at its log")


def compose() -> Check:
    try:
        return Check(name="compose", good=True, text=plugin.version(os.environ))
    except EnvironmentFailure as error:
        return Check(name="compose", good=False, text=str(error))


def model(settings: Settings) -> Model | HubRunnerError:
    environ = {**os.environ, **plan.variables(settings.odoo_image, settings.db_image)}
    try:
        return resolve(plan.compose_file(settings), environ, folder=plan.compose_folder(settings))
    except HubRunnerError as error:
        return error


def compose_file(settings: Settings, found: Model | HubRunnerError) -> Check:
    if isinstance(found, HubRunnerError):
        return Check(name="compose file", good=False, text=str(found))
    return Check(name="compose file", good=True, text=f"{plan.compose_file(settings)} with {', '.join(found['services'])}")


def images(settings: Settings, it: Engine, found: Model | HubRunnerError) -> Iterator[Check]:
    """Those of the compose file's services, or their stand-ins."""
    try:
        chosen = choice.choose(settings, it.client)
        services = {} if isinstance(found, HubRunnerError) else found["services"]
        instead = {settings.odoo_image: chosen.odoo, settings.db_image: chosen.db}
        asked = dict.fromkeys([*instead, *(s["image"] for s in services.values() if "image" in s)])
        for reference in dict.fromkeys(instead.get(image, image) for image in asked):
            yield image(it, reference)
    except (HubRunnerError, *Failures) as error:
        yield Check(name="image", good=False, text=str(error))
        return
    if chosen.stand_in:
        yield Check(name="stand-ins", good=False, text=chosen.stand_in, fatal=False)


def image(it: Engine, reference: str) -> Check:
    if not choice.present(it.client, reference):
        return Check(name="image", good=False, text=f"{reference} is not here", advice=f"{SETUP} gets it")
    attributes = it.client.images.get(reference).attrs
    return Check(name="image", good=True, text=f"{reference} ({gigabytes(attributes['Size'])}, {it.digest(reference)[:19]})")


def runs(settings: Settings, it: Engine) -> Check:
    """This user's and this repository's: what lives, and what dead runs have left."""
    try:
        found = sweep.projects(it, settings.prefix)
    except Failures as error:
        return Check(name="runs", good=False, text=f"the engine does not list them: {error}")
    dead = [project for project in found if not is_alive(project.owner)]
    return Check(
        name="runs",
        good=not dead,
        text=f"{len(found) - len(dead)} living, {len(dead)} orphaned",
        advice="`nox -s clean` removes orphans, and so does the next run" if dead else "",
        details=tuple(
            f"{'orphan' if project in dead else 'living'} {project.owner.run}: {len(project.resources)} resources,"
            f" {project.age(time.time()) / 60:.0f} min old"
            for project in found
        ),
        fatal=False,
    )


def caches(settings: Settings, it: Engine) -> Check:
    """The prepared databases, the least recently used first."""
    try:
        found = store.caches(it)
    except Failures as error:
        return Check(name="caches", good=False, text=f"the engine does not list them: {error}", fatal=False)
    size, now = sum(cache.size for cache in found), time.time()
    return Check(
        name="caches",
        good=True,
        text=f"{len(found)} prepared databases, {gigabytes(size)} of at most {settings.cache_limit:g} GB",
        details=tuple(f"{cache} {gigabytes(cache.size)}, used {(now - cache.used) / 3600:.1f} h ago" for cache in found),
        fatal=False,
    )


def data_root(it: Engine) -> Path | None:
    """Of an engine whose disk is this machine's; None for a remote one."""
    if not it.api.base_url.startswith("http+docker://"):  # not a Unix socket
        return None
    try:
        folder = Path(it.api.info()["DockerRootDir"])
        return folder if folder.exists() else None
    except (DockerException, KeyError, OSError):
        return None
