"""The data of a run lies in volumes of its own: its database, and what Odoo stores beside it.

In a folder of the host, or in a volume that outlives the run, two runs would meet, and the next one would find the tests'
database of the last one: its module would be installed already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hub_runner.engine.model import Model, Mount, Service, Volume

DATABASE_FOLDER = "/var/lib/postgresql/data"  # the official image has it there unless PGDATA says otherwise
ODOO_FOLDER = PurePosixPath("/var/lib/odoo")  # with the files of attachments, in all images that are known
STORED_BY_ODOO = ("filestore", "sessions")  # what else is mounted in there may be modules or settings


def with_own_data(model: Model) -> Model:
    """A copy of the model in which no data of a service lies where another run finds it."""
    volumes = dict(model.get("volumes") or {})
    services = dict(model["services"])
    for name, service in model["services"].items():
        if mounts := service.get("volumes"):
            services[name] = {**service, "volumes": [_own(it, service, volumes) for it in mounts]}
    return {**model, "services": services, "volumes": volumes} if volumes else {**model, "services": services}


def _own(mount: Mount, service: Service, volumes: dict[str, Volume | None]) -> Mount:
    """The mount, or a volume of the run's own in its place, which is added to ``volumes``.

    Services that share a folder share the volume.
    """
    if mount.get("read_only") or not _holds_data(mount, service) or not _outlives_a_run(mount, volumes):
        return mount
    source = mount["source"]
    name = f"hub-runner-data-{hashlib.sha256(source.encode()).hexdigest()[:8]}" if mount["type"] == "bind" else source
    volumes[name] = {}
    return Mount(type="volume", source=name, target=mount["target"])


def _holds_data(mount: Mount, service: Service) -> bool:
    target = PurePosixPath(mount["target"])
    database = PurePosixPath((service.get("environment") or {}).get("PGDATA") or DATABASE_FOLDER)
    of_database = target.is_relative_to(database) or database.is_relative_to(target)
    return of_database or target == ODOO_FOLDER or any(target.is_relative_to(ODOO_FOLDER / it) for it in STORED_BY_ODOO)


def _outlives_a_run(mount: Mount, volumes: Mapping[str, Volume | None]) -> bool:
    """A file, such as a configuration in the database's folder, is none of its data."""
    source = mount.get("source", "")
    if mount["type"] == "bind":
        return not Path(source.replace("$$", "$")).is_file()
    volume = volumes.get(source) or {} if mount["type"] == "volume" else {}
    options = volume.get("driver_opts") or {}
    return bool(volume.get("external")) or ("device" in options and options.get("type") != "tmpfs")
