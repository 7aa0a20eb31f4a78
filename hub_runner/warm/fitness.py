"""Whether a run's database can start from a prepared one at all: in doubt it cannot, and the run starts cold.

A database that lies in a volume is moved out of it, because an image keeps no volume.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TypedDict

from hub_runner.engine.model import DB, ODOO, Model, Mount, Service, memory_folders, replaced
from hub_runner.engine.own_data import DATABASE_FOLDER, ODOO_FOLDER

OUTSIDE = "/var/lib/hub-runner-prepared/pgdata"  # no image is known that declares a volume around it


class ImageConfig(TypedDict, total=False):
    """An image's configuration as the engine shows it, as far as this room reads it."""

    Env: list[str] | None
    Volumes: dict[str, object] | None


def why_unknown(model: Model) -> str | None:
    """Why the services cannot even be looked at; None if they can."""
    services = model["services"]
    if DB not in services:
        return f"the compose file has no service `{DB}`"
    for name in (DB, ODOO):
        if "build" in services[name]:
            return f"compose builds the image of the service `{name}`: its contents are not known beforehand"
    return None


def unfit(model: Model, image: ImageConfig, *, same_host: bool = True) -> str | None:
    """Why there is no warm start; None if there can be one.

    ``image`` is the database image's configuration; ``same_host`` says whether the engine sees the same files as we do.
    """
    services = model["services"]
    if not services[DB].get("healthcheck"):
        return f"the service `{DB}` has no healthcheck in the compose file"
    if (services[ODOO].get("environment") or {}).get("HOST", DB) != DB:
        return f"the database of the service `{ODOO}` is not the service `{DB}`"
    if services[ODOO].get("entrypoint"):
        return f"the service `{ODOO}` has an entrypoint of its own, which may prepare what a database is made with"
    if folder := next((it for it in _in_memory(services[ODOO]) if _meet(it, ODOO_FOLDER)), None):
        return f"the service `{ODOO}` has its data ({folder}) in memory, out of which the engine copies no file"
    for name in (DB, ODOO):
        if unknown := next(_unknown(services[name], model, same_host), None):
            return f"the service `{name}` has {unknown}, whose contents are not known beforehand"
    return _lost(services[DB], image)


def _lost(service: Service, image: ImageConfig) -> str | None:
    """Why an image would not keep the database: it lies in a mount, and cannot be moved."""
    data, wal = data_folder(service, image), _wal_folder(service, image)
    if wal and (mount := _around(wal, chain(_own_mounts(service), _volumes(service, image)))):
        return f"PostgreSQL's write-ahead log ({wal}) lies in a mount ({mount}), which no image keeps"
    if mount := _around(data, _own_mounts(service)):
        return f"PGDATA ({data}) lies in a mount ({mount}), which no image keeps: set it to a folder outside of it"
    elsewhere = PurePosixPath(OUTSIDE)
    if (volume := _around(data, _volumes(service, image))) and _around(elsewhere, _volumes(service, image)):
        return f"PGDATA ({data}) lies in a volume ({volume}), which no image keeps: set it to a folder outside of it"
    if volume and service.get("user"):
        return f"PGDATA ({data}) lies in a volume, and the service's own user can make no other folder: set PGDATA"
    return None


def outside_of_volumes(model: Model, image: ImageConfig) -> Model:
    """The model with its database outside of each volume: as it is, or in another folder."""
    service = model["services"][DB]
    if not _around(data_folder(service, image), _volumes(service, image)):
        return model
    environment = {**(service.get("environment") or {}), "PGDATA": OUTSIDE}
    return replaced(model, DB, {**service, "environment": environment})


def data_folder(service: Service, image: ImageConfig) -> PurePosixPath:
    """Where PostgreSQL keeps its data."""
    return PurePosixPath(_environment(service, image).get("PGDATA") or DATABASE_FOLDER)


def _wal_folder(service: Service, image: ImageConfig) -> PurePosixPath | None:
    """Where PostgreSQL keeps its write-ahead log, if not with its data."""
    environment = _environment(service, image)
    argument = re.search(r"(?:--waldir|-X)[= ]?(\S+)", environment.get("POSTGRES_INITDB_ARGS") or "")
    folder = environment.get("POSTGRES_INITDB_WALDIR") or (argument and argument[1])
    return PurePosixPath(folder) if folder else None


def _environment(service: Service, image: ImageConfig) -> dict[str, str | None]:
    defaults = dict(word.split("=", 1) for word in image.get("Env") or ())
    return {**defaults, **(service.get("environment") or {})}


def _around(folder: PurePosixPath, mounts: Iterator[PurePosixPath]) -> PurePosixPath | None:
    return next((mount for mount in mounts if folder.is_relative_to(mount)), None)


def _own_mounts(service: Service) -> Iterator[PurePosixPath]:
    """What the compose file mounts for a reason of its own: folders of the host, and memory."""
    yield from map(PurePosixPath, memory_folders(service))
    yield from (PurePosixPath(it["target"]) for it in service.get("volumes") or () if it.get("type") != "volume")


def _in_memory(service: Service) -> Iterator[PurePosixPath]:
    yield from map(PurePosixPath, memory_folders(service))
    yield from (PurePosixPath(it["target"]) for it in service.get("volumes") or () if it.get("type") == "tmpfs")


def _meet(one: PurePosixPath, other: PurePosixPath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _volumes(service: Service, image: ImageConfig) -> Iterator[PurePosixPath]:
    """Volumes that are made with the container and thrown away with the run."""
    yield from (PurePosixPath(it["target"]) for it in service.get("volumes") or () if it.get("type") == "volume")
    yield from (PurePosixPath(path) for path in image.get("Volumes") or ())


def _unknown(service: Service, model: Model, same_host: bool) -> Iterator[str]:
    yield from (f"`{key}`" for key in ("configs", "secrets", "volumes_from") if service.get(key))
    for mount in service.get("volumes") or ():
        yield from _unknown_mount(mount, model, same_host)


def _unknown_mount(mount: Mount, model: Model, same_host: bool) -> Iterator[str]:
    source = str(mount.get("source"))
    if mount.get("type") not in ("bind", "volume", "tmpfs"):  # an image, a volume of a cluster ...
        yield f"a mount of {source}"
    if mount.get("type") == "bind" and not (same_host and Path(source).exists()):
        yield f"a mount of {source}, which is not here"
    volume: Mapping[str, object] = {}
    if mount.get("type") == "volume":
        volume = (model.get("volumes") or {}).get(source) or {}
        others = (it for name, it in model["services"].items() if name not in (DB, ODOO))
        if any(source == it.get("source") for other in others for it in other.get("volumes") or ()):
            yield f"the volume {source}, which another service has, too"
    if volume.get("external"):
        yield f"the external volume {source}"
    if volume.get("driver_opts") or volume.get("driver") not in (None, "local"):
        yield f"the volume {source} with a driver or options of its own"
