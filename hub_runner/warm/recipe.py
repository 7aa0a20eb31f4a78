"""All that decides what a prepared database holds: two of one recipe hold the same, and nothing else may matter."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DB, ODOO, Model, Mount, Service, without
from hub_runner.errors import EnvironmentFailure
from hub_runner.odoo import command
from hub_runner.plan import Plan
from hub_runner.settings import OWN_FOLDER, WRITTEN

FORMAT = 5
PROGRAM = "preparation.pyz"
# Written by each run, by git or by Python beside its sources: a mounted checkout would never be the same twice.
OURS = {".git", OWN_FOLDER, "__pycache__"}
# These differ from run to run, or decide when a service counts as ready, and not what its database holds.
WITHOUT_EFFECT = ("image", "labels", "ports", "healthcheck", "depends_on")


class RecipeLabel(TypedDict):
    """``Recipe`` as JSON, in the label of a prepared database."""

    odoo: str
    db: str
    modules: list[str]
    demo: bool
    languages: list[str]
    assets: bool
    odoo_args: str
    services: str
    day: str
    program: str
    format: int


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """``odoo`` and ``db`` are digests of images, ``modules`` all that are installed in the end, sorted.

    ``odoo_args`` and ``services`` are digests, because the recipe stands in a label, and they may hold what others must not
    read. ``day`` is empty without demo data, much of which is relative to today.
    """

    odoo: str
    db: str
    modules: tuple[str, ...]
    demo: bool
    languages: tuple[str, ...]
    assets: bool
    odoo_args: str
    services: str
    day: str
    program: str
    format: int = FORMAT

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]

    @property
    def family(self) -> str:
        """Databases of one family differ in their modules and assets alone: a bigger one can begin from a smaller one."""
        return replace(self, modules=(), assets=False).key

    def holding(self, modules: frozenset[str], *, assets: bool) -> Recipe:
        """Another one of the family."""
        return replace(self, modules=tuple(sorted(modules)), assets=assets)

    @classmethod
    def read(cls, label: RecipeLabel) -> Recipe:
        """The recipe that a label holds. Raises KeyError or TypeError for anything else."""
        return cls(
            odoo=label["odoo"],
            db=label["db"],
            modules=tuple(label["modules"]),
            demo=label["demo"],
            languages=tuple(label["languages"]),
            assets=label["assets"],
            odoo_args=label["odoo_args"],
            services=label["services"],
            day=label["day"],
            program=label["program"],
            format=label["format"],
        )


def recipe_of(plan: Plan, environment: Environment, modules: frozenset[str], today: dt.date | None = None) -> Recipe:
    """What a prepared database for this run must hold."""
    services, settings = environment.model["services"], plan.settings
    return Recipe(
        odoo=environment.engine.digest(odoo_image(environment)),
        db=environment.engine.digest(services[DB]["image"]),
        modules=tuple(sorted(modules)),
        demo=settings.with_demo,
        languages=settings.languages,
        assets=plan.asks_for_pages,
        odoo_args=digest(json.dumps(settings.odoo_args)),
        services=digest(canonical(environment.model)),
        day=(today or utc_today()).isoformat() if settings.with_demo else "",
        program=hashlib.sha256(preparation()).hexdigest(),
    )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def changed(recipe: Recipe, environment: Environment) -> bool:
    """Whether what decides has changed since: a mounted folder is the user's own, and making a database takes its time."""
    services, image = environment.model["services"], environment.engine.digest
    now = (image(odoo_image(environment)), image(services[DB]["image"]), digest(canonical(environment.model)))
    return now != (recipe.odoo, recipe.db, recipe.services)


def odoo_image(environment: Environment) -> str:
    """Without packages that the tested modules need and that change nothing in what Odoo's own modules install."""
    return environment.odoo_base or environment.model["services"][ODOO]["image"]


def utc_today() -> dt.date:
    """As Odoo has it: its processes live in UTC."""
    return dt.datetime.now(dt.UTC).date()


@lru_cache(maxsize=1)
def preparation() -> bytes:
    """The program that prepares a database inside the odoo container: see ``odoo/inside/preparation.py``."""
    return command.packed(b"from hub_runner.odoo.inside.preparation import main\nmain()\n")


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
    """A digest of a file, or of all names and contents below a folder. Links below it count by what they say.

    Raises EnvironmentFailure for what this user may not read, and a container may: nobody would see it change.
    """
    path, total = path.resolve(), hashlib.sha256()
    try:
        for file in _files(path):
            total.update(hashlib.sha256(os.fsencode(file.relative_to(path))).digest())
            total.update(hashlib.sha256(_content(file)).digest())
    except OSError as error:
        raise EnvironmentFailure(
            f"{error.filename}, which the compose file mounts, cannot be read here: {error.strerror}"
        ) from error
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for parent, folders, names in os.walk(path, onerror=_refuse):
        ours = {*OURS, *WRITTEN} if OWN_FOLDER in folders else OURS  # the latest run's files lie there, too
        names[:] = set(names) - ours
        folders[:] = sorted(set(folders) - ours)
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*names, *links]))


def _refuse(error: OSError) -> None:
    raise error


def _content(file: Path) -> bytes:
    if file.is_symlink():
        return b"-> " + os.fsencode(file.readlink())
    return file.read_bytes() if file.is_file() else b""
