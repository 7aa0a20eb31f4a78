"""What decides the contents of a cache, all of it: two caches of one recipe hold the same, and nothing else may matter.

Whether a run's database can start from a cache at all: in doubt it cannot, and the run starts cold.

The program that prepares a database inside the odoo container.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from hub_runner.engine.environment import Environment
from hub_runner.engine.model import ODOO, Model, Mount, Service, without
from hub_runner.odoo import command
from hub_runner.plan import Plan
from hub_runner.settings import JUNIT, LOG, RESULT

DB = "db"
FORMAT = 2
# These differ from run to run, or decide when a service counts as ready, and not what its database holds.
# Written by each run, by git or by Python beside its sources: a mounted checkout would never be the same twice.
OURS = {".git", ".hub-runner", "__pycache__"}
WITHOUT_EFFECT = ("image", "labels", "ports", "healthcheck", "depends_on")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """``odoo`` and ``db`` are digests of images; ``day`` is empty without demo data, much of which is relative to today."""

    odoo: str
    db: str
    core: tuple[str, ...]
    demo: bool
    languages: tuple[str, ...]
    assets: bool
    odoo_args: tuple[str, ...]
    services: str
    day: str
    program: str
    format: int = FORMAT

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


def recipe_of(plan: Plan, environment: Environment, today: dt.date | None = None) -> Recipe:
    """What a cache for this run must hold."""
    services, settings = environment.model["services"], plan.settings
    return Recipe(
        odoo=environment.engine.digest(environment.odoo_base or services[ODOO]["image"]),
        db=environment.engine.digest(services[DB]["image"]),
        core=plan.closure.core,
        demo=settings.demo,
        languages=settings.languages,
        assets=plan.asks_for_pages,
        odoo_args=settings.odoo_args,
        services=canonical(environment.model),
        day=(today or utc_today()).isoformat() if settings.demo else "",
        program=hashlib.sha256(preparation()).hexdigest(),
    )


def utc_today() -> dt.date:
    """As Odoo has it: its processes live in UTC."""
    return dt.datetime.now(dt.UTC).date()


def canonical(model: Model) -> str:
    """The two services as text, with the contents of mounted folders for their paths."""
    services = {name: _canonical(model["services"][name]) for name in (DB, ODOO)}
    return json.dumps(services, sort_keys=True)


def _canonical(service: Service) -> Service:
    mounts = [_mount(mount) for mount in service.get("volumes") or ()]
    return {**without(service, WITHOUT_EFFECT), "volumes": mounts}


def _mount(mount: Mount) -> Mount:
    return {**mount, "source": contents(Path(mount["source"]))} if mount.get("type") == "bind" else mount


def contents(path: Path) -> str:
    """A digest of a file, or of all names and contents below a folder. Links below it count by what they say."""
    path, total = path.resolve(), hashlib.sha256()
    for file in _files(path):
        total.update(hashlib.sha256(file.relative_to(path).as_posix().encode()).digest())
        total.update(hashlib.sha256(_content(file)).digest())
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    for parent, folders, names in os.walk(path):
        if ".hub-runner" in folders:  # there the latest run's files lie, too
            names = sorted(set(names) - {LOG, RESULT, JUNIT})
        folders[:] = sorted(set(folders) - OURS)
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*names, *links]))


def _content(file: Path) -> bytes:
    if file.is_symlink():
        return b"-> " + os.fsencode(file.readlink())
    return file.read_bytes() if file.is_file() else b""


PGDATA = "/var/lib/postgresql/data"  # where the official image has it unless the environment says otherwise


def built_by_compose(model: Model) -> str | None:
    """Why the services cannot even be looked at, in words; None where they can."""
    services = model["services"]
    if DB not in services:
        return f"the compose file has no service `{DB}`"
    for name in (DB, ODOO):
        if "build" in services[name]:
            return f"compose builds the image of the service `{name}`: nobody knows beforehand what is in it"
    return None


def unfit(model: Model, image: Mapping[str, Any], *, here: bool = True) -> str | None:
    """Why there is no warm start, in words; None where there can be one.

    ``image`` is the database image's configuration; ``here`` says whether the engine sees the same files as we do.
    """
    services = model["services"]
    if not services[DB].get("healthcheck"):
        return f"the service `{DB}` has no healthcheck in the compose file"
    if (services[ODOO].get("environment") or {}).get("HOST", DB) != DB:
        return f"the database of the service `{ODOO}` is not the service `{DB}`"
    if services[ODOO].get("entrypoint"):
        return f"the service `{ODOO}` has an entrypoint of its own, which may prepare what a database is made with"
    for name in (DB, ODOO):
        if unknown := next(_unknown(services[name], model, here), None):
            return f"the service `{name}` has {unknown}, whose contents nobody knows beforehand"
    data = data_folder(services[DB], image)
    if mount := next((it for it in mounts(services[DB], image) if data.is_relative_to(it)), None):
        return f"PGDATA ({data}) lies in a volume ({mount}), which no image keeps: set it to a folder outside of it"
    return None


def data_folder(service: Service, image: Mapping[str, Any]) -> PurePosixPath:
    """Where PostgreSQL keeps its data."""
    environ = dict(word.split("=", 1) for word in image.get("Env") or ()) | (service.get("environment") or {})
    return PurePosixPath(environ.get("PGDATA") or PGDATA)


def mounts(service: Service, image: Mapping[str, Any]) -> list[PurePosixPath]:
    """What lies outside of the container's own file system."""
    tmpfs = service.get("tmpfs") or []
    targets = [it["target"] for it in service.get("volumes") or ()] + ([tmpfs] if isinstance(tmpfs, str) else list(tmpfs))
    return [PurePosixPath(it.partition(":")[0]) for it in (*targets, *(image.get("Volumes") or ()))]


def _unknown(service: Service, model: Model, here: bool) -> Iterator[str]:
    yield from (f"`{key}`" for key in ("configs", "secrets", "volumes_from") if service.get(key))
    for mount in service.get("volumes") or ():
        source = str(mount.get("source"))
        if mount.get("type") == "bind" and not (here and Path(source).exists()):
            yield f"a mount of {source}, which is not here"
        volume = ((model.get("volumes") or {}).get(source) or {}) if mount.get("type") == "volume" else {}
        if volume.get("external"):
            yield f"the external volume {source}"
        if volume.get("driver_opts") or volume.get("driver") not in (None, "local"):
            yield f"the volume {source} with a driver or options of its own"


PROGRAM = "preparation.pyz"


@lru_cache(maxsize=1)
def preparation() -> bytes:
    """Run it as ``python3 preparation.pyz REPORT assets|no-assets ODOO_ARGUMENT...``."""
    return command.packed(b"from hub_runner.odoo.inside.preparation import main\nmain()\n")
