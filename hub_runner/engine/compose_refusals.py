"""What no run can honour in a compose model: it would reach out of the run, into another one or into the host.

``docs/compose.md`` has the whole table of what is honoured, replaced and refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.engine.model import ODOO, Model, Service

# A value that is shared with the host, or with a container that is not of this run.
SHARED = ("host", "container:")


def refusals(model: Model, *, internet: bool) -> list[str]:
    """A sentence on each key that keeps the model from a run; none if it is fit for one."""
    found = [reason for name, service in model["services"].items() for reason in _of_service(name, service)]
    if _count(model["services"][ODOO]) == 0:
        found.append(f"the service `{ODOO}` is scaled to 0: there would be nothing to test on.")
    for name, network in (model.get("networks") or {}).items():
        network = network or {}
        if not network.get("external") and network.get("driver") not in (None, "bridge", "default"):
            found.append(
                f"the network `{name}` has the driver {network['driver']}: two runs would meet on it. Use `bridge`."
            )
        if network.get("external") and not internet:
            found.append(f"the network `{name}` is external, and `internet = false` cannot close what is not the run's own.")
    return found


def _of_service(name: str, service: Service) -> Iterator[str]:
    mode = service.get("network_mode") or ""
    alone = "a run has networks of its own, in which it finds its services by name."
    if mode and mode != "none" and not mode.startswith("service:"):  # host, bridge, container:..., a network of others
        yield f"the service `{name}` has `network_mode: {mode}`: {alone}"
    elif mode and name == ODOO:
        yield f"the service `{name}` has `network_mode: {mode}`: its port could not be published."
    for key in ("pid", "ipc"):
        if (value := str(service.get(key) or "")).startswith(SHARED):
            yield f"the service `{name}` has `{key}: {value}`: its processes would meet those of the host or of another run."
    if links := service.get("external_links"):
        yield f"the service `{name}` has `external_links` ({', '.join(links)}): containers of others are no part of a run."
    if foreign := [it for it in service.get("volumes_from") or () if it.startswith("container:")]:
        yield f"the service `{name}` has `volumes_from` ({', '.join(foreign)}): containers of others are no part of a run."
    if "provider" in service:
        yield f"the service `{name}` has a `provider`: it makes no container that could be watched and removed."


def _count(service: Service) -> int:
    """How many containers the file asks for."""
    replicas = (service.get("deploy") or {}).get("replicas", 1)
    return int(service.get("scale", replicas))


def switched_off(model: Model) -> set[str]:
    """The services of which the file wants no container."""
    return {name for name, service in model["services"].items() if _count(service) == 0}
