"""Whether a run's database can start from a cache at all: in doubt it cannot, and the run starts cold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from hub_runner.model import ODOO, Model
from hub_runner.warm.recipe import DB

PGDATA = "/var/lib/postgresql/data"  # where the official image has it unless the environment says otherwise


def built_by_compose(model: Model) -> str | None:
    """Why the services cannot even be looked at, in words; None where they can."""
    services = model["services"]
    if DB not in services:
        return f"the compose file has no service `{DB}`"
    for name in (DB, ODOO):
        if "build" in services[name]:
            return f"compose builds the image of the service `{name}`: nobody knows beforehand what is in it"
    return None


def unfit(model: Model, image: Mapping[str, Any], *, here: bool = True) -> str | None:
    """Why there is no warm start, in words; None where there can be one.

    ``image`` is the database image's configuration; ``here`` says whether the engine sees the same files as we do.
    """
    services = model["services"]
    if not services[DB].get("healthcheck"):
        return f"the service `{DB}` has no healthcheck in the compose file"
    if (services[ODOO].get("environment") or {}).get("HOST", DB) != DB:
        return f"the database of the service `{ODOO}` is not the service `{DB}`"
    if services[ODOO].get("entrypoint"):
        return f"the service `{ODOO}` has an entrypoint of its own, which may prepare what a database is made with"
    for name in (DB, ODOO):
        if unknown := next(_unknown(services[name], model, here), None):
            return f"the service `{name}` has {unknown}, whose contents nobody knows beforehand"
    data = data_folder(services[DB], image)
    if mount := next((it for it in mounts(services[DB], image) if data.is_relative_to(it)), None):
        return f"PGDATA ({data}) lies in a volume ({mount}), which no image keeps: set it to a folder outside of it"
    return None


def data_folder(service: Mapping[str, Any], image: Mapping[str, Any]) -> PurePosixPath:
    """Where PostgreSQL keeps its data."""
    environ = dict(word.split("=", 1) for word in image.get("Env") or ()) | (service.get("environment") or {})
    return PurePosixPath(environ.get("PGDATA") or PGDATA)


def mounts(service: Mapping[str, Any], image: Mapping[str, Any]) -> list[PurePosixPath]:
    """What lies outside of the container's own file system."""
    tmpfs = service.get("tmpfs") or []
    targets = [it["target"] for it in service.get("volumes") or ()] + ([tmpfs] if isinstance(tmpfs, str) else list(tmpfs))
    return [PurePosixPath(it.partition(":")[0]) for it in (*targets, *(image.get("Volumes") or ()))]


def _unknown(service: Mapping[str, Any], model: Model, here: bool) -> Iterator[str]:
    yield from (f"`{key}`" for key in ("configs", "secrets", "volumes_from") if service.get(key))
    for mount in service.get("volumes") or ():
        source = str(mount.get("source"))
        if mount.get("type") == "bind" and not (here and Path(source).exists()):
            yield f"a mount of {source}, which is not here"
        volume = ((model.get("volumes") or {}).get(source) or {}) if mount.get("type") == "volume" else {}
        if volume.get("external"):
            yield f"the external volume {source}"
        if volume.get("driver_opts") or volume.get("driver") not in (None, "local"):
            yield f"the volume {source} with a driver or options of its own"
