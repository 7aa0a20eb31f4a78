"""Runs in the workshop's odoo container, where a prepared database is made. Two programs:

``python3 preparation.pyz inventory REPORT ODOO_ARGUMENT...`` writes which modules this Odoo has, and what they need.
``python3 preparation.pyz install REPORT OPTIONS ODOO_ARGUMENT...`` installs some of them. OPTIONS are words with commas
between: ``assets`` builds the web assets, ``unlock`` lets everybody into the server, ``listed`` says that the database knows
all modules already, since it was made from a smaller one.

REPORT is written last, as JSON. Without it nothing is kept.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from hub_runner.odoo.inside import boot, load_order, module_list
from hub_runner.odoo.inside.types_of_odoo import Json, OdooObject

SUPERUSER = 1
ASSETS = "odoo.addons.base.models.assetsbundle"
# The server and its network belong to one run alone, and nobody should have to know a password of the run before.
UNLOCKED = ("local all all trust", "host all all all trust")


def main() -> None:
    boot.use_python_of_odoo()
    boot.use_utc()
    # The checkout's modules are kept out of here: their folder is empty, and those to be loaded server-wide are missing.
    logging.getLogger("odoo.tools.config").addFilter(lambda record: "invalid addons directory" not in record.getMessage())
    program, report, *rest = sys.argv[1:]
    if program == "inventory":
        write(report, inventory(rest))
    else:
        options, *odoo_arguments = rest
        install(report, odoo_arguments, options.split(","))


def write(report: str, content: Json) -> None:
    Path(report).write_text(json.dumps(content), encoding="utf-8")


def inventory(odoo_arguments: list[str]) -> Json:
    """``modules`` by name, and ``unknown_order``: why a warm start could not load them as a cold one does."""
    config = import_module("odoo.tools").config
    config.parse_config(boot.fit(odoo_arguments))
    module = import_module("odoo.modules.module")
    module.initialize_sys_path()
    return {
        "modules": {name: described(manifest) for name, manifest in manifests(module)},
        "unknown_order": load_order.unknown(),
    }


def manifests(module: ModuleType) -> list[tuple[str, OdooObject]]:
    """All modules on Odoo's addons path, as Odoo reads them."""
    if hasattr(module, "Manifest"):
        return [(manifest.name, manifest) for manifest in module.Manifest.all_addon_manifests()]
    return [(name, module.get_manifest(name)) for name in module.get_modules()]


def described(manifest: OdooObject) -> Json:
    """``auto_install`` lists the modules that bring this one along; it is false for most."""
    auto_install = manifest.get("auto_install")
    return {
        "depends": list(manifest.get("depends") or ()),
        "auto_install": False if auto_install is False or auto_install is None else sorted(auto_install),
        "installable": bool(manifest.get("installable")),
        "countries": list(manifest.get("countries") or ()),
    }


class Errors(logging.Handler):
    """Counts errors: a database whose installation logged one is not kept, so that a cold run shows the error.

    Two kinds do not count, as they do not in a verdict: files that Odoo's own assets lack, and a module of the checkout
    that is to be loaded server-wide and is not here.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        of_no_account = record.name == ASSETS or "Failed to load server-wide module" in str(record.msg)
        self.seen += not of_no_account


def install(report: str, odoo_arguments: list[str], options: list[str]) -> None:
    """Has Odoo install modules, and finishes the database. Returns or exits as Odoo does."""
    database = odoo_arguments[odoo_arguments.index("--database") + 1]
    errors = Errors()

    def finished(original: Callable[..., object]) -> Callable[..., object]:
        def start(*args: object, **kwargs: object) -> object:
            logging.getLogger().addHandler(errors)
            if "listed" in options:
                module_list.shorten_with_base(load_order.MARKER)
            code = original(*args, **kwargs)
            if not code:
                modules = finish(database, assets="assets" in options, unlock="unlock" in options)
                write(report, {"modules": modules, "errors": errors.seen, "filestore": filestore(database)})
            return code

        return start

    boot.around_start(finished)
    boot.call_odoo(boot.fit(odoo_arguments))


def finish(database: str, *, assets: bool, unlock: bool) -> dict[str, str]:
    """Builds the web assets if they are wanted, and lets everybody in if the server is to be ``unlock``ed.

    Modules by state.
    """
    api = import_module("odoo.api")
    registry = import_module("odoo.modules.registry")
    database_registry = registry.Registry(database)
    with database_registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER, {})
        remove_assets(env)
        if assets:  # what Odoo itself calls before it runs the first HttpCase
            env["ir.qweb"]._pregenerate_assets_bundles()
            env.flush_all()
        cr.execute("SELECT name, state FROM ir_module_module WHERE state NOT IN ('uninstalled', 'uninstallable')")
        modules = dict(cr.fetchall())
    if unlock:  # last, and in a cursor of its own: what Odoo does after a commit may need a connection, too
        with database_registry.cursor() as cr:
            unlock_server(cr)
    return modules


def remove_assets(env: OdooObject) -> None:
    """Those of a smaller prepared database, from which this one began: they were built for fewer modules."""
    env["ir.attachment"].search([("url", "=like", "/web/assets/%"), ("res_model", "=", "ir.ui.view")]).unlink()


def unlock_server(cr: OdooObject) -> None:
    """From its next start on, PostgreSQL asks nobody for a password; none, and no digest of one, is kept.

    Only in an isolated network may anybody meet such a server: a run's is.
    """
    cr.execute("SHOW hba_file")
    (path,) = cr.fetchone()
    cr.execute("COPY (SELECT unnest(%s)) TO %s", (list(UNLOCKED), path))
    cr.execute("ALTER ROLE CURRENT_USER PASSWORD NULL")


def filestore(database: str) -> str:
    """The folder in which Odoo has one folder of files for each database; empty if they are in the database itself."""
    folder = Path(import_module("odoo.tools").config.filestore(database))
    return str(folder.parent) if folder.is_dir() else ""


if __name__ == "__main__":
    main()
