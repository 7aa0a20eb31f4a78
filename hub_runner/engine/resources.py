"""Containers, networks and volumes as the engine lists them: which bear a label, and which belong to one run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PROJECT = "com.docker.compose.project"  # compose's label; its value is the run id
SERVICE = "com.docker.compose.service"  # of a container


@dataclass(frozen=True)
class Resource:
    """A container, network or volume."""

    kind: str
    id: str
    name: str
    labels: dict[str, str]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def bearing(api: Any, label: str) -> Iterator[Resource]:  # Any: types-docker knows few of the low-level calls
    """All that bears ``label`` (``key`` or ``key=value``), what must be removed first coming first."""
    only = {"label": label}
    for container in api.containers(all=True, filters=only):
        yield Resource("container", container["Id"], container_name(container), container.get("Labels") or {})
        yield from _anonymous_volumes(container)
    for network in api.networks(filters=only):
        yield Resource("network", network["Id"], network["Name"], network.get("Labels") or {})
    for volume in api.volumes(filters=only).get("Volumes") or ():
        yield Resource("volume", volume["Name"], volume["Name"], volume.get("Labels") or {})


def of_run(api: Any, run_id: str) -> list[Resource]:
    """All of a run, by label, and its volumes by name too.

    A creation that was in flight makes a volume again that was just removed, and then without labels.
    """
    found = {str(resource): resource for resource in bearing(api, f"{PROJECT}={run_id}")}
    for volume in api.volumes(filters={"name": f"{run_id}_"}).get("Volumes") or ():
        if (name := volume["Name"]).startswith(f"{run_id}_"):
            found.setdefault(f"volume {name}", Resource("volume", name, name, {}))
    return list(found.values())


def _anonymous_volumes(container: dict[str, Any]) -> Iterator[Resource]:
    """They bear no label. The engine removes them with their container, unless compose handed them on to another one."""
    for mount in container.get("Mounts") or ():
        name = mount.get("Name") or ""
        if mount.get("Type") == "volume" and re.fullmatch("[0-9a-f]{64}", name):
            yield Resource("volume", name, name, {})


def container_name(container: dict[str, Any]) -> str:
    """The name of a container that the engine has listed; the beginning of its id if it has none."""
    return str((container.get("Names") or [container["Id"][:12]])[0]).lstrip("/")
