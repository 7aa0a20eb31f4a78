"""The Docker engine through its SDK: what there is, what is published, what belongs to whom, and removing it."""

from __future__ import annotations

from typing import Any

import docker
import docker.errors
import requests.exceptions

from hub_runner import owner, resources
from hub_runner.resources import Resource

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
        return resources.of_project(self.api, project)

    def owned(self) -> list[Resource]:
        """Whatever any run of hub-runner has left or still uses here."""
        return list(resources.bearing(self.api, f"{owner.LABEL}run"))

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
        return [resources.container_name(it) for it in self.api.containers(all=True, filters={resource.kind: resource.name})]

    def service(self, project: str, service: str) -> dict[str, Any] | None:
        """What the engine knows of a service's container (``docker inspect``); None where there is none."""
        labels = [
            f"{resources.PROJECT}={project}",
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
