"""All that can be known and refused before an engine is touched.

What a log says of the checkout that was tested (incident I10): good enough to check.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hub_runner.checkout import git, modules, snapshot, testfiles
from hub_runner.checkout.modules import Closure, Module
from hub_runner.checkout.testfiles import TestFile
from hub_runner.engine import compose as engine_compose
from hub_runner.engine import composefile
from hub_runner.engine.composefile import Model
from hub_runner.odoo import command as odoo_command
from hub_runner.result import RunInfo
from hub_runner.settings import LOG, Settings


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run that can begin. The files are read once: what is tested, judged and signed must be the same (I10)."""

    settings: Settings
    module: Module
    closure: Closure
    model: Model  # of the compose file, with the images that the settings ask for
    compose: str  # the plugin's version
    environ: Mapping[str, str]
    archive: bytes  # of the module and its local dependencies, as they are now
    digest: str  # of the module's files
    test_files: tuple[TestFile, ...]
    commit: str | None
    dirty: bool | None  # whether the checkout differs from ``commit``
    command: tuple[str, ...]  # what the user typed


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """What the runs of one command share: Compose and git are asked once."""

    settings: Settings
    model: Model
    compose: str
    environ: Mapping[str, str]
    commit: str | None
    dirty: bool | None


def plans(
    names: Sequence[str], settings: Settings, *, command: tuple[str, ...], environ: Mapping[str, str] = os.environ
) -> list[Plan]:
    """Everything that runs of these modules need from this checkout. Raises UsageError or EnvironmentFailure."""
    found = [modules.find(name, settings.addons_folders) for name in names]
    for name in names:
        odoo_command.test_tags(name, settings.test_tags)
    checkout = _look(settings, environ)
    return [_plan(module, checkout, command) for module in found]


def _look(settings: Settings, environ: Mapping[str, str]) -> Checkout:
    environ = {**environ, **variables(settings.odoo_image, settings.db_image)}
    environ["HUB_RUNNER_ADDONS"] = str(settings.addons_folders[0])
    with ThreadPoolExecutor(max_workers=1) as beside:  # each call of Docker's client takes a tenth of a second
        version = beside.submit(engine_compose.version, environ)
        resolved = composefile.resolve(compose_file(settings), environ, folder=compose_folder(settings))
    checked_out, dirty = git.commit_of(settings.root, settings.output_folder)
    return Checkout(
        settings=settings,
        model=resolved,
        compose=version.result(),
        environ=environ,
        commit=checked_out,
        dirty=dirty,
    )


def _plan(module: Module, checkout: Checkout, command: tuple[str, ...]) -> Plan:
    settings = checkout.settings
    closure = modules.closure(module, settings.addons_folders, composefile.odoo_image(checkout.model))
    files = {it.name: snapshot.files(it) for it in closure.local}
    resolved, environ = composefile.with_password(checkout.model, checkout.environ, secrets.token_urlsafe(24))
    return Plan(
        settings=settings,
        module=module,
        closure=closure,
        model=resolved,
        compose=checkout.compose,
        environ=environ,
        archive=snapshot.archive(files, composefile.addons_target(resolved, settings.addons_folders)),
        digest=snapshot.digest(files[module.name]),
        test_files=testfiles.scan(files[module.name]),
        commit=checkout.commit,
        dirty=checkout.dirty,
        command=command,
    )


def compose_file(settings: Settings) -> Path:
    """The repository's own file; hub-runner's where the repository has none and names none."""
    own = settings.root / settings.compose_file
    if own.is_file() or settings.compose_file != Settings.compose_file:
        return own
    package = Path(__file__).parent
    return next(it for folder in (package, package.parent) if (it := folder / Settings.compose_file).is_file())


def compose_folder(settings: Settings) -> Path:
    """Where relative paths in the compose file start: beside it, as compose has it, or in the checkout that has none."""
    own = settings.root / settings.compose_file
    return own.parent if own.is_file() else settings.root


def variables(odoo_image: str, db_image: str) -> dict[str, str]:
    """What `docker-compose.agent.yml` leaves open. Each run is given another password later."""
    return {
        "HUB_RUNNER_ODOO_IMAGE": odoo_image,
        "HUB_RUNNER_DB_IMAGE": db_image,
        composefile.PASSWORD: secrets.token_urlsafe(24),
    }


def first_page(plan: Plan, run_id: str) -> RunInfo:
    """What is known of a run before anything has happened."""
    return RunInfo(
        run_id=run_id,
        module=plan.module.name,
        module_version=plan.module.version,
        module_folder=plan.module.folder,
        module_tree=plan.digest,
        root=plan.settings.root,
        started=dt.datetime.now(dt.UTC),
        command=plan.command,
        log=plan.settings.run_folder(run_id) / LOG,
        commit=plan.commit,
        dirty=plan.dirty,
    )
