"""The third net: what provably dead runs of this user, host and repository left is removed before the next run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from hub_runner.engine import Engine
from hub_runner.lock import is_held
from hub_runner.owner import Owner, here, is_alive, lock_path
from hub_runner.resources import Resource
from hub_runner.teardown import Cleanup, teardown


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
    for resource in engine.owned():
        owner = resource.owner
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
