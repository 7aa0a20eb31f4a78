"""The compose file of a repository: what it says, and what becomes of it for one run."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from hub_runner import compose, plugin
from hub_runner.errors import EnvironmentFailure, UsageError

ODOO = "odoo"
DATABASE = "hub_runner_test"  # the tests' own: the server of the odoo service never opens it (incident I6)
PASSWORD = "HUB_RUNNER_DB_PASSWORD"  # noqa: S105  # the name of a variable, not a password
OFFICIAL = re.compile(r"(.*/)?odoo(:[\w.-]+)?(@.*)?")
Model = dict[str, Any]


def resolve(file: Path, environ: Mapping[str, str], *, folder: Path | None = None) -> Model:
    """The compose file as compose reads it, all variables filled in; paths in it start at ``folder``, else at its own.

    Raises UsageError where it is not fit for a run.
    """
    if not file.is_file():
        raise UsageError(f"There is no compose file {file}. Correct `compose-file` in [tool.hub-runner] of pyproject.toml.")
    code, words, complaint = compose.ask(compose.config_command(file, folder or file.parent), environ)
    if code != 0:
        raise _refusal(file, complaint.strip())
    model: Model = json.loads(words)
    services = model.get("services") or {}
    if ODOO not in services:
        raise UsageError(f"{file} has no service called `{ODOO}`; it has: {', '.join(services) or 'none'}.")
    check = services[ODOO].get("healthcheck") or {}
    if check.get("disable") or check.get("test") in (None, [], ["NONE"]):
        raise UsageError(f"{file}: the service `{ODOO}` needs a healthcheck: no test may start before it has answered.")
    return model


def _refusal(file: Path, words: str) -> Exception:
    if any(mark in words for mark in ("is not a docker command", "unknown command", "unknown flag", "unknown shorthand")):
        return EnvironmentFailure(plugin.too_old(f"It said: {words.splitlines()[0]}."))
    if words.startswith("Failed to initialize"):
        return EnvironmentFailure(
            f"The docker client does not start. Look at `docker context ls`, DOCKER_HOST. It said:\n{words}"
        )
    return UsageError(f"{file} is not a valid compose file:\n{words}")


def own(
    model: Model, *, project: str, labels: Mapping[str, str], addons: tuple[Path, ...], images: Mapping[str, str]
) -> Model:
    """The model as a run may own it: labelled all over, and without what would make two runs meet or outlive their end.

    Dropped are container names, restart policies, fixed names of networks and volumes, published ports and mounts of
    ``addons``: the modules are copied in instead, so that a test cannot change the checkout, nor an edit a running test.
    ``images`` says which image takes the place of which.
    """
    model = copy.deepcopy(model) | {"name": project}
    for name, service in model["services"].items():
        for key in ("container_name", "restart", "ports", "profiles"):  # a profile that is not active is not in the model
            service.pop(key, None)
        service["labels"] = {**(service.get("labels") or {}), **labels}
        service |= _built(name, service) if service.get("build") else _pulled(service, images)
        service["volumes"] = [it for it in service.get("volumes") or () if not _is_addons(it, addons)]
    model["services"][ODOO] |= _blind(model["services"][ODOO])
    for kind in ("networks", "volumes"):
        for name, it in (model.get(kind) or {}).items():
            if not (it := it or {}).get("external"):
                model[kind][name] = {**it, "name": f"{project}_{name}", "labels": {**(it.get("labels") or {}), **labels}}
    return model


def _pulled(service: Mapping[str, Any], images: Mapping[str, str]) -> Model:
    """Its image is here when compose starts: the run has pulled it, with words and a time limit of its own."""
    return {"image": images.get(service["image"], service["image"]), "pull_policy": "never"}


def _built(name: str, service: Mapping[str, Any]) -> Model:
    """An image that the repository builds has one name for all runs of a checkout, or each run would leave one behind."""
    recipe = hashlib.sha256(json.dumps(service["build"], sort_keys=True).encode()).hexdigest()[:12]
    return {"image": service.get("image") or f"hub-runner-build/{name.lower()}:{recipe}", "pull_policy": "build"}


def _blind(service: Mapping[str, Any]) -> Model:
    """Odoo's server opens the one database that it can list for whoever asks for its health: not that of the tests (I6)."""
    command = service.get("command") or (["odoo"] if OFFICIAL.fullmatch(service["image"]) else [])
    if not _begins_odoo(command) or any(word.startswith(("--db-filter", "--database", "-d")) for word in command):
        return {}
    return {"command": [*command, f"--db-filter=^(?!{DATABASE})"]}


def _begins_odoo(command: list[str]) -> bool:
    """As the official image's entrypoint has it: options alone are for Odoo, too."""
    return bool(command) and (command[0] == "odoo" or command[0].startswith("-"))


def with_password(model: Model, environ: Mapping[str, str], password: str) -> tuple[Model, dict[str, str]]:
    """The model as Compose would have read it with this password of the database, and the variables to go with it."""
    ours, text = environ.get(PASSWORD, ""), json.dumps(model)
    return json.loads(text.replace(ours, password) if ours else text), {**environ, PASSWORD: password}


def odoo_image(model: Model) -> str:
    """The image of the odoo service; empty where it is built, and may hold anything."""
    service = model["services"][ODOO]
    return "" if service.get("build") else str(service.get("image") or "")


def addons_target(model: Model, addons: tuple[Path, ...]) -> str:
    """The folder inside the container in which the compose file shows the checkout's modules to Odoo."""
    mounts = [it for it in model["services"][ODOO].get("volumes") or () if _is_addons(it, addons)]
    whole = [it["target"] for it in mounts if _source(it) in _resolved(addons)]
    single = [str(PurePosixPath(it["target"]).parent) for it in mounts]
    return _plain([*whole, *single, "/mnt/extra-addons"][0])


def _is_addons(mount: Mapping[str, Any], addons: tuple[Path, ...]) -> bool:
    """Whether it shows an addons folder or one module of it: into a mount, which may be read-only, nothing is copied."""
    return mount.get("type") == "bind" and not _resolved(addons).isdisjoint((_source(mount), _source(mount).parent))


def _source(mount: Mapping[str, Any]) -> Path:
    return Path(_plain(mount["source"])).resolve()


def _plain(value: str) -> str:
    """Compose writes a dollar sign twice, so that `up` reads what it has written as it was meant."""
    return value.replace("$$", "$")


def _resolved(addons: tuple[Path, ...]) -> set[Path]:
    return {folder.resolve() for folder in addons}
