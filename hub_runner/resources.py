"""What lies in the engine and bears a label: containers, networks, volumes, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub_runner import owner
from hub_runner.owner import Owner

PROJECT = "com.docker.compose.project"


@dataclass(frozen=True)
class Resource:
    """A container, network or volume."""

    kind: str
    id: str
    name: str
    labels: dict[str, str]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def owner(self) -> Owner | None:
        return owner.read(self.labels)


def bearing(api: Any, label: str) -> Iterator[Resource]:
    """All that bears ``label`` (``key`` or ``key=value``), what must be removed first coming first."""
    only = {"label": label}
    for it in api.containers(all=True, filters=only):
        yield Resource("container", it["Id"], container_name(it), it.get("Labels") or {})
        yield from _anonymous_volumes(it)
    for it in api.networks(filters=only):
        yield Resource("network", it["Id"], it["Name"], it.get("Labels") or {})
    for it in api.volumes(filters=only).get("Volumes") or ():
        yield Resource("volume", it["Name"], it["Name"], it.get("Labels") or {})


def of_project(api: Any, project: str) -> list[Resource]:
    """By label, and volumes by name too: a creation in flight makes one that was just removed anew, without labels."""
    found = {str(it): it for it in bearing(api, f"{PROJECT}={project}")}
    for it in api.volumes(filters={"name": f"{project}_"}).get("Volumes") or ():
        if it["Name"].startswith(f"{project}_"):
            found.setdefault(f"volume {it['Name']}", Resource("volume", it["Name"], it["Name"], {}))
    return list(found.values())


def _anonymous_volumes(container: dict[str, Any]) -> Iterator[Resource]:
    """They bear no label, and go with their container; not so where compose has handed them on from one to the next."""
    for mount in container.get("Mounts") or ():
        name = mount.get("Name") or ""
        if mount.get("Type") == "volume" and re.fullmatch("[0-9a-f]{64}", name):
            yield Resource("volume", name, name, {})


def container_name(container: dict[str, Any]) -> str:
    return str((container.get("Names") or [container["Id"][:12]])[0]).lstrip("/")
