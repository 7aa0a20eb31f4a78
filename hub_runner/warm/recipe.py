"""What decides the contents of a cache, all of it: two caches of one recipe hold the same, and nothing else may matter."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub_runner.environment import Environment
from hub_runner.model import ODOO, PASSWORD, Model
from hub_runner.plan import Plan
from hub_runner.report.place import JUNIT, LOG, RESULT
from hub_runner.warm import program
from hub_runner.warm.http import uses_http

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


def recipe(plan: Plan, environment: Environment, today: dt.date | None = None) -> Recipe:
    """What a cache for this run must hold."""
    services, settings = environment.model["services"], plan.settings
    return Recipe(
        odoo=environment.engine.digest(services[ODOO]["image"]),
        db=environment.engine.digest(services[DB]["image"]),
        core=plan.closure.core,
        demo=settings.demo,
        languages=settings.languages,
        assets=uses_http(plan.module.folder, (it.folder for it in plan.closure.local)),
        odoo_args=settings.odoo_args,
        services=canonical(environment.model, environment.environ.get(PASSWORD, "")),
        day=(today or utc_today()).isoformat() if settings.demo else "",
        program=hashlib.sha256(program.archive()).hexdigest(),
    )


def utc_today() -> dt.date:
    """As Odoo has it: its processes live in UTC."""
    return dt.datetime.now(dt.timezone.utc).date()


def canonical(model: Model, password: str) -> str:
    """The two services as text: without the run's own password, with the contents of mounted folders for their paths."""
    services = {name: copy.deepcopy(model["services"][name]) for name in (DB, ODOO)}
    for service in services.values():
        for key in WITHOUT_EFFECT:
            service.pop(key, None)
        service["volumes"] = [_mount(it) for it in service.get("volumes") or ()]
    text = json.dumps(services, sort_keys=True)
    return text.replace(password, "PASSWORD") if password else text


def _mount(mount: dict[str, Any]) -> dict[str, Any]:
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
