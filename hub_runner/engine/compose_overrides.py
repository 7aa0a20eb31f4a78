"""What becomes of the repository's compose model for one run: nothing in it may meet another run or outlive this one.

``docs/compose.md`` has the whole table of what is honoured, replaced and refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from hub_runner.engine import proxies
from hub_runner.engine.compose_refusals import switched_off
from hub_runner.engine.composefile import shows_addons
from hub_runner.engine.gateway import closed, fronted, is_cut_off
from hub_runner.engine.model import DATABASE, ODOO, WORK, Model, Mount, Network, Service, Volume, memory_folders, without
from hub_runner.engine.own_data import with_own_data

# Names and addresses that two runs would share, what restarts or multiplies a container, ports, of which the run leases one
# for itself, and logs, which a run must be able to read. `profiles` would switch a service off again that is in the model.
DROPPED = ("container_name", "restart", "ports", "profiles", "scale", "logging", "mac_address")
DROPPED_DEPLOY = ("replicas", "restart_policy", "mode")
DROPPED_ATTACHMENT = ("ipv4_address", "ipv6_address", "link_local_ips", "mac_address")
NO_CRONS = "--max-cron-threads=0"
BRIDGE_NAME = "com.docker.network.bridge.name"


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What one run puts in place of the compose file's own values.

    Mounts of the folders ``addons`` are dropped: modules are copied in instead, so that no test can change the checkout and
    no edit can change a running test. ``target`` is the folder into which they are copied. ``images`` says which image takes
    the place of which, ``image_volumes`` which folders an image declares as volumes, ``image_commands`` what it starts, if
    that is known (it is not of one that compose builds). ``proxies`` are those that docker's client hands to containers.
    ``internet`` says whether the run has a way out of its network, ``crons`` whether Odoo's server runs scheduled actions.
    """

    run_id: str
    labels: Mapping[str, str]
    addons: tuple[Path, ...]
    target: str = "/mnt/extra-addons"
    images: Mapping[str, str] = field(default_factory=dict)
    image_volumes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    image_commands: Mapping[str, Sequence[str]] = field(default_factory=dict)
    proxies: Mapping[str, str] = field(default_factory=dict)
    internet: bool = True
    crons: bool = False


def own(model: Model, run: Overrides) -> Model:
    """A copy of the model for one run: all that compose makes of it bears the run's name and labels."""
    model, off = with_own_data(model), switched_off(model)
    names = [name for name in model["services"] if name not in off]
    services = {name: _owned(name, _waiting_for(names, model["services"][name]), run) for name in names}
    services = {name: _reaching(names, it, run.proxies) for name, it in services.items()}
    services[ODOO] = _kept_from(services[ODOO], [DATABASE, *_empty_databases(services.values())], run)
    owned: Model = {**model, "name": run.run_id, "services": services}
    if networks := model.get("networks"):
        owned["networks"] = {name: _own_network(name, it or {}, run) for name, it in networks.items()}
    if volumes := model.get("volumes"):
        owned["volumes"] = {name: _own_volume(name, it or {}, run) for name, it in volumes.items()}
    if not run.internet:
        owned = closed(owned, run_id=run.run_id, labels=run.labels, client_proxies=run.proxies)
    elif is_cut_off(owned):
        owned = fronted(owned, run_id=run.run_id, labels=run.labels)
    return _with_named_volumes(owned, run)


def used_images(model: Model, instead: Mapping[str, str]) -> dict[str, str]:
    """The images that must be here before compose starts, by service. ``instead`` says which takes the place of which."""
    off = switched_off(model)
    pulled = {name: it["image"] for name, it in model["services"].items() if not it.get("build") and name not in off}
    return {name: instead.get(image, image) for name, image in pulled.items()}


def _owned(name: str, service: Service, run: Overrides) -> Service:
    owned: Service = {
        **without(service, DROPPED),
        "labels": {**(service.get("labels") or {}), **run.labels},
        "volumes": [_mounted(it) for it in service.get("volumes") or () if not shows_addons(it, run.addons)],
    }
    if deploy := service.get("deploy"):
        owned["deploy"] = {key: value for key, value in deploy.items() if key not in DROPPED_DEPLOY}
    if networks := service.get("networks"):
        owned["networks"] = {key: _attachment(it or {}, service.get("container_name")) for key, it in networks.items()}
    if build := service.get("build"):
        owned |= {"image": service.get("image") or _built_image(name, build), "pull_policy": "build"}
    else:  # the run has pulled it by then, with a time limit and messages of its own
        owned |= {"image": run.images.get(service["image"], service["image"]), "pull_policy": "never"}
    return owned


def _waiting_for(names: list[str], service: Service) -> Service:
    """The service, which waits only for services that have a container: ``names``."""
    if not (needs := service.get("depends_on")):
        return service
    return {**service, "depends_on": {name: need for name, need in needs.items() if name in names}}


def _mounted(mount: Mount) -> Mount:
    """The mount, for which no missing folder is made on the engine's host: nobody would remove it again."""
    if mount.get("type") != "bind":
        return mount
    return {**mount, "bind": {**(mount.get("bind") or {}), "create_host_path": False}}


def _attachment(attachment: Mapping[str, object], container_name: str | None) -> dict[str, object] | None:
    """Without fixed addresses. Other services may know a container by its fixed name, which lives on as an alias."""
    kept = {key: value for key, value in attachment.items() if key not in DROPPED_ATTACHMENT}
    if container_name:
        kept["aliases"] = [*cast(list[str], kept.get("aliases") or []), container_name]
    return kept or None


def _built_image(service: str, build: Mapping[str, object]) -> str:
    """One name for all runs of a checkout: with a name for each run, each would leave an image behind."""
    digest = hashlib.sha256(json.dumps(build, sort_keys=True).encode()).hexdigest()[:12]
    return f"hub-runner-build/{service.lower()}:{digest}"


def _reaching(names: list[str], service: Service, client: Mapping[str, str]) -> Service:
    """The service with the variables by which it reaches the others without a proxy, if it has one."""
    environment = service.get("environment") or {}
    direct = proxies.bypassing(environment, client, names)
    return {**service, "environment": {**environment, **direct}} if direct else service


def _own_network(name: str, network: Network, run: Overrides) -> Network:
    """Without fixed subnets and interface names: two runs of one file would fight for them."""
    if network.get("external"):
        return network
    fixed = ("ipam", "enable_ipv6") if (network.get("ipam") or {}).get("config") else ()
    kept = cast(Network, {key: value for key, value in network.items() if key not in fixed})
    if BRIDGE_NAME in (options := kept.get("driver_opts") or {}):
        kept["driver_opts"] = {key: value for key, value in options.items() if key != BRIDGE_NAME}
    return {**kept, "name": f"{run.run_id}_{name}", "labels": {**(network.get("labels") or {}), **run.labels}}


def _own_volume(name: str, volume: Volume, run: Overrides) -> Volume:
    if volume.get("external"):
        return volume
    return {**volume, "name": f"{run.run_id}_{name}", "labels": {**(volume.get("labels") or {}), **run.labels}}


def _with_named_volumes(model: Model, run: Overrides) -> Model:
    """The model with a named volume wherever an image or the file has one without a name, and wherever a run must write.

    An anonymous volume bears no label: if somebody removes its container, nobody could tell any more whose it was. An odoo
    container that is read-only has to take modules, the launcher and its record all the same.
    """
    services, volumes = dict(model["services"]), dict(model.get("volumes") or {})
    for name, service in model["services"].items():
        wanted = [*run.image_volumes.get(service["image"], ())]
        wanted += [WORK, run.target] if name == ODOO and service.get("read_only") else []
        taken = _mounted_at(service)
        added = [Mount(type="volume", target=it) for it in dict.fromkeys(wanted) if it.rstrip("/") not in taken]
        mounts = [*(service.get("volumes") or ()), *added]
        nameless = [it for it in mounts if it.get("type") == "volume" and not it.get("source")]
        for number, mount in enumerate(nameless):
            source = f"hub-runner-{name}-{number}"
            mounts[mounts.index(mount)] = {**mount, "source": source}
            volumes[source] = _own_volume(source, {}, run)
        if nameless:
            services[name] = {**service, "volumes": mounts}
    return {**model, "services": services, "volumes": volumes} if volumes else {**model, "services": services}


def _mounted_at(service: Service) -> set[str]:
    targets = [*(mount["target"] for mount in service.get("volumes") or ()), *memory_folders(service)]
    return {target.rstrip("/") for target in targets}


def _empty_databases(services: Iterable[Service]) -> Iterator[str]:
    """The databases that PostgreSQL's image makes for its variables. They lack Odoo's tables, so it answers nothing."""
    for service in services:
        variables = service.get("environment") or {}
        name = variables.get("POSTGRES_DB") or variables.get("POSTGRES_USER")
        if name and name != "postgres":  # Odoo never lists that one
            yield name


def _kept_from(service: Service, databases: Sequence[str], run: Overrides) -> Service:
    """Odoo's server opens the one database that it can list for whoever asks for its health.

    That must not be the tests' own (I6), nor one in which Odoo was never installed. Scheduled actions take no notice of the
    filter: from 19.0 on, and with workers on any series, the server runs those of each database that it can list.
    """
    of_image = () if service.get("entrypoint") else run.image_commands.get(service["image"], ())
    command = service.get("command") or [word.replace("$", "$$") for word in of_image]
    # The official image's entrypoint gives a command to Odoo if it is `odoo` or begins with an option.
    is_odoo = bool(command) and (command[0] == "odoo" or command[0].startswith("-"))
    if not is_odoo or any(word.startswith(("--db-filter", "--database", "-d")) for word in command):
        return service
    names = [databases[0], *(f"{re.escape(name)}$$" for name in databases[1:])]  # compose takes one of the two dollar signs
    without_crons = () if run.crons or NO_CRONS in command else (NO_CRONS,)
    return {**service, "command": [*command, *without_crons, f"--db-filter=^(?!{'|'.join(names)})"]}
