"""The compose file of a repository: what it says, and what becomes of it for one run."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub_runner import compose
from hub_runner.errors import EnvironmentFailure, UsageError

ODOO = "odoo"
Model = dict[str, Any]


def resolve(file: Path, environ: Mapping[str, str]) -> Model:
    """The compose file as compose reads it, all variables filled in. Raises UsageError where it is not fit for a run."""
    if not file.is_file():
        raise UsageError(
            f"There is no compose file {file}. Set `compose-file` in [tool.hub-runner] or copy hub-runner's own."
        )
    code, words, complaint = compose.ask(compose.config_command(file), environ)
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
    if "is not a docker command" in words or "unknown flag" in words or "unknown shorthand" in words:
        return EnvironmentFailure(
            f"Docker's compose plugin is missing or too old (2.20 or later is needed): {words.splitlines()[0]} "
            "`nox -s setup` installs what is missing."
        )
    return UsageError(f"{file} is not a valid compose file:\n{words}")


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


def odoo_image(model: Model) -> str:
    """The image of the odoo service; empty where it is built, and may hold anything."""
    service = model["services"][ODOO]
    return "" if service.get("build") else str(service.get("image") or "")


def addons_target(model: Model, addons: tuple[Path, ...]) -> str:
    """The folder inside the container in which the compose file shows the checkout's modules to Odoo."""
    targets = (it["target"] for it in model["services"][ODOO].get("volumes") or () if _is_addons(it, addons))
    return next(targets, "/mnt/extra-addons")


def _is_addons(mount: Mapping[str, Any], addons: tuple[Path, ...]) -> bool:
    return mount.get("type") == "bind" and Path(mount["source"]).resolve() in {folder.resolve() for folder in addons}
