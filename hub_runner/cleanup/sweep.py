"""The third net: what provably dead runs of this user, host and repository left is removed before the next run.

``nox -s clean``: the sweep on demand, and with ``--all`` the end of this user's living runs.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

import psutil

from hub_runner.cleanup.owner import RUN_LABEL, Owner, here, is_alive, is_running, lock_path, read
from hub_runner.cleanup.teardown import Cleanup, teardown
from hub_runner.engine.client import Engine, connect
from hub_runner.engine.resources import Resource
from hub_runner.errors import CleanupIncomplete
from hub_runner.host.lock import is_held
from hub_runner.settings import Settings


@dataclass(frozen=True)
class Project:
    """All that one run has in the engine."""

    owner: Owner
    resources: tuple[Resource, ...]

    def age(self, now: float) -> float:
        """Seconds since the run got its name, which bears the time."""
        return now - int(self.owner.run.rsplit("-", 2)[-2])


def projects(engine: Engine, prefix: str) -> list[Project]:
    """This user's, on this host, of this repository's prefix. Nobody else's is ever looked at twice."""
    me, found = here(run="", prefix=prefix), dict[str, list[Resource]]()
    owners: dict[str, Owner] = {}
    for resource in engine.bearing(RUN_LABEL):
        owner = read(resource.labels)
        if owner and (owner.host, owner.user, owner.prefix) == (me.host, me.user, me.prefix):
            owners[owner.run] = owner
            found.setdefault(owner.run, []).append(resource)
    return [Project(owners[run], tuple(resources)) for run, resources in sorted(found.items())]


def orphans(engine: Engine, prefix: str) -> list[Project]:
    """The projects whose run is dead."""
    return [project for project in projects(engine, prefix) if not is_alive(project.owner)]


def sweep(dead: Iterable[Project]) -> list[Cleanup]:
    """Removes ``dead`` projects. Not for long: what a foreign container holds must not hold up each run that follows."""
    return [teardown(project.owner.run, limit=3) for project in dead]


def forget_locks(prefix: str) -> None:
    """Removes the lock files of dead runs. Who is about to take one of them notices, and makes it again."""
    for path in lock_path("").parent.glob(f"{prefix}*.lock"):
        with contextlib.suppress(OSError):  # another user's
            if not is_held(path):
                path.unlink()


PATIENCE = 15.0  # seconds that a run has to end


def clean(settings: Settings, *, living: bool, older_than: float, out: TextIO = sys.stdout) -> int:
    """Removes orphans older than ``older_than`` seconds; with ``living`` other runs of this user too. Its exit code."""
    found = [it for it in projects(connect(), settings.prefix) if it.age(time.time()) >= older_than]
    for project in found:
        state = "living" if is_alive(project.owner) else "orphaned"
        print(f"{state} run {project.owner.run}: {', '.join(map(str, project.resources))}", file=out)
    if living:
        for project in found:
            _end(project)
    cleanups = sweep(it for it in found if living or not is_alive(it.owner))
    forget_locks(settings.prefix)
    for cleanup in cleanups:
        print(cleanup, file=out)
    if not cleanups:
        print(f"Nothing to remove: no orphan with the prefix {settings.prefix} is left here.", file=out)
    left = [it for it in cleanups if not it.is_clean]
    return CleanupIncomplete.return_code if left else 0


def _end(project: Project) -> None:
    """Asks a living run to end, and gives it, or its guard, the time to clean up."""
    owner, end = project.owner, time.monotonic() + PATIENCE
    if is_running(owner):
        with contextlib.suppress(psutil.Error):
            psutil.Process(owner.pid).terminate()
    while is_alive(owner) and time.monotonic() < end:
        time.sleep(0.1)
