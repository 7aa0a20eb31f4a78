"""What becomes of the repository's compose model for one run: nothing in it may meet another run or outlive this one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from hub_runner.engine.composefile import shows_addons
from hub_runner.engine.model import DATABASE, ODOO, Model, Network, Service, Volume, without

OFFICIAL_IMAGE = re.compile(r"(.*/)?odoo(:[\w.-]+)?(@.*)?")
# Names that two runs would share, what outlives a run's end, and ports, of which the run leases one for itself. `profiles`
# would switch a service off again: one whose profile is not active is not in the model.
DROPPED = ("container_name", "restart", "ports", "profiles")


def own(
    model: Model, *, run_id: str, labels: Mapping[str, str], addons: tuple[Path, ...], images: Mapping[str, str]
) -> Model:
    """A copy of the model for one run: all that compose makes of it bears the run's name and ``labels``.

    Mounts of the folders ``addons`` are dropped: modules are copied in instead, so that no test can change the checkout and
    no edit can change a running test. ``images`` says which image takes the place of which.
    """
    services = {name: _owned(name, it, labels, addons, images) for name, it in model["services"].items()}
    services[ODOO] = _kept_from_tests(services[ODOO])
    owned: Model = {**model, "name": run_id, "services": services}
    if networks := model.get("networks"):
        owned["networks"] = {name: _own_network(f"{run_id}_{name}", it or {}, labels) for name, it in networks.items()}
    if volumes := model.get("volumes"):
        owned["volumes"] = {name: _own_volume(f"{run_id}_{name}", it or {}, labels) for name, it in volumes.items()}
    return owned


def _owned(
    name: str, service: Service, labels: Mapping[str, str], addons: tuple[Path, ...], images: Mapping[str, str]
) -> Service:
    owned: Service = {
        **without(service, DROPPED),
        "labels": {**(service.get("labels") or {}), **labels},
        "volumes": [mount for mount in service.get("volumes") or () if not shows_addons(mount, addons)],
    }
    if build := service.get("build"):
        owned |= {"image": service.get("image") or _built_image(name, build), "pull_policy": "build"}
    else:  # the run has pulled it by then, with a time limit and messages of its own
        owned |= {"image": images.get(service["image"], service["image"]), "pull_policy": "never"}
    return owned


def _built_image(service: str, build: Mapping[str, object]) -> str:
    """One name for all runs of a checkout: with a name for each run, each would leave an image behind."""
    digest = hashlib.sha256(json.dumps(build, sort_keys=True).encode()).hexdigest()[:12]
    return f"hub-runner-build/{service.lower()}:{digest}"


def _own_network(name: str, network: Network, labels: Mapping[str, str]) -> Network:
    if network.get("external"):
        return network
    return {**network, "name": name, "labels": {**(network.get("labels") or {}), **labels}}


def _own_volume(name: str, volume: Volume, labels: Mapping[str, str]) -> Volume:
    if volume.get("external"):
        return volume
    return {**volume, "name": name, "labels": {**(volume.get("labels") or {}), **labels}}


def _kept_from_tests(service: Service) -> Service:
    """Odoo's server opens the one database that it can list for whoever asks for its health: not that of the tests (I6)."""
    command = service.get("command") or (["odoo"] if OFFICIAL_IMAGE.fullmatch(service["image"]) else [])
    # The official image's entrypoint gives a command to Odoo if it is `odoo` or begins with an option.
    is_odoo = bool(command) and (command[0] == "odoo" or command[0].startswith("-"))
    chooses = any(word.startswith(("--db-filter", "--database", "-d")) for word in command)
    return {**service, "command": [*command, f"--db-filter=^(?!{DATABASE})"]} if is_odoo and not chooses else service
