"""Runs in the odoo container of the lasting environment. Two programs:

``python3 uat.pyz state REPORT DATABASE UNFINISHED ODOO_ARGUMENT...`` writes what was noted in DATABASE, as JSON, or ``null``
if there is no such database; then a database UNFINISHED, which a first start that was killed has left, is dropped.
``python3 uat.pyz install NOTE ODOO_ARGUMENT...`` installs or updates modules, and notes NOTE in the database if that worked.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from hub_runner.odoo.inside import boot
from hub_runner.odoo.inside.types_of_odoo import Json

SUPERUSER = 1
PARAMETER = "hub_runner.uat"


def main() -> None:
    boot.use_python_of_odoo()
    boot.use_utc()
    program, *rest = sys.argv[1:]
    if program == "state":
        report, database, unfinished, *odoo_arguments = rest
        Path(report).write_text(json.dumps(state(database, unfinished, odoo_arguments)), encoding="utf-8")
    else:
        install(rest[0], rest[1:])


def state(database: str, unfinished: str, odoo_arguments: list[str]) -> Json | None:
    """What ``install`` noted in the database; None if there is no such database."""
    config = import_module("odoo.tools").config
    config.parse_config(boot.fit(odoo_arguments))
    service = import_module("odoo.service.db")
    if inspect.unwrap(service.exp_db_exist)(database):
        with import_module("odoo.sql_db").db_connect(database).cursor() as cr:
            cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", (PARAMETER,))
            noted: Json = json.loads(cr.fetchone()[0])
            return noted
    if inspect.unwrap(service.exp_db_exist)(unfinished):
        inspect.unwrap(service.exp_drop)(unfinished)
    return None


def install(note: str, odoo_arguments: list[str]) -> None:
    """Returns or exits as Odoo does."""
    database = odoo_arguments[odoo_arguments.index("--database") + 1]

    def noted(original: Callable[..., object]) -> Callable[..., object]:
        def start(*args: object, **kwargs: object) -> object:
            code = original(*args, **kwargs)
            if not code:
                api = import_module("odoo.api")
                registry = import_module("odoo.modules.registry")
                with registry.Registry(database).cursor() as cr:
                    api.Environment(cr, SUPERUSER, {})["ir.config_parameter"].set_param(PARAMETER, note)
            return code

        return start

    boot.around_start(noted)
    boot.call_odoo(boot.fit(odoo_arguments))


if __name__ == "__main__":
    main()
