"""The third net: what provably dead runs of this user, host and repository left is removed before the next run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub_runner.engine import Engine, Resource
from hub_runner.owner import Owner, here, is_alive
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
    """Removes ``dead`` projects, and their lock files with them."""
    cleanups = []
    for project in dead:
        cleanup = teardown(project.owner.run, limit=10)
        if cleanup.is_clean:
            project.owner.lock_path.unlink(missing_ok=True)
        cleanups.append(cleanup)
    return cleanups
