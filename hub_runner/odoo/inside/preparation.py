"""Runs inside the odoo container: ``python3 preparation.pyz REPORT assets|no-assets ODOO_ARGUMENT...``.

Installs Odoo's own modules. REPORT is written last, as JSON: the modules by state, the number of errors that were logged,
and the folder with the files of attachments. Without it nothing is kept.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from hub_runner.odoo.inside import launcher

SUPERUSER = 1
ASSETS = "odoo.addons.base.models.assetsbundle"


class Errors(logging.Handler):
    """Counts them: a database whose installation logged an error is not kept, so that a cold run shows the error.

    Files that miss in the assets of Odoo's own modules do not count here, as they do not count in a verdict.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.seen += record.name != ASSETS


def main() -> None:
    launcher.use_python_of_odoo()
    report, assets, odoo_arguments = sys.argv[1], sys.argv[2] == "assets", sys.argv[3:]
    database = odoo_arguments[odoo_arguments.index("--database") + 1]
    # The checkout's modules are kept out of here: there is nothing in their folder.
    logging.getLogger("odoo.tools.config").addFilter(lambda record: "invalid addons directory" not in record.getMessage())
    os.environ["TZ"] = "UTC"  # as Odoo's own start script does it
    time.tzset()
    cli: Any = import_module("odoo.cli")
    release: Any = import_module("odoo.release")
    server: Any = import_module("odoo.service.server")
    errors, original = Errors(), server.start

    def start(*args: Any, **kwargs: Any) -> Any:
        logging.getLogger().addHandler(errors)
        code = original(*args, **kwargs)
        if not code:
            modules = finish(database, assets=assets)
            found = {"modules": modules, "errors": errors.seen, "filestore": filestore(database)}
            Path(report).write_text(json.dumps(found), encoding="utf-8")
        return code

    server.start = start
    series = tuple(release.version_info[:2])
    sys.argv = ["odoo", *launcher.fitted(odoo_arguments, series, os.environ, launcher.free_port())]
    cli.main()


def finish(database: str, *, assets: bool) -> dict[str, str]:
    """Builds the web assets where they are wanted. Modules by state."""
    api: Any = import_module("odoo.api")
    registry: Any = import_module("odoo.modules.registry")
    with registry.Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER, {})
        if assets:  # what Odoo itself calls before it runs the first HttpCase
            env["ir.qweb"]._pregenerate_assets_bundles()
            env.flush_all()
        cr.execute("SELECT name, state FROM ir_module_module WHERE state NOT IN ('uninstalled', 'uninstallable')")
        return dict(cr.fetchall())


def filestore(database: str) -> str:
    """The folder in which Odoo has one folder of files for each database; empty where they are in the database itself."""
    folder = Path(import_module("odoo.tools").config.filestore(database))
    return str(folder.parent) if folder.is_dir() else ""


if __name__ == "__main__":
    main()
