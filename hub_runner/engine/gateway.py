"""A run whose network has no way out (`internet = false`, or `internal` in its file), and how Odoo is still published.

The engine publishes no port of a container that has only internal networks. So one more container, which is on the run's
network and on another one with a way out, hands what comes to the port to Odoo, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub_runner.engine import proxies
from hub_runner.engine.model import GATEWAY, ODOO, Model, Network, Service, replaced

FRONT = "hub-runner-front"
# It runs in Odoo's own image, which has Python (3.8 or later), so that no other image is needed.
RELAY = f"""
import socket, threading

def pass_on(source, target):
    try:
        for data in iter(lambda: source.recv(65536), b""):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close(), target.close()

def serve(client):
    try:
        odoo = socket.create_connection(("{ODOO}", 8069))
    except OSError:
        return client.close()
    for ends in ((client, odoo), (odoo, client)):
        threading.Thread(target=pass_on, args=ends, daemon=True).start()

server = socket.create_server(("", 8069), backlog=100)
while True:
    serve(server.accept()[0])
"""


def closed(model: Model, *, run_id: str, labels: Mapping[str, str], client_proxies: Mapping[str, str]) -> Model:
    """A copy of a run's model without a way out: internal networks, no proxies, and a gateway for the published port."""
    networks: dict[str, Network | None] = {name: {**(it or {}), "internal": True} for name, it in _networks(model).items()}
    services = {name: _without_proxies(service, client_proxies) for name, service in model["services"].items()}
    return fronted({**model, "services": services, "networks": networks}, run_id=run_id, labels=labels)


def is_cut_off(model: Model) -> bool:
    """Whether Odoo has internal networks only."""
    networks = _networks(model)
    return all((networks.get(name) or {}).get("internal") for name in _of_odoo(model))


def fronted(model: Model, *, run_id: str, labels: Mapping[str, str]) -> Model:
    """A copy of a run's model with a gateway for the published port."""
    networks = {**_networks(model), FRONT: Network(name=f"{run_id}_{FRONT}", labels=dict(labels))}
    inner = next(iter(_of_odoo(model)))
    gateway: Service = {
        "image": model["services"][ODOO]["image"],
        "pull_policy": "never",
        "entrypoint": ["python3", "-u", "-c", RELAY],
        "command": [],
        "labels": dict(labels),
        "networks": {FRONT: None, inner: None},
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": "256m",
        "pids_limit": 512,
    }
    return replaced({**model, "networks": networks}, GATEWAY, gateway)


def _of_odoo(model: Model) -> Iterable[str]:
    return model["services"][ODOO].get("networks") or ("default",)


def _networks(model: Model) -> dict[str, Network | None]:
    return model.get("networks") or {"default": None}


def _without_proxies(service: Service, client: Mapping[str, str]) -> Service:
    """The service without proxies: one on the engine's host could be reached from the run's network, and is a way out."""
    environment = service.get("environment") or {}
    none = proxies.without_any(environment, client)
    return {**service, "environment": {**environment, **none}} if none else service
