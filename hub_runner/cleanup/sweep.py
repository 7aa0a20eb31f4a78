"""The third net: what provably dead runs of this user, host and repository have left is removed before the next run.

``nox -s clean`` is the sweep on demand, and with ``--all`` the end of this user's living runs, too.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

import psutil

from hub_runner.cleanup.owner import (
    RUN_LABEL,
    Owner,
    here,
    is_alive,
    is_of_other_version,
    is_running,
    kept_until,
    lock_path,
    read,
)
from hub_runner.cleanup.teardown import Cleanup, teardown
from hub_runner.engine.client import Engine, Failures, complaint, connect
from hub_runner.engine.resources import Resource
from hub_runner.errors import CleanupIncomplete, EnvironmentFailure
from hub_runner.host.lock import is_held
from hub_runner.host.waiting import until
from hub_runner.settings import Settings
from hub_runner.text import counted, harmless

TIME_TO_END = 15.0  # seconds that a run has to end after it was asked to


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """All that one run has in the engine."""

    owner: Owner
    resources: tuple[Resource, ...]

    def age(self, now: float) -> float:
        """Seconds since the run got its run id, which has the time in it. ``now`` is in seconds since the epoch."""
        return now - int(self.owner.run.rsplit("-", 2)[-2])

    @property
    def state(self) -> str:
        """Living, orphaned, or kept until a certain moment (--keep)."""
        until = kept_until(self.owner)
        return f"kept until {until}:" if until else "living" if is_alive(self.owner) else "orphaned"


def belongings(engine: Engine, prefix: str) -> list[Belongings]:
    """What runs of this user, on this host, of this repository have. Whatever belongs to others is left alone."""
    me = here(run="", prefix=prefix)
    owners: dict[str, Owner] = {}
    resources: dict[str, list[Resource]] = {}
    for resource in engine.bearing(RUN_LABEL):
        owner = read(resource.labels)
        if owner and (owner.host, owner.user, owner.prefix) == (me.host, me.user, me.prefix):
            owners[owner.run] = owner
            resources.setdefault(owner.run, []).append(resource)
    return [Belongings(owner=owners[run], resources=tuple(of_run)) for run, of_run in sorted(resources.items())]


def orphans(engine: Engine, prefix: str) -> list[Belongings]:
    """What dead runs have in the engine."""
    return [found for found in belongings(engine, prefix) if not is_alive(found.owner)]


def of_other_versions(engine: Engine, prefix: str) -> str:
    """A sentence on what another version of hub-runner has in the engine, which is left alone; empty if there is none."""
    names = [
        resource.name
        for resource in engine.bearing(RUN_LABEL)
        if is_of_other_version(resource.labels) and resource.labels[RUN_LABEL].startswith(prefix)
    ]
    if not names:
        return ""
    return (
        f"{counted(len(names), 'resource')} of runs of another version of hub-runner, such as {harmless(names[0])}: this "
        "version cannot tell whether those runs live, and leaves them alone. That version's `clean` removes orphans of it."
    )


def sweep(engine: Engine, prefix: str, note: Callable[[str], None]) -> None:
    """Removes what dead runs have left: each is noted, and their lock files go, too. Raises one of ``Failures``."""
    for cleanup in _removed(orphans(engine, prefix)):
        note(f"Removed what a dead run had left: {cleanup}")
    forget_locks(prefix)


def _removed(dead: Iterable[Belongings]) -> list[Cleanup]:
    """Removes what these runs have. It gives up soon: what a foreign container holds must not delay each later run."""
    return [teardown(found.owner.run, limit=3) for found in dead]


def forget_locks(prefix: str) -> None:
    """Removes the lock files of dead runs. Whoever is about to take one of them notices, and makes it again."""
    for path in lock_path("").parent.glob(f"{prefix}*.lock"):
        with contextlib.suppress(OSError):  # another user's
            if not is_held(path):
                path.unlink()


def clean(settings: Settings, *, living: bool, older_than: float, kept: bool = False, out: TextIO = sys.stdout) -> int:
    """Removes orphans older than ``older_than`` seconds. Returns the exit code.

    With ``kept`` what --keep has kept goes, too; with ``living`` all other runs of this user. Raises EnvironmentFailure if
    the engine cannot be asked.
    """
    try:
        engine = connect()
        found = [run for run in belongings(engine, settings.prefix) if run.age(time.time()) >= older_than]
        others = of_other_versions(engine, settings.prefix)
    except Failures as error:
        raise EnvironmentFailure(f"{complaint(error)} Nothing was removed.") from error
    for run in found:
        print(f"{run.state} run {run.owner.run}: {', '.join(map(str, run.resources))}", file=out)
    if others:
        print(others, file=out)
    doomed = [run for run in found if living or (kept and kept_until(run.owner)) or not is_alive(run.owner)]
    for run in doomed:
        _end(run.owner)
    cleanups = _removed(doomed)
    forget_locks(settings.prefix)
    for cleanup in cleanups:
        print(cleanup, file=out)
    if not cleanups:
        print(f"Nothing to remove: no orphan with the prefix {settings.prefix} is left here.", file=out)
    if any(cleanup.engine_away for cleanup in cleanups):
        raise EnvironmentFailure("The engine stopped answering: run `nox -s clean` again when it is back.")
    return 0 if all(cleanup.is_clean for cleanup in cleanups) else CleanupIncomplete.return_code


def _end(owner: Owner) -> None:
    """Asks a living run to end, and gives it, or its guard, the time to clean up."""
    if kept_until(owner):
        with contextlib.suppress(OSError):
            owner.lock_path.unlink()  # its guard waits for that
        return
    if is_running(owner):
        with contextlib.suppress(psutil.Error):
            psutil.Process(owner.pid).terminate()
    until(bool, lambda: not is_alive(owner), seconds=TIME_TO_END, pause=(0.1, 0.1))
