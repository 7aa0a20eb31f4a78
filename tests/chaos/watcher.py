"""What the engine made and removed for which run, from its own stream of events: to the millisecond, and without asking.

An anonymous volume bears no label: it belongs to the container that it was made for.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import docker
import docker.errors
import requests.exceptions
from docker.types import CancellableStream

PROJECT = "com.docker.compose.project"
MADE, GONE = ("create",), ("destroy",)


class Watcher:
    """A context manager: listens while it is open. Without ``host`` to the engine of this process."""

    def __init__(self, host: str = "") -> None:
        self.client = docker.DockerClient(base_url=host) if host else docker.from_env()
        self.api: Any = self.client.api
        self.alive: dict[tuple[str, str], str] = {}  # kind and name -> project, empty if nobody is known yet
        self.volumes_of: dict[str, set[str]] = {}  # project -> anonymous volumes
        self.changed: dict[str, float] = {}  # project -> when something of it was last removed

    def __enter__(self) -> Watcher:
        self._stream: CancellableStream[dict[str, Any]] = self.api.events(decode=True)
        self._thread = threading.Thread(target=self._listen, daemon=True, name="engine events")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._thread.join(timeout=5)
        self.client.close()

    def _listen(self) -> None:
        with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException, OSError, ValueError):
            for event in self._stream:
                self._note(event)

    def _note(self, event: dict[str, Any]) -> None:
        kind, action, actor = event.get("Type", ""), event.get("Action", ""), event.get("Actor", {})
        if kind not in ("container", "network", "volume") or action not in (*MADE, *GONE):
            return
        attributes = actor.get("Attributes") or {}
        name = actor["ID"] if kind != "network" else attributes.get("name", actor["ID"])
        if action in MADE:
            self.alive[kind, name] = attributes.get(PROJECT) or (name.split("_")[0] if "_" in name else "")
            if kind == "container":
                self._adopt(name, attributes.get(PROJECT, ""))
        elif project := self.alive.pop((kind, name), ""):
            self.changed[project] = event["timeNano"] / 1e9

    def _adopt(self, container: str, project: str) -> None:
        """The volumes of a container that was just made; one that is gone already took its volumes along."""
        with contextlib.suppress(docker.errors.DockerException):
            for mount in self.api.inspect_container(container)["Mounts"]:
                if mount["Type"] == "volume" and len(mount["Name"]) == 64:
                    self.alive["volume", mount["Name"]] = project
                    self.volumes_of.setdefault(project, set()).add(mount["Name"])

    def of(self, prefix: str) -> list[str]:
        """What the events say is there now of runs whose names start with ``prefix``."""
        return [f"{kind} {name}" for (kind, name), project in list(self.alive.items()) if project.startswith(prefix)]

    def last_change(self, prefix: str) -> float | None:
        return max((at for project, at in self.changed.items() if project.startswith(prefix)), default=None)

    def look(self, prefix: str) -> list[str]:
        """What the engine itself shows of them, by name and by label, asked once."""
        volumes = {it["Name"]: it for it in self.api.volumes().get("Volumes") or ()}
        anonymous = {name for project, them in self.volumes_of.items() if project.startswith(prefix) for name in them}
        return [
            *(f"container {_name(it)}" for it in self.api.containers(all=True) if _is_of(prefix, _name(it), it)),
            *(f"network {it['Name']}" for it in self.api.networks() if _is_of(prefix, it["Name"], it)),
            *(f"volume {name}" for name, it in volumes.items() if name in anonymous or _is_of(prefix, name, it)),
        ]

    def dangling(self) -> set[str]:
        """Anonymous volumes that no container uses and that no run is known to have made."""
        known = {name for them in self.volumes_of.values() for name in them}
        found = self.api.volumes(filters={"dangling": True}).get("Volumes") or ()
        return {it["Name"] for it in found if len(it["Name"]) == 64} - known


def _name(container: dict[str, Any]) -> str:
    return str((container.get("Names") or [container["Id"]])[0]).lstrip("/")


def _is_of(prefix: str, name: str, resource: dict[str, Any]) -> bool:
    return name.startswith(prefix) or str((resource.get("Labels") or {}).get(PROJECT, "")).startswith(prefix)
