"""The way to the engine, and clear words where there is none."""

from __future__ import annotations

import os
import shutil

import docker

from hub_runner.engine import Engine, Failures
from hub_runner.errors import EnvironmentFailure


def connect(timeout: float = 60) -> Engine:
    """The engine that ``docker`` on the command line would talk to. Raises EnvironmentFailure."""
    try:
        client = docker.from_env(timeout=timeout)  # type: ignore[arg-type]  # the stubs know whole seconds only
        client.ping()
    except Failures as error:
        raise EnvironmentFailure(_why_not(error)) from error
    return Engine(client)


def _why_not(error: BaseException) -> str:
    text = str(error)
    where = os.environ.get("DOCKER_HOST", "its default socket")
    if "Permission" in text:
        return (
            f"The Docker engine on {where} does not let this user in ({text}). Join the group `docker` "
            "(`usermod -aG docker USER` as root, then log in again), or use a rootless engine."
        )
    if shutil.which("docker") is None:
        return f"No Docker engine answers on {where}, and no `docker` is installed. `nox -s setup` installs what is missing."
    return f"No Docker engine answers on {where}: {text}. Start it (`nox -s setup` does where it may), then try again."
