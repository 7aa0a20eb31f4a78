"""The way to the engine, and clear words where there is none.

The Docker engine through its SDK: what there is, what is published, what belongs to whom, and removing it.

What lies in the engine and bears a label: containers, networks, volumes, and whose they are.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import docker
import docker.errors
import requests.exceptions
from docker.context import ContextAPI

from hub_runner.errors import EnvironmentFailure


def connect(timeout: float = 60) -> Engine:
    """The engine that ``docker`` on the command line would talk to. Raises EnvironmentFailure."""
    try:
        _refuse_unknown_context(os.environ)
        client = docker.from_env(timeout=timeout, use_ssh_client=True)  # type: ignore[arg-type]  # stubs: whole seconds
        if client.api.base_url.startswith("http+"):  # a socket or ssh: no proxy stands before it, and none is looked for
            client.api.trust_env = False
        client.ping()
    except Failures as error:
        raise EnvironmentFailure(_why_not(error)) from error
    return Engine(client)


def _refuse_unknown_context(environ: Mapping[str, str]) -> None:
    """Where the SDK does not find a context it takes the default engine: all would be looked for in the wrong place."""
    name = environ.get("DOCKER_CONTEXT") or "default"
    if not environ.get("DOCKER_HOST") and name != "default" and ContextAPI.get_context(name) is None:
        raise EnvironmentFailure(f"There is no docker context {name!r} (DOCKER_CONTEXT): `docker context ls` lists them.")


def _why_not(error: BaseException) -> str:
    text = str(error)
    context = os.environ.get("DOCKER_CONTEXT")
    where = os.environ.get("DOCKER_HOST") or (f"the context {context}" if context else "its default socket")
    if "Permission" in text:
        return (
            f"The Docker engine on {where} does not let this user in ({text}). Join the group `docker` "
            "(`usermod -aG docker USER` as root, then log in again), or use a rootless engine."
        )
    if shutil.which("docker") is None:
        return f"No Docker engine answers on {where}, and no `docker` is installed. `nox -s setup` installs what is missing."
    return f"No Docker engine answers on {where}: {text}. Start it (`nox -s setup` does where it may), then try again."


# What the SDK raises when the engine refuses, stops in mid-sentence or is away.
Failures = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)


def complaint(error: BaseException) -> str:
    """One of ``Failures`` in a sentence: an engine that refuses is there, and says why."""
    if isinstance(error, docker.errors.APIError):
        return f"The Docker engine refused: {str(error.explanation or error).rstrip('.')}."
    return f"The Docker engine stopped answering: {error}."


class Engine:
    """One connection. Every method may raise one of ``Failures``."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.client = client
        self.api: Any = client.api  # types-docker knows few of the low-level calls

    def version(self) -> str:
        info = self.api.version()
        return f"Docker {info['Version']} ({info['Os']}/{info['Arch']})"

    def of_project(self, project: str) -> list[Resource]:
        return of_project(self.api, project)

    def bearing(self, label: str) -> list[Resource]:
        """Whatever bears ``label`` (``key`` or ``key=value``) here, what must be removed first coming first."""
        return list(bearing(self.api, label))

    def remove(self, resource: Resource) -> None:
        """Kills and removes at once: it is made to be thrown away. What is gone already is fine."""
        try:
            if resource.kind == "container":
                self.api.remove_container(resource.id, force=True, v=True)
            elif resource.kind == "network":
                self.api.remove_network(resource.id)
            else:
                self.api.remove_volume(resource.id, force=True)
        except docker.errors.NotFound:
            pass

    def holders(self, resource: Resource) -> list[str]:
        """The containers that keep a network or volume from being removed, by name."""
        if resource.kind == "container":
            return []
        return [container_name(it) for it in self.api.containers(all=True, filters={resource.kind: resource.name})]

    def service(self, project: str, service: str) -> dict[str, Any] | None:
        """What the engine knows of a service's container (``docker inspect``); None where there is none."""
        labels = [
            f"{PROJECT}={project}",
            f"com.docker.compose.service={service}",
            "com.docker.compose.oneoff=False",
        ]
        found = self.api.containers(all=True, filters={"label": labels})
        try:
            return dict(self.api.inspect_container(found[0]["Id"])) if found else None
        except docker.errors.NotFound:
            return None

    def published_ports(self) -> dict[int, str]:
        """The engine's own map, which it believes more than the kernel's: host port -> who holds it."""
        return {
            port["PublicPort"]: f"container {it['Names'][0].lstrip('/')}"
            for it in self.api.containers()
            for port in it.get("Ports") or ()
            if port.get("PublicPort") and port.get("Type") == "tcp" and it.get("Names")
        }

    def last_lines(self, container: str, lines: int) -> str:
        """The end of a container's log."""
        return str(self.api.logs(container, tail=lines).decode(errors="replace").rstrip())

    def digest(self, image: str) -> str:
        """The image's id, which is the digest of its configuration."""
        return str(self.api.inspect_image(image)["Id"])

    def copy_into(self, container: str, archive: bytes) -> None:
        self.api.put_archive(container, "/", archive)

    def copy_from(self, container: str, path: str) -> bytes:
        """A tar archive of ``path``, also from a container that has stopped; empty where it is not there."""
        try:
            return b"".join(self.api.get_archive(container, path)[0])
        except docker.errors.NotFound:
            return b""


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
