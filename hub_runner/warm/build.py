"""Where a cache is made: in the run's own project, before its own environment starts.

So each net that holds the run holds the workshop too, and a run that is killed meanwhile leaves nothing. An image gets its
name in one step, from a PostgreSQL that has ended in good order: there is no half cache.

The files of attachments belong to a prepared database: they are kept in its image, and laid out again for each run.
"""

from __future__ import annotations

import copy
import io
import json
import tarfile
from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import Any

from hub_runner.checkout import snapshot
from hub_runner.cleanup import owner
from hub_runner.cleanup.teardown import teardown
from hub_runner.engine import compose
from hub_runner.engine.client import Engine, connect
from hub_runner.engine.compose import Tail
from hub_runner.engine.container import Container
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE, ODOO, PLACEHOLDER, WORK, Model
from hub_runner.errors import EnvironmentFailure
from hub_runner.odoo import command as odoo_command
from hub_runner.odoo.trial import packed
from hub_runner.plan import Plan
from hub_runner.warm.cache import LABEL, REPOSITORY
from hub_runner.warm.recipe import DB, PROGRAM, Recipe, preparation, recipe_of

SLOW = 300.0  # seconds that the engine may take to stop a database or to write an image
INSTALL = 1800.0  # seconds for Odoo's own modules: `test-timeout` is for the tests, and may be short


def build(plan: Plan, environment: Environment, wanted: Recipe) -> None:
    """Makes the cache. Raises EnvironmentFailure, or what the engine raises; the workshop itself is gone by then."""
    shop = replace(environment, model=workshop_model(environment.model), engine=connect(timeout=SLOW))
    try:
        _start(shop)
        report = _install(plan, shop, wanted)
        if folder := report.get("filestore"):
            keep(shop.engine, folder, odoo=shop.odoo()["Id"], db=_database(shop)["Id"])
        if recipe_of(plan, environment) != wanted:  # a mounted folder is the checkout's own, and a build takes its time
            raise EnvironmentFailure("what it is made of was changed while it was being made")
        _stop_database(shop)
        _keep(shop, wanted, report)
    except Exception:  # not so an interrupt: the run's own teardown comes next, and takes the workshop along
        _clear(shop)
        raise
    _clear(shop)


def _start(shop: Environment) -> None:
    said = Tail(2048)
    if shop.up(shop.model, said) != 0:
        raise EnvironmentFailure(f"the workshop did not start. Compose said:\n{said}")


def _clear(shop: Environment) -> None:
    cleanup = teardown(shop.run_id)
    if not cleanup.is_clean:
        raise EnvironmentFailure(f"the workshop could not be removed: {cleanup}")


def workshop_model(model: Model) -> Model:
    """The database as the run has it, and an odoo container that does nothing by itself."""
    services = copy.deepcopy({name: model["services"][name] for name in (DB, ODOO)})
    services[DB].pop("depends_on", None)
    services[ODOO].pop("ports", None)
    services[ODOO] |= {
        "entrypoint": ["sleep"],
        "command": ["infinity"],
        "healthcheck": {"disable": True},
        "depends_on": {DB: {"condition": "service_healthy", "required": True}},
    }
    return {**model, "services": services}


def _install(plan: Plan, shop: Environment, wanted: Recipe) -> dict[str, Any]:
    work, said = f"{WORK}/preparation", Tail(2048)
    shop.copy_in(packed(work, PROGRAM, preparation()))
    command = (
        *("python3", f"{work}/{PROGRAM}", "install", f"{work}/report"),
        "assets" if wanted.assets else "no-assets",
        "unlocked" if PLACEHOLDER in json.dumps(shop.model) else "locked",
        *odoo_command.install_arguments(wanted.core, plan.settings, database=DATABASE),
        "--stop-after-init",
    )
    with shop.started(command) as client:
        code = compose.follow(client, max(plan.settings.test_timeout, INSTALL), said.add, shop.observers.output)
    report = shop.read_file(f"{work}/report")
    if code != 0 or not report:
        raise EnvironmentFailure(f"Odoo could not install {', '.join(wanted.core)} (exit code {code}). It said:\n{said}")
    return sound(json.loads(report), wanted)


def sound(report: dict[str, Any], wanted: Recipe) -> dict[str, Any]:
    """The report of an installation that left nothing to wish for. Raises EnvironmentFailure."""
    modules = report["modules"]
    if report["errors"]:
        raise EnvironmentFailure(f"{report['errors']} errors were logged while {', '.join(wanted.core)} was installed")
    if odd := sorted(name for name, state in modules.items() if state != "installed"):
        raise EnvironmentFailure(f"not all modules were installed: {', '.join(odd)}")
    if missing := sorted(set(wanted.core) - set(modules)):
        raise EnvironmentFailure(f"Odoo passed over {', '.join(missing)}")
    return report


def _stop_database(shop: Environment) -> None:
    container = _database(shop)
    shop.engine.api.stop(container["Id"], timeout=int(SLOW))
    if code := _database(shop)["State"]["ExitCode"]:
        raise EnvironmentFailure(f"PostgreSQL did not end in good order (exit code {code})")


def _database(shop: Environment) -> Container:
    if container := shop.engine.service(shop.run_id, DB):
        return container
    raise EnvironmentFailure("the database of the workshop is gone")


def _keep(shop: Environment, wanted: Recipe, report: dict[str, Any]) -> None:
    container = _database(shop)
    about = {
        "recipe": asdict(wanted),
        "modules": sorted(report["modules"]),
        "filestore": report.get("filestore", ""),
        "below": shop.engine.api.inspect_image(container["Image"])["Size"],
    }
    # An image hands its labels on: none may look as if it belonged to the run that made it.
    labels = {name: "" for name in container["Config"]["Labels"] if name.startswith((owner.LABEL, "com.docker.compose."))}
    labels[LABEL] = json.dumps(about, sort_keys=True)
    shop.engine.api.commit(container["Id"], repository=REPOSITORY, tag=wanted.key, conf={"Labels": labels})


KEPT = "hub-runner"  # a folder of the database's container


def keep(engine: Engine, folder: str, *, odoo: str, db: str) -> None:
    """Copies ``folder`` of the container ``odoo`` into the container ``db``, which becomes an image."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        snapshot.add(tar, KEPT, b"", kind=tarfile.DIRTYPE, mode=0o755)
    engine.copy_into(db, buffer.getvalue())
    _copy(engine, odoo, PurePosixPath(folder), db, PurePosixPath("/", KEPT))


def lay_out(engine: Engine, folder: str, *, odoo: str, db: str) -> None:
    """Copies it back to where it was."""
    path = PurePosixPath(folder)
    _copy(engine, db, PurePosixPath("/", KEPT, path.name), odoo, path.parent)


def _copy(engine: Engine, source: str, path: PurePosixPath, target: str, folder: PurePosixPath) -> None:
    """With owners and times, and piece by piece: all at once might be more than our memory should hold."""
    pieces, _ = engine.api.get_archive(source, str(path))
    engine.api.put_archive(target, str(folder), pieces)
