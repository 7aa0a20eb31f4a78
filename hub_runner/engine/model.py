"""The compose model: what ``docker compose config`` writes, as far as this package reads or changes it.

Keys that are not listed here are carried along as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Required, TypedDict, cast

DB = "db"  # the service of PostgreSQL, as each compose file calls it that is to have prepared databases
ODOO = "odoo"  # the one service that every compose file must have
GATEWAY = "hub-runner-gateway"  # publishes Odoo's port if the run's own network has no way out
DATABASE = "hub_runner_test"  # the tests' own: the server of the odoo service never opens it (incident I6)
PASSWORD = "HUB_RUNNER_DB_PASSWORD"  # noqa: S105  # the name of a variable, not a password
WORK = "/hub-runner"  # the folder of the odoo container for the launcher and its record; /tmp may be a tmpfs
# Compose reads the file with this text for the password. The run's own takes its place when the model is given to compose.
PLACEHOLDER = "hub-runner-puts-the-password-of-the-database-here"


class Healthcheck(TypedDict, total=False):
    test: list[str]
    interval: str  # durations are written as 1m30s
    timeout: str
    retries: int
    start_period: str
    start_interval: str
    disable: bool


class Mount(TypedDict, total=False):
    type: str  # bind, volume, tmpfs ...
    source: str
    target: str
    read_only: bool
    bind: dict[str, object]


class Port(TypedDict, total=False):
    host_ip: str
    published: str
    target: int


class Dependency(TypedDict, total=False):
    condition: str  # service_started, service_healthy or service_completed_successfully
    required: bool


class Service(TypedDict, total=False):
    image: str
    blkio_config: dict[str, int | list[dict[str, object]]]
    build: dict[str, object]
    command: list[str] | None
    container_name: str
    deploy: dict[str, Any]  # Any: its values are of many types, and only some are read
    entrypoint: list[str] | None
    environment: dict[str, str | None]
    depends_on: dict[str, Dependency]
    external_links: list[str]
    healthcheck: Healthcheck
    ipc: str
    labels: dict[str, str]
    links: list[str]
    mem_limit: str
    memswap_limit: str | int
    networks: dict[str, dict[str, object] | None]
    network_mode: str
    pid: str
    pids_limit: int
    ports: list[Port]
    platform: str
    pull_policy: str
    read_only: bool
    scale: int
    security_opt: list[str]
    tmpfs: str | list[str]
    volumes: list[Mount]
    volumes_from: list[str]


class Network(TypedDict, total=False):
    name: str
    external: bool
    internal: bool
    driver: str
    driver_opts: dict[str, str]
    ipam: dict[str, object]
    labels: dict[str, str]


class Volume(TypedDict, total=False):
    name: str
    external: bool
    driver: str
    driver_opts: dict[str, str]
    labels: dict[str, str]


class Content(TypedDict, total=False):
    """A secret or a config: where its text comes from."""

    environment: str  # the name of a variable


class Model(TypedDict, total=False):
    name: Required[str]
    services: Required[dict[str, Service]]
    networks: dict[str, Network | None]
    volumes: dict[str, Volume | None]
    secrets: dict[str, Content]
    configs: dict[str, Content]


def without(service: Service, keys: Collection[str]) -> Service:
    """A copy of the service that lacks these keys."""
    return cast(Service, {key: value for key, value in service.items() if key not in keys})


def replaced(model: Model, name: str, service: Service) -> Model:
    """A copy of the model in which ``service`` stands under ``name``."""
    return {**model, "services": {**model["services"], name: service}}


def memory_folders(service: Service) -> list[str]:
    """The folders of the service that lie in memory. Compose writes one as a text, or all as a list, with options."""
    tmpfs = service.get("tmpfs") or []
    return [entry.partition(":")[0] for entry in ([tmpfs] if isinstance(tmpfs, str) else tmpfs)]


def publisher(model: Model) -> str:
    """The service whose container publishes Odoo's port."""
    return GATEWAY if GATEWAY in model["services"] else ODOO


def published(model: Model, *, host: str, port: int, target: int) -> Model:
    """A copy of the model in which Odoo's port ``target`` is published on ``host:port``."""
    mapping: Port = {"host_ip": host, "published": str(port), "target": target}
    name = publisher(model)
    return replaced(model, name, {**model["services"][name], "ports": [mapping]})
