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
    Networks: dict[str, object]
    Ports: dict[str, list[dict[str, str]] | None]


class Container(TypedDict, total=False):
    Id: Required[str]
    Name: str  # begins with a slash
    Image: str
    State: Required[State]
    Config: Config
    NetworkSettings: NetworkSettings


def last_probe(state: State) -> str:
    """What the last healthcheck printed, in one line; empty if there was none."""
    probes = state.get("Health", {}).get("Log") or ()
    lines = probes[-1]["Output"].splitlines() if probes else ()
    return "; ".join(dict.fromkeys(line.strip() for line in lines if line.strip()))
