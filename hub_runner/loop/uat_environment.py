"""The environment of ``uat``: it is made like a run's, but its database and its files outlive its containers."""

from __future__ import annotations

import configparser
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from hub_runner.engine.client import Engine
from hub_runner.engine.compose import Tail
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DB, ODOO, WORK, Model, Mount, Service, Volume, replaced
from hub_runner.engine.own_data import DATABASE_FOLDER, ODOO_FOLDER
from hub_runner.errors import UsageError
from hub_runner.odoo import command, trial

FOLDER = f"{WORK}/uat"  # in the odoo container, which is a new one at each start
READY = "ready"  # a file in there, once a start or an update has come to its end
PROGRAM = b"from hub_runner.odoo.inside.uat import main\nmain()\n"
# The repository's compose file may be set for data that is thrown away. PostgreSQL takes what stands last.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "autovacuum=on")


@dataclass(frozen=True, kw_only=True)
class Lasting(Environment):
    """``archive`` is a tar of all modules, ``master_password`` the one of Odoo's database manager."""

    archive: bytes
    master_password: str

    def mark_as_ready(self) -> None:
        self.copy_in(trial.packed(FOLDER, READY, b""))

    def up(self, model: Model, output: Tail, *, start: bool = True) -> int | None:
        """Modules and configuration are there before Odoo starts."""
        model = with_configuration(model, f"{FOLDER}/odoo.conf")
        code = super().up(model, output, start=False)
        if code != 0:
            return code
        configuration = self.read_file(_configuration(self.model, self.engine)) or b""
        self.copy_in(trial.packed(FOLDER, "uat.pyz", command.packed(PROGRAM)))
        self.copy_in(trial.packed(FOLDER, "odoo.conf", with_master_password(configuration, self.master_password)))
        self.copy_in(self.archive)
        return super().up(model, output)


def is_ready(engine: Engine, name: str) -> bool:
    """Whether the start of the environment that runs came to its end: it may have been killed, and its guard, too."""
    container = engine.service(name, ODOO)
    return bool(container and engine.copy_from(container["Id"], f"{FOLDER}/{READY}", at_most=4096))


def with_master_password(configuration: bytes, password: str) -> bytes:
    """Odoo's configuration file with this ``admin_passwd``."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(configuration.decode("utf-8", "replace") or "[options]\n")
    if not parser.has_section("options"):
        parser.add_section("options")
    parser.set("options", "admin_passwd", password)
    text = io.StringIO()
    parser.write(text)
    return text.getvalue().encode()


def lasting(model: Model, engine: Engine, *, labels: Mapping[str, str], addons: str = "/mnt/extra-addons") -> Model:
    """The model of ``own`` with named volumes for the database and Odoo's files. Raises UsageError.

    ``addons`` is the folder into which modules are copied. What is in there ends with the container.
    """
    if DB not in model["services"]:
        raise UsageError(f"`uat` needs a service called `{DB}` in the compose file: its data must outlive its container.")
    database = model["services"][DB]
    data = _variable(database, engine, "PGDATA") or DATABASE_FOLDER
    options = database.get("command") or []
    if options[:1] == ["postgres"]:
        durable = [word for option in DURABLE for word in ("-c", option)]
        database = {**database, "command": [*options, *durable]}
    model = replaced(model, DB, database)
    model = _with_volume(model, DB, "uat-database", data, labels)
    return _with_fresh_folder(_with_volume(model, ODOO, "uat-files", str(ODOO_FOLDER), labels), addons)


def _with_fresh_folder(model: Model, folder: str) -> Model:
    """The model with an anonymous volume instead of the one that an image declares at ``folder`` of the odoo service."""
    odoo = model["services"][ODOO]
    mounts = [
        Mount(type="volume", target=it["target"])
        if it.get("source", "").startswith("hub-runner-") and PurePosixPath(it["target"]) == PurePosixPath(folder)
        else it
        for it in odoo.get("volumes") or ()
    ]
    return replaced(model, ODOO, {**odoo, "volumes": mounts})


def _with_volume(model: Model, name: str, volume: str, target: str, labels: Mapping[str, str]) -> Model:
    """Nothing is added if a named volume holds ``target`` already. What ends with its container makes room for it."""
    service = model["services"][name]
    if any(_holds(mount, target) for mount in service.get("volumes") or ()):
        return model
    service, mounts = _without_memory(service, target), service.get("volumes") or []
    mounts = [it for it in mounts if it["type"] == "bind" or PurePosixPath(it["target"]) != PurePosixPath(target)]
    added: Mount = {"type": "volume", "source": volume, "target": target}
    owned: Volume = {"name": f"{model['name']}_{volume}", "labels": dict(labels)}
    volumes = {**(model.get("volumes") or {}), volume: owned}
    changed: Model = {**replaced(model, name, {**service, "volumes": [*mounts, added]}), "volumes": volumes}
    return changed


def _without_memory(service: Service, target: str) -> Service:
    """The service without a ``tmpfs`` at ``target``: the engine refuses two mounts at one place."""
    tmpfs = service.get("tmpfs") or []
    entries = [tmpfs] if isinstance(tmpfs, str) else tmpfs
    kept = [it for it in entries if PurePosixPath(it.partition(":")[0]) != PurePosixPath(target)]
    return {**service, "tmpfs": kept} if kept != entries else service


def _holds(mount: Mount, target: str) -> bool:
    named = mount.get("type") == "volume" and bool(mount.get("source"))
    return named and PurePosixPath(target).is_relative_to(mount["target"])


def with_configuration(model: Model, path: str) -> Model:
    """The model with this configuration file for Odoo, as official images take it."""
    odoo: Service = model["services"][ODOO]
    return replaced(model, ODOO, {**odoo, "environment": {**(odoo.get("environment") or {}), "ODOO_RC": path}})


def _configuration(model: Model, engine: Engine) -> str:
    """The path of the configuration file that Odoo would read."""
    return _variable(model["services"][ODOO], engine, "ODOO_RC") or "/etc/odoo/odoo.conf"


def _variable(service: Service, engine: Engine, name: str) -> str:
    """Of the service's environment, or else of its image's."""
    if value := (service.get("environment") or {}).get(name):
        return value
    pairs = (engine.api.inspect_image(service["image"]).get("Config") or {}).get("Env") or ()
    return next((pair.partition("=")[2] for pair in pairs if pair.startswith(f"{name}=")), "")
