"""Docker Compose through its command line: pure functions build the commands and the model, one function runs them."""

from __future__ import annotations

import copy
import json
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from hub_runner.errors import EnvironmentFailure, UsageError

ODOO, DB = "odoo", "db"
CONTAINER_PORT = 8069
Model = dict[str, Any]


def config_command(file: Path) -> tuple[str, ...]:
    return ("docker", "compose", "--file", str(file), "--project-directory", str(file.parent), "config", "--format", "json")


def up_command(project: str, model: Path) -> tuple[str, ...]:
    return ("docker", "compose", "--project-name", project, "--file", str(model), "up", "--detach", "--pull", "never")


def exec_command(container: str, command: tuple[str, ...]) -> tuple[str, ...]:
    return ("docker", "exec", container, *command)


def run(
    command: tuple[str, ...], *, environ: Mapping[str, str], output: Callable[[bytes], None], timeout: float | None = None
) -> int | None:
    """Runs a client in a process group of its own, its words going to ``output`` as they come.

    The exit code; None where ``timeout`` seconds were over first, and the client was killed.
    """
    end = time.monotonic() + (timeout or float("inf"))
    with _start(command, environ, stderr=subprocess.STDOUT) as process, selectors.DefaultSelector() as selector:
        assert process.stdout is not None
        selector.register(process.stdout, selectors.EVENT_READ)
        try:
            while selector.select(None if timeout is None else max(end - time.monotonic(), 0)):
                if not (chunk := os.read(process.stdout.fileno(), 65536)):
                    return process.wait()
                output(chunk)
            return None
        finally:
            process.kill()


def _start(command: tuple[str, ...], environ: Mapping[str, str], stderr: int) -> subprocess.Popen[bytes]:
    """Starts a client out of reach of the terminal's Ctrl-C, which is the runner's to handle. Raises EnvironmentFailure."""
    try:
        return subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
    except FileNotFoundError as error:
        raise EnvironmentFailure("`docker` is not on PATH. `nox -s setup` installs what is missing.") from error


def resolve(file: Path, environ: Mapping[str, str]) -> Model:
    """The compose file as compose reads it, all variables filled in. Raises UsageError where it is not fit for a run."""
    if not file.is_file():
        raise UsageError(
            f"There is no compose file {file}. Set `compose-file` in [tool.hub-runner] or copy hub-runner's own."
        )
    with _start(config_command(file), environ, stderr=subprocess.PIPE) as process:
        words, complaint = process.communicate()
    if process.returncode != 0:
        raise _refusal(file, complaint.decode(errors="replace").strip())
    model: Model = json.loads(words)
    services = model.get("services") or {}
    if ODOO not in services:
        raise UsageError(f"{file} has no service called `{ODOO}`; it has: {', '.join(services) or 'none'}.")
    check = services[ODOO].get("healthcheck") or {}
    if check.get("disable") or check.get("test") in (None, [], ["NONE"]):
        raise UsageError(f"{file}: the service `{ODOO}` needs a healthcheck: no test may start before it has answered.")
    return model


def _refusal(file: Path, words: str) -> Exception:
    if "is not a docker command" in words or "unknown flag" in words or "unknown shorthand" in words:
        return EnvironmentFailure(
            f"Docker's compose plugin is missing or too old (2.20 or later is needed): {words.splitlines()[0]} "
            "`nox -s setup` installs what is missing."
        )
    return UsageError(f"{file} is not a valid compose file:\n{words}")


def version(environ: Mapping[str, str]) -> str:
    """The plugin's version, such as 2.26.1."""
    with _start(("docker", "compose", "version", "--short"), environ, stderr=subprocess.DEVNULL) as process:
        return process.communicate()[0].decode().strip()


def own(
    model: Model, *, project: str, labels: Mapping[str, str], addons: tuple[Path, ...], images: Mapping[str, str]
) -> Model:
    """The model as a run may own it: labelled all over, and without what would make two runs meet or outlive their end.

    Dropped are container names, restart policies, fixed names of networks and volumes, ports of other services and mounts
    of ``addons``: the modules are copied in instead, so that a test cannot change the checkout, nor an edit a running test.
    ``images`` says which image takes the place of which.
    """
    model = copy.deepcopy(model) | {"name": project}
    for name, service in model["services"].items():
        for key in ("container_name", "restart", *(() if name == ODOO else ("ports",))):
            service.pop(key, None)
        service["labels"] = {**(service.get("labels") or {}), **labels}
        if image := service.get("image"):
            service["image"] = images.get(image, image)
        service["volumes"] = [it for it in service.get("volumes") or () if not _is_addons(it, addons)]
    for kind in ("networks", "volumes"):
        for name, it in (model.get(kind) or {}).items():
            if not (it := it or {}).get("external"):
                model[kind][name] = {**it, "name": f"{project}_{name}", "labels": {**(it.get("labels") or {}), **labels}}
    return model


def addons_target(model: Model, addons: tuple[Path, ...]) -> str:
    """The folder inside the container in which the compose file shows the checkout's modules to Odoo."""
    targets = (it["target"] for it in model["services"][ODOO].get("volumes") or () if _is_addons(it, addons))
    return next(targets, "/mnt/extra-addons")


def _is_addons(mount: Mapping[str, Any], addons: tuple[Path, ...]) -> bool:
    return mount.get("type") == "bind" and Path(mount["source"]).resolve() in {folder.resolve() for folder in addons}


def kill_clients(project: str) -> None:
    """Kills what still creates: every compose client of ``project``, whoever started it, plugin processes included."""
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if "--project-name" in line and project in line and "compose" in line:
                process.kill()
        except psutil.Error:
            continue
