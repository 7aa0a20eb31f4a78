"""The compose file of a repository: what it says, and what becomes of it for one run.

Healthchecks that answer within a moment of readiness where somebody waits for it, and cost little elsewhere.

The engine asks a service for the first time after one whole interval, and then once in each. Engines from 25 on know an
interval for the start alone; Compose refuses it for older ones, so it cannot stand in the compose file. Each time, the
engine starts a process in the container: every second and in two containers, that is a tenth of a core.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from hub_runner.engine import compose
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
        return EnvironmentFailure(compose.too_old(f"It said: {words.splitlines()[0]}."))
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


NEEDED = (1, 44)  # the API of engine 25
EVERY = 0.1  # where somebody waits for the answer
LATER = 5.0  # where nobody does, and once the tests run
LONGEST = 30.0
_PART = re.compile(r"([\d.]+)(h|ms|m|us|ns|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def eager(model: Model, api_version: str) -> Model:
    """The model with the healthchecks for which somebody waits asked more often until they have answered once, and all
    asked less often otherwise.
    """
    if tuple(int(it) for it in api_version.split(".")) < NEEDED:
        return model
    awaited = {ODOO, *_awaited(model)}
    services = {name: _eager(it, name in awaited) for name, it in model["services"].items()}
    return {**model, "services": services}


def _awaited(model: Model) -> Iterator[str]:
    """The services for whose health others wait before they start."""
    for service in model["services"].values():
        needs = (service.get("depends_on") or {}).items()
        yield from (name for name, it in needs if it.get("condition") == "service_healthy")


def _eager(service: dict[str, Any], awaited: bool) -> dict[str, Any]:
    """Failures within the start period do not count: it lasts no longer than the check would have waited anyway.

    Nor does it wait longer after that: fewer tries take the place of shorter intervals.
    """
    check = service.get("healthcheck") or {}
    if check.get("disable") or not check.get("test") or "start_interval" in check:
        return service
    interval = seconds(check.get("interval") or "30s")
    allowed = interval * int(check.get("retries") or 3)
    later = max(interval, min(LATER, allowed))
    often = {
        "start_period": f"{max(seconds(check.get('start_period') or '0s'), min(allowed, LONGEST)):g}s",
        "start_interval": f"{EVERY if awaited else later:g}s",
        "interval": f"{later:g}s",
        "retries": math.ceil(allowed / later),
    }
    return {**service, "healthcheck": {**check, **often}}


def seconds(duration: str) -> float:
    """Of a duration as Compose writes it, such as 1m30s."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))
