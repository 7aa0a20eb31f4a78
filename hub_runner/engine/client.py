"""The Docker engine through its SDK: the connection to it, what it knows, and what can be copied in, out or removed."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
import requests.exceptions
import requests.utils
import urllib3.exceptions
from docker.context import ContextAPI
from docker.context import config as context_config

from hub_runner.engine import compose
from hub_runner.engine.container import Container
from hub_runner.engine.container_death import Event
from hub_runner.engine.dial import NOWHERE, DialAdapter
from hub_runner.engine.proxies import LOOPBACK
from hub_runner.engine.resources import PROJECT, SERVICE, Resource, bearing, container_name, of_run
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.files import BROKEN
from hub_runner.host.folders import home

# What the SDK raises if the engine refuses, stops in mid-sentence or is away. Not each OSError: a full disk of our own is no
# fault of the engine.
Failures = (docker.errors.DockerException, requests.exceptions.RequestException, urllib3.exceptions.HTTPError)


def _folder_of_contexts() -> str:
    """Where docker's command line keeps its contexts. The SDK looks beside config.json, and without one where it stands."""
    return str(Path(os.environ.get("DOCKER_CONFIG") or home() / ".docker") / "contexts")


context_config.get_context_dir = _folder_of_contexts


OLDEST_API = "1.24"  # known to each engine that hub-runner can work with


def connect(timeout: float = 60) -> Engine:
    """The engine that ``docker`` on the command line would talk to; ``timeout`` is for each answer, in seconds.

    Raises EnvironmentFailure.
    """
    try:
        _refuse_unknown_context(os.environ)
        client = _client(timeout)
        _set_up(client.api)
        version = client.api.version(api_version=False)
        client.api._version = version["ApiVersion"]  # type: ignore[attr-defined]  # as the SDK does
    except (*Failures, OSError) as error:  # an OSError if no `ssh` can be started
        raise EnvironmentFailure(_why_not(error)) from error
    except BROKEN as error:  # the SDK takes the address and docker's configuration as they are
        raise EnvironmentFailure(_unreadable(error)) from error
    _refuse_podman(version)
    return Engine(client)


def _refuse_podman(version: Mapping[str, Any]) -> None:
    """Its socket speaks Docker's language and names images in another way: a run would fail later, and less clearly."""
    for component in version.get("Components") or ():
        if component.get("Name") == "Podman Engine":
            raise EnvironmentFailure(
                f"This is the socket of Podman {component.get('Version')}, on which hub-runner does not work (it was tried "
                "on 4.3.1). Use a Docker engine; a rootless one needs no rights either: see docs/engines.md."
            )


def _client(timeout: float) -> docker.DockerClient:
    """A version is given so that the SDK does not ask for the engine's before the connection is set up."""
    host = os.environ.get("DOCKER_HOST") or ContextAPI.kwargs_from_context(environment=os.environ).get("base_url") or ""
    if not host.startswith("ssh://"):
        return docker.from_env(version=OLDEST_API, timeout=timeout)  # type: ignore[arg-type]  # stubs: whole seconds
    client = docker.DockerClient(base_url=NOWHERE, version=OLDEST_API, timeout=timeout)  # type: ignore[arg-type]  # as above
    client.api.mount(NOWHERE, DialAdapter(timeout))
    return client


def _set_up(api: Any) -> None:
    """Lets requests take nothing from the environment but a proxy before a TCP port, as docker's command line does.

    Otherwise it would check an engine's certificate against REQUESTS_CA_BUNDLE instead of the engine's own authority, and
    look for a proxy before a socket.
    """
    api.trust_env = False
    address = urlsplit(api.base_url)
    if address.scheme in ("http", "https") and address.hostname not in LOOPBACK:
        api.proxies = requests.utils.get_environ_proxies(api.base_url)


def context_name(environ: Mapping[str, str] = os.environ) -> str:
    """The docker context that ``docker`` on the command line uses unless there is a DOCKER_HOST."""
    return environ.get("DOCKER_CONTEXT") or str(context_config.get_current_context_name() or "default")


def _refuse_unknown_context(environ: Mapping[str, str]) -> None:
    """The SDK takes the default engine if it does not find a context: all would be looked for in the wrong place."""
    name = context_name(environ)
    if not environ.get("DOCKER_HOST") and name != "default" and ContextAPI.get_context(name) is None:
        where = "DOCKER_CONTEXT" if environ.get("DOCKER_CONTEXT") else "currentContext in docker's config.json"
        raise EnvironmentFailure(
            f"There is no docker context {name!r} ({where}): `docker context ls` lists them, `docker context use` takes one."
        )


def _unreadable(error: Exception) -> str:
    host = os.environ.get("DOCKER_HOST")
    address = f"DOCKER_HOST={host}" if host else f"the context {context_name()}"
    return (
        f"The Docker engine's address ({address}) or docker's config.json has a value that cannot be used, or what answers "
        f"there is no Docker engine: {error}. Correct the address, or that file (in DOCKER_CONFIG, else in ~/.docker)."
    )


def _why_not(error: BaseException) -> str:
    text = str(error)
    context = os.environ.get("DOCKER_CONTEXT")
    where = os.environ.get("DOCKER_HOST") or (f"the context {context}" if context else "its default socket")
    if shutil.which("docker") is None:
        return f"No Docker engine answers on {where}, and no `docker` is installed. `nox -s setup` installs what is missing."
    if where.startswith("ssh://"):  # the connection is docker's own, which knows why there is none
        said = compose.ask(("docker", "version"), os.environ, timeout=30)[2].strip()
        return f"No Docker engine answers on {where}: {said or text}\nTry `ssh` by hand with this address."
    if "Permission" in text:
        return (
            f"The Docker engine on {where} does not let this user in ({text}). Join the group `docker` "
            "(`usermod -aG docker USER` as root, then log in again), or use a rootless engine."
        )
    return f"No Docker engine answers on {where}: {text}. Start it (`nox -s setup` does where it may), then try again."


def complaint(error: BaseException) -> str:
    """One of ``Failures`` in a sentence: an engine that refuses is there, and says why."""
    if isinstance(error, docker.errors.APIError):
        return f"The Docker engine refused: {str(error.explanation or error).rstrip('.')}."
    return f"The Docker engine stopped answering: {error}."


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns ``Failures`` into EnvironmentFailure, for verbs that are no run: an engine that went away is no defect."""
    try:
        yield
    except Failures as error:
        raise EnvironmentFailure(complaint(error)) from error


class Engine:
    """One connection. Every method may raise one of ``Failures``."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.client = client
        self.api: Any = client.api  # types-docker knows few of the low-level calls

    def version(self) -> str:
        """Such as "Docker 26.1.5 (linux/amd64)"."""
        info = self.api.version()
        return f"Docker {info['Version']} ({info['Os']}/{info['Arch']})"

    def identity(self) -> str:
        """The same whatever the name or address by which the engine was found, and another one for each engine."""
        return re.sub(r"[^\w-]", "", str(self.api.info()["ID"]))

    def of_run(self, run_id: str) -> list[Resource]:
        """All that a run has here, what must be removed first coming first."""
        return of_run(self.api, run_id)

    def bearing(self, label: str) -> list[Resource]:
        """Whatever bears ``label`` (``key`` or ``key=value``) here, what must be removed first coming first."""
        return list(bearing(self.api, label))

    def remove(self, resource: Resource) -> None:
        """Kills and removes at once: it is made to be thrown away. If it is gone already, that is fine."""
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
        """The names of the containers that keep a network or volume from being removed."""
        if resource.kind == "container":
            return []
        users = self.api.containers(all=True, filters={resource.kind: resource.name})
        return [container_name(container) for container in users]

    def service(self, run_id: str, service: str) -> Container | None:
        """What the engine knows of a service's container (``docker inspect``); None if there is none."""
        labels = [f"{PROJECT}={run_id}", f"{SERVICE}={service}", "com.docker.compose.oneoff=False"]
        containers = self.api.containers(all=True, filters={"label": labels})
        try:
            container: Container | None = self.api.inspect_container(containers[0]["Id"]) if containers else None
        except docker.errors.NotFound:
            return None
        return container

    def published_ports(self) -> dict[int, str]:
        """Who holds each host port by the engine's own map, which the engine believes more than the kernel's."""
        return {
            port["PublicPort"]: f"container {container_name(container)}"
            for container in self.api.containers()
            for port in container.get("Ports") or ()
            if port.get("PublicPort") and port.get("Type") == "tcp" and container.get("Names")
        }

    def last_lines(self, container: str, lines: int) -> str:
        """The end of a container's log, or a line on why it cannot be read."""
        try:
            return str(self.api.logs(container, tail=lines).decode(errors="replace").rstrip())
        except docker.errors.APIError as error:  # the engine's own logging driver may keep none
            return f"(its log cannot be read: {error.explanation})"

    def events(self, container: str) -> list[Event]:
        """What has happened to a container lately. The engine remembers few events, and none from before its own start."""
        now = self.api.info()["SystemTime"]  # the engine's clock, which may differ from ours
        moment = dt.datetime.fromisoformat(re.sub(r"\.(\d{6})\d*", r".\1", now))
        found = self.api.events(since=0, until=moment.timestamp(), filters={"container": container}, decode=True)
        return list(found)

    def digest(self, image: str) -> str:
        """The image's id, which is the digest of its configuration."""
        return str(self.api.inspect_image(image)["Id"])

    def image_volumes(self, image: str) -> list[str]:
        """The folders that an image declares as volumes: what mounts nothing there gets an anonymous one."""
        return sorted(self.api.inspect_image(image)["Config"].get("Volumes") or ())

    def image_command(self, image: str) -> list[str]:
        """What an image starts, or gives to its entrypoint, unless something else is asked for."""
        return list(self.api.inspect_image(image)["Config"].get("Cmd") or ())

    def copy_into(self, container: str, archive: bytes, folder: str = "/") -> None:
        """Unpacks a tar archive in a folder of the container, as root."""
        self.api.put_archive(container, folder, archive)

    def copy_from(self, container: str, path: str, *, at_most: int) -> bytes | None:
        """A tar archive of ``path``, also from a container that has stopped; empty if it is not there.

        None if it is longer than ``at_most`` bytes: what a test wrote must not fill our memory.
        """
        try:
            pieces, _ = self.api.get_archive(container, path)
        except docker.errors.NotFound:
            return b""
        archive = bytearray()
        for piece in pieces:
            archive += piece
            if len(archive) > at_most:
                return None
        return bytes(archive)
