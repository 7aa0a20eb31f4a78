"""The port on which the host shows Odoo: whether it was lost during the start, and whether it really leads there."""

from __future__ import annotations

from hub_runner.engine.container import Container
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.ports import HOST

CONTAINER_PORT = 8069  # fixed: only the published port changes (incident I3, see docs/incidents.md)
STOLEN = (b"port is already allocated", b"address already in use", b"ports are not available")


def was_stolen(output: bytes) -> bool:
    """Whether compose's ``output`` says that somebody else has taken the port meanwhile."""
    return any(words in output.lower() for words in STOLEN)


def mapped(container: Container, target: int) -> int:
    """The port of the host's loopback to which the engine has mapped ``target``. Raises EnvironmentFailure if to none."""
    seen = container["NetworkSettings"]["Ports"].get(f"{target}/tcp") or []
    ports = [int(mapping["HostPort"]) for mapping in seen if mapping["HostIp"] == HOST]
    if not ports:
        raise EnvironmentFailure(f"The engine has published no port for {target} of the odoo container: it shows {seen}.")
    return ports[0]


def check_mapping(container: Container, port: int) -> None:
    """Raises EnvironmentFailure if the container is not published on ``port`` of this host, and nowhere else.

    Incident I3: the variable for the port did not reach Odoo, and nobody noticed.
    """
    wanted = [{"HostIp": HOST, "HostPort": str(port)}]
    seen = container["NetworkSettings"]["Ports"].get(f"{CONTAINER_PORT}/tcp")
    # A container that has ended publishes nothing: the wait for its health says why.
    if seen != wanted and container["State"]["Running"]:
        raise EnvironmentFailure(f"The odoo service should be published as {wanted}, but the engine shows {seen}.")
