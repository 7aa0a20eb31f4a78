"""What the doctor looks at: engine, Compose, the compose file, images, runs; programs, disks and folders of the machine."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from docker.errors import DockerException

from hub_runner.checkout.modules import catalogue
from hub_runner.cleanup import sweep, uat_resources
from hub_runner.cleanup.owner import is_alive
from hub_runner.engine import compose as engine_compose
from hub_runner.engine import composefile
from hub_runner.engine import images as engine_images
from hub_runner.engine.client import Engine, Failures, context_name
from hub_runner.engine.composefile import resolve
from hub_runner.engine.model import Model
from hub_runner.errors import EnvironmentFailure, HubRunnerError, UsageError
from hub_runner.host.folders import state_folder
from hub_runner.host.lock import Lock, UnusableLock
from hub_runner.machine.commands import output as output_of
from hub_runner.requirements import store
from hub_runner.requirements.store import Derived
from hub_runner.settings import OWN_FOLDER, Settings
from hub_runner.warm.store import PreparedDatabase, databases

SETUP = "`nox -s setup`"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One answer. ``good`` and ``fatal`` make the mark; ``fatal`` says whether a run fails if the check is not good."""

    name: str
    good: bool
    text: str
    advice: str = ""
    details: tuple[str, ...] = ()
    fatal: bool = True

    @property
    def stops(self) -> bool:
        return self.fatal and not self.good

    @property
    def mark(self) -> str:
        return "ok" if self.good else "!!" if self.fatal else "! "

    def __str__(self) -> str:
        first = f"{self.mark}  {self.name:12} {self.text}{f' -> {self.advice}' if self.advice else ''}"
        return "\n".join([*first.splitlines(), *(f"{'':17}{line}" for line in self.details)])


def gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"


def engine_version(engine: Engine) -> Check:
    where = os.environ.get("DOCKER_HOST") or f"context {context_name()}"
    try:
        return Check(name="engine", good=True, text=f"{engine.version()}, {where}")
    except Failures as error:
        return Check(name="engine", good=False, text=f"answers, but not what it is: {error}", advice="look at its log")


def compose() -> Check:
    try:
        return Check(name="compose", good=True, text=engine_compose.version(os.environ))
    except EnvironmentFailure as error:
        return Check(name="compose", good=False, text=str(error))


def model(settings: Settings) -> Model | HubRunnerError:
    """The repository's compose file as compose reads it, or why a run would refuse it."""
    environ = {**os.environ, **composefile.variables(settings.odoo_image, settings.db_image)}
    try:
        return resolve(composefile.compose_file(settings), environ, folder=composefile.compose_folder(settings))
    except HubRunnerError as error:
        return error


def compose_file(settings: Settings, found: Model | HubRunnerError) -> Check:
    if isinstance(found, HubRunnerError):
        return Check(name="compose file", good=False, text=str(found))
    return Check(
        name="compose file", good=True, text=f"{composefile.compose_file(settings)} with {', '.join(found['services'])}"
    )


def images(settings: Settings, engine: Engine, found: Model | HubRunnerError) -> Iterator[Check]:
    """Whether each image of the settings and of the compose file is here, or its stand-in."""
    try:
        chosen = engine_images.choose(settings, engine.client)
        services = {} if isinstance(found, HubRunnerError) else found["services"]
        instead = {settings.odoo_image: chosen.odoo, settings.db_image: chosen.db}
        asked = dict.fromkeys([*instead, *(s["image"] for s in services.values() if "image" in s)])
        for reference in dict.fromkeys(instead.get(image, image) for image in asked):
            yield image(engine, reference)
    except (HubRunnerError, *Failures) as error:
        yield Check(name="image", good=False, text=str(error))
        return
    if chosen.stand_in:
        yield Check(name="stand-ins", good=False, text=chosen.stand_in, fatal=False)


def image(engine: Engine, reference: str) -> Check:
    if not engine_images.present(engine.client, reference):
        return Check(name="image", good=False, text=f"{reference} is not here", advice=f"{SETUP} gets it")
    attributes = engine.client.images.get(reference).attrs
    return Check(
        name="image", good=True, text=f"{reference} ({gigabytes(attributes['Size'])}, {engine.digest(reference)[:19]})"
    )


def runs(settings: Settings, engine: Engine) -> Check:
    """This user's and this repository's: what lives, and what dead runs have left."""
    try:
        found = sweep.belongings(engine, settings.prefix)
        others = sweep.of_other_versions(engine, settings.prefix)
    except Failures as error:
        return Check(name="runs", good=False, text=f"the engine does not list them: {error}")
    dead = [run for run in found if not is_alive(run.owner)]
    return Check(
        name="runs",
        good=not dead,
        text=f"{len(found) - len(dead)} living, {len(dead)} orphaned",
        advice="`nox -s clean` removes orphans, and so does the next run" if dead else "",
        details=(
            *(
                f"{run.state} {run.owner.run}: {len(run.resources)} resources, {run.age(time.time()) / 60:.0f} min old"
                for run in found
            ),
            *([others] if others else []),
        ),
        fatal=False,
    )


def lasting(settings: Settings, engine: Engine) -> Check:
    """The environment of `uat`, which is meant to stay."""
    try:
        return Check(name="uat", good=True, text=str(uat_resources.look(settings, engine)), fatal=False)
    except Failures as error:
        return Check(name="uat", good=False, text=f"the engine does not show it: {error}", fatal=False)


def caches(settings: Settings, engine: Engine) -> Check:
    """The prepared databases, the least recently used first."""
    return _kept("caches", "prepared databases", partial(databases, engine), settings)


def derived_images(settings: Settings, engine: Engine) -> Check:
    """The odoo images with added packages, the least recently used first."""
    return _kept("derived", "images with added packages", partial(store.derived_images, engine), settings)


def _kept(name: str, what: str, listed: Callable[[], Sequence[PreparedDatabase | Derived]], settings: Settings) -> Check:
    try:
        found = listed()
    except Failures as error:
        return Check(name=name, good=False, text=f"the engine does not list them: {error}", fatal=False)
    size, now = sum(image.size for image in found), time.time()
    return Check(
        name=name,
        good=True,
        text=f"{len(found)} {what}, {gigabytes(size)} of at most {settings.cache_limit:g} GB",
        details=tuple(f"{image} {gigabytes(image.size)}, used {(now - image.used) / 3600:.1f} h ago" for image in found),
        fatal=False,
    )


def data_root(engine: Engine) -> Path | None:
    """Where the engine keeps its data, if that is on a disk of this machine; else None."""
    if not engine.api.base_url.startswith("http+docker://"):  # not a Unix socket
        return None
    try:
        folder = Path(engine.api.info()["DockerRootDir"])
        return folder if folder.exists() else None
    except (DockerException, KeyError, OSError):
        return None


# An Odoo run writes some 0.3 GB; below the second figure it is not worth a try.
LOW, FULL = 3e9, 0.5e9


def tools() -> Check:
    """Python, nox and git, of which a run needs the first alone."""
    nox = bool(shutil.which("nox")) or "HUB_RUNNER_PARENT" in os.environ
    git = output_of(("git", "--version"))
    found = [
        f"Python {platform.python_version()}",
        "nox" if nox else "no nox on PATH",
        git.replace(" version", "") if git else "no git: a log cannot name the commit",
    ]
    return Check(name="tools", good=nox, text=", ".join(found), advice="" if nox else "pip install nox", fatal=False)


def modules(settings: Settings) -> Check:
    """Whether there is anything to test."""
    try:
        found = catalogue(settings.addons_folders).folders
    except UsageError as error:
        return Check(name="modules", good=False, text=str(error))
    return Check(
        name="modules",
        good=bool(found),
        text=f"{len(found)} in {', '.join(map(str, settings.addons_folders))}",
        advice="" if found else "go to a checkout, or set `addons` to the folders with modules",
    )


def disk(settings: Settings, data_root: Path | None) -> Iterator[Check]:
    """How much room there is for the files of runs, and for the engine's data if they are on this machine."""
    for name, folder in (("engine disk", data_root), ("disk", settings.output_folder)):
        if folder is not None and (free := _free(folder)) is not None:
            yield Check(
                name=name,
                good=free >= LOW,
                text=f"{gigabytes(free)} free on {folder}",
                advice="" if free >= LOW else "`docker system df` says what takes the room",
                fatal=free < FULL,
            )


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def output(settings: Settings) -> Check:
    """Where the log and the folders of the runs are written."""
    folder = settings.output_folder
    runs = folder / OWN_FOLDER / "runs"
    kept = sorted(runs.iterdir()) if os.access(runs, os.R_OK | os.X_OK) and runs.is_dir() else []
    good = _takes_files(runs)
    return Check(
        name="output",
        good=good,
        text=f"{folder}, with {len(kept)} runs ({gigabytes(sum(map(_size, kept)))})"
        if good
        else f"{folder} is not writable",
        advice="" if good else "set `output` to a folder that is",
    )


def _takes_files(folder: Path) -> bool:
    """Whether this user may write there; if there is no such folder, whether it could be made."""
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)  # noqa: PTH112  # says False if permission is denied


def _size(folder: Path) -> int:
    """In bytes. What another run removes meanwhile does not count."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                size += Path(parent, name).lstat().st_size
    return size


def state() -> Check:
    """Where the runs of this host see each other: whether a run could take a lock there."""
    folder = state_folder()
    if not os.path.lexists(folder):
        good = _takes_files(folder.absolute())
        advice = "" if good else "set HUB_RUNNER_STATE to one folder for all"
        text = f"{folder} ({'made by the first run' if good else 'this user cannot make it'})"
        return Check(name="state", good=good, text=text, advice=advice)
    try:
        for room in ("ports", "runs"):
            if lock := Lock.try_acquire(folder / room / "doctor.lock", holder="the doctor"):
                lock.release(remove=True)
    except UnusableLock as error:
        return Check(name="state", good=False, text=str(error))
    return Check(name="state", good=True, text=str(folder))
