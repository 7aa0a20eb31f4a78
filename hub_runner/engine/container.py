"""One container as ``docker inspect`` shows it, as far as this package reads it."""

from __future__ import annotations

from typing import Required, TypedDict


class Probe(TypedDict, total=False):
    Output: str


class Health(TypedDict, total=False):
    Status: str  # starting, healthy or unhealthy
    Log: list[Probe] | None


class State(TypedDict, total=False):
    Status: Required[str]  # created, running, restarting, removing, exited or dead
    Running: bool
    ExitCode: int
    OOMKilled: bool
    Health: Health


class Config(TypedDict, total=False):
    Image: str
    Env: list[str]
    Labels: dict[str, str]


class NetworkSettings(TypedDict, total=False):
    Ports: dict[str, list[dict[str, str]] | None]


class Container(TypedDict, total=False):
    Id: Required[str]
    Image: str
    State: Required[State]
    Config: Config
    NetworkSettings: NetworkSettings


def last_probe(state: State) -> str:
    """What the last healthcheck printed; empty if there was none."""
    probes = state.get("Health", {}).get("Log") or ()
    return probes[-1]["Output"].strip() if probes else ""
