"""The one thing that is meant to stay: the lasting environment of ``uat``, as the engine shows it.

Its labels are not those of a run, so no run, no sweep and no ``clean`` touches it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub_runner.engine.client import Engine
from hub_runner.engine.model import DB
from hub_runner.engine.published_port import CONTAINER_PORT
from hub_runner.engine.resources import PROJECT, SERVICE, Resource
from hub_runner.host.ports import HOST
from hub_runner.settings import Settings

LABEL = "hub-runner.uat"
CHECKOUT_LABEL = "hub-runner.uat-checkout"


@dataclass(frozen=True, kw_only=True)
class Uat:
    """The lasting environment, as far as the engine has it."""

    name: str
    resources: tuple[Resource, ...]
    checkout: str  # whose modules it shows; empty if there is nothing
    port: int | None  # None unless Odoo and its database run
    is_partial: bool = False  # whether Odoo runs, and its database does not

    @property
    def url(self) -> str | None:
        return f"http://{HOST}:{self.port}" if self.port else None

    @property
    def has_data(self) -> bool:
        return any(resource.kind == "volume" for resource in self.resources)

    def __str__(self) -> str:
        if not self.resources:
            return f"{self.name}: not there. `uat start` makes it"
        state = "stopped, its data is kept" if self.has_data else "broken off"
        if self.url:
            state = f"runs on {self.url}"
        elif self.is_partial:
            state = "Odoo runs, and its database does not: `uat start` starts both"
        return f"{self.name}: {state}, of the checkout {self.checkout}"


def name_of(settings: Settings) -> str:
    """Of the environment, and of its compose project."""
    return f"{settings.project}-uat-env"


def look(settings: Settings, engine: Engine) -> Uat:
    """The lasting environment of this repository. Raises one of ``Failures``."""
    name = name_of(settings)
    resources = tuple(engine.of_run(name))
    holders = [it.labels[CHECKOUT_LABEL] for it in resources if CHECKOUT_LABEL in it.labels]
    containers = engine.api.containers(filters={"label": f"{PROJECT}={name}"})  # those that run
    services = {it["Labels"].get(SERVICE) for it in containers}
    published = [it for container in containers for it in container.get("Ports") or ()]
    port = next((it["PublicPort"] for it in published if it["PrivatePort"] == CONTAINER_PORT and "PublicPort" in it), None)
    is_partial = port is not None and DB not in services
    return Uat(
        name=name,
        resources=resources,
        checkout=holders[0] if holders else "",
        port=None if is_partial else port,
        is_partial=is_partial,
    )
