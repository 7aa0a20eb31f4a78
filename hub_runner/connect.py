"""The way to the engine, and clear words where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

import docker
from docker.context import ContextAPI

from hub_runner.engine import Engine, Failures
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
