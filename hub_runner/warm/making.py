"""Where a prepared database is made: in the run's own compose project, before its own environment starts.

So each net that holds the run holds the workshop too, and a run that is killed meanwhile leaves nothing. An image gets its
name in one step, from a PostgreSQL that has ended in good order: there is no half prepared database.

The files of attachments belong to a prepared database: they are kept in its image, and laid out again for each run.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Required, TypedDict, cast

from hub_runner.checkout import snapshot
from hub_runner.cleanup.teardown import teardown
from hub_runner.engine import compose
from hub_runner.engine.client import Engine, connect
from hub_runner.engine.compose import Tail
from hub_runner.engine.container import Container
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE, DB, ODOO, PLACEHOLDER, WORK, Model, Service, replaced, without
from hub_runner.errors import EnvironmentFailure
from hub_runner.odoo import command as odoo_command
from hub_runner.odoo.trial import packed
from hub_runner.settings import Settings
from hub_runner.text import listed
from hub_runner.warm import inventory
from hub_runner.warm.inventory import Inventory
from hub_runner.warm.label import LABEL, Label, anonymous
from hub_runner.warm.recipe import PROGRAM, Recipe, RecipeLabel, changed, odoo_image, preparation
from hub_runner.warm.store import REPOSITORY, PreparedDatabase

SLOW = 300.0  # seconds that the engine may take to stop a database or to write an image
INSTALL = 1800.0  # seconds for Odoo's own modules: `test-timeout` is for the tests, and may be short
LOOK = 120.0  # seconds for a look at Odoo's manifests, which takes two or three
FILES_FOLDER = "hub-runner"  # the folder in the database's container for the files of attachments


class Report(TypedDict, total=False):
    """What the program in the container writes when all is installed."""

    modules: Required[dict[str, str]]  # by name, with their states
    errors: Required[int]  # that were logged
    filestore: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """A prepared database to make. ``names`` are the modules for which it is made; ``parent`` is what it begins from."""

    recipe: Recipe
    names: tuple[str, ...]
    parent: PreparedDatabase | None

    @property
    def installs(self) -> tuple[str, ...]:
        """The modules that Odoo is asked to install."""
        there = self.parent.modules if self.parent else frozenset()
        return tuple(sorted(set(self.recipe.modules) - there))


def make(order: Order, environment: Environment, settings: Settings) -> None:
    """Makes the prepared database. Raises EnvironmentFailure, or what the engine raises; the workshop is gone by then."""
    begin = time.monotonic()
    image = order.parent.reference if order.parent else None
    with _open_workshop(environment, workshop_model(environment.model, image)) as shop:
        report = _install(order, shop, settings)
        if folder := report.get("filestore"):
            keep_files(shop.engine, folder, odoo=shop.odoo()["Id"], db=_database(shop)["Id"])
        if changed(order.recipe, environment):
            raise EnvironmentFailure("what it is made of was changed while it was being made")
        _stop_database(shop)
        _commit(order, shop, report, seconds=time.monotonic() - begin)


def look(environment: Environment, settings: Settings) -> tuple[Inventory, bytes]:
    """Which modules this Odoo has, and the same as JSON. Raises EnvironmentFailure."""
    model: Model = {**environment.model, "services": {ODOO: _idle(environment.model["services"][ODOO])}}
    arguments = odoo_command.install_arguments((), settings, database=DATABASE)
    with _open_workshop(environment, model) as shop:
        report = _run(shop, ("inventory",), arguments, timeout=LOOK)
    try:
        return inventory.parsed(report), report
    except (ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailure("what Odoo's container says of its modules cannot be read") from error


@contextmanager
def _open_workshop(environment: Environment, model: Model) -> Iterator[Environment]:
    """The workshop's containers run. They are removed at the end, and also after a failure."""
    service: Service = {**model["services"][ODOO], "image": odoo_image(environment)}
    shop, output = replace(environment, model=replaced(model, ODOO, service), engine=connect(timeout=SLOW)), Tail(2048)
    try:
        if (code := shop.up(shop.model, output)) != 0:
            raise EnvironmentFailure(f"the workshop did not start{shop.why_not_up(code, output)}")
        yield shop
    except Exception:  # not an interrupt: the run's own teardown comes next, and removes the workshop
        _clear(shop, settled=False)
        raise
    _clear(shop, settled=True)  # all came up, so nothing is in the making


def _clear(shop: Environment, *, settled: bool) -> None:
    cleanup = teardown(shop.run_id, settled=settled)
    if not cleanup.is_clean:
        raise EnvironmentFailure(f"the workshop could not be removed: {cleanup}")


def workshop_model(model: Model, image: str | None = None) -> Model:
    """The database as the run has it, begun from ``image`` if there is one, and an odoo container that does nothing."""
    database = without(model["services"][DB], ("depends_on", "links"))
    if image:
        database = {**database, "image": image}
    odoo: Service = {
        **_idle(model["services"][ODOO]),
        "depends_on": {DB: {"condition": "service_healthy", "required": True}},
    }
    return {**model, "services": {DB: database, ODOO: odoo}}


def _idle(service: Service) -> Service:
    idle: Service = {"entrypoint": ["sleep"], "command": ["infinity"], "healthcheck": {"disable": True}}
    return {**without(service, ("ports", "depends_on", "links")), **idle}


def _install(order: Order, shop: Environment, settings: Settings) -> Report:
    if order.parent and (folder := order.parent.label.get("filestore")):
        lay_out_files(shop.engine, folder, odoo=shop.odoo()["Id"], db=_database(shop)["Id"])
    options = {
        "assets": order.recipe.assets,
        "unlock": PLACEHOLDER in json.dumps(shop.model),
        "listed": order.parent is not None,
    }
    program = ("install", ",".join(name for name, asked in options.items() if asked))
    arguments = odoo_command.install_arguments(order.installs, settings, database=DATABASE)
    report = _run(shop, program, (*arguments, "--stop-after-init"), timeout=max(settings.test_timeout, INSTALL))
    return sound(json.loads(report), order)


def _run(shop: Environment, program: tuple[str, ...], arguments: tuple[str, ...], *, timeout: float) -> bytes:
    """The report that the program in the odoo container writes; ``timeout`` is in seconds."""
    work, output = f"{WORK}/preparation", Tail(2048)
    shop.copy_in(packed(work, PROGRAM, preparation()))
    name, *options = program
    with shop.started(("python3", f"{work}/{PROGRAM}", name, f"{work}/report", *options, *arguments)) as client:
        code = compose.follow(client, timeout, output.add, shop.observers.output)
    report = shop.read_file(f"{work}/report")
    if code != 0 or not report:
        doing = "could not install its modules" if name == "install" else "could not list its modules"
        raise EnvironmentFailure(f"Odoo {doing} (exit code {code}). It said:\n{output}")
    return report


def sound(report: Report, order: Order) -> Report:
    """The report of an installation without any fault. Raises EnvironmentFailure."""
    modules, wanted = report["modules"], order.recipe.modules
    if report["errors"]:
        raise EnvironmentFailure(
            f"{report['errors']} errors were logged while {', '.join(listed(order.names, 3))} was installed"
        )
    if unfinished := sorted(name for name, state in modules.items() if state != "installed"):
        raise EnvironmentFailure(f"not all modules were installed: {', '.join(unfinished)}")
    if missing := sorted(set(wanted) - set(modules)):
        raise EnvironmentFailure(f"Odoo passed over {', '.join(listed(missing))}")
    return report


def _stop_database(shop: Environment) -> None:
    container = _database(shop)
    shop.engine.api.stop(container["Id"], timeout=int(SLOW))
    if code := _database(shop)["State"].get("ExitCode"):
        raise EnvironmentFailure(f"PostgreSQL did not end in good order (exit code {code})")


def _database(shop: Environment) -> Container:
    if container := shop.engine.service(shop.run_id, DB):
        return container
    raise EnvironmentFailure("the database of the workshop is gone")


def _commit(order: Order, shop: Environment, report: Report, *, seconds: float) -> None:
    container, base = _database(shop), shop.engine.api.inspect_image(order.recipe.db)
    label: Label = {
        "recipe": cast(RecipeLabel, asdict(order.recipe)),
        "family": order.recipe.family,
        "modules": sorted(report["modules"]),
        "names": list(order.names),
        "below": shop.engine.api.inspect_image(container["Image"])["Size"],
        "filestore": report.get("filestore", ""),
        "parent": order.parent.key if order.parent else "",
        "seconds": round(seconds, 1),
        "origin": order.parent.origin if order.parent else "",
    }
    conf = anonymous(container["Config"], base["Config"])
    conf["Labels"][LABEL] = json.dumps(label, sort_keys=True)
    shop.engine.api.commit(container["Id"], repository=REPOSITORY, tag=order.recipe.key, conf=conf)


def keep_files(engine: Engine, folder: str, *, odoo: str, db: str) -> None:
    """Copies ``folder`` of the container ``odoo`` into the container ``db``, which becomes an image."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        snapshot.add(tar, FILES_FOLDER, b"", kind=tarfile.DIRTYPE, mode=0o755)
    engine.copy_into(db, buffer.getvalue())
    _copy(engine, odoo, PurePosixPath(folder), db, PurePosixPath("/", FILES_FOLDER))


def lay_out_files(engine: Engine, folder: str, *, odoo: str, db: str) -> None:
    """Copies the files of attachments from the container ``db`` to where they were in Odoo's."""
    path = PurePosixPath(folder)
    _copy(engine, db, PurePosixPath("/", FILES_FOLDER, path.name), odoo, path.parent)


def _copy(engine: Engine, source: str, path: PurePosixPath, target: str, folder: PurePosixPath) -> None:
    """With owners and times, and piece by piece: all at once might be more than our memory should hold."""
    pieces, _ = engine.api.get_archive(source, str(path))
    engine.api.put_archive(target, str(folder), pieces)
