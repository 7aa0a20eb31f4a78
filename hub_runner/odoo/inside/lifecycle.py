"""What a run of a module's lifecycle adds to the record: what is in the database, and which migration scripts ran.

Also the uninstallation, which Odoo has no option for.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from importlib import import_module
from pathlib import PurePosixPath

from hub_runner.odoo.inside.recorder import Recorder
from hub_runner.odoo.inside.types_of_odoo import OdooObject

SUPERUSER = 1
SCRIPTS = ("migrations", "upgrades")  # the folders of a module in which Odoo looks for them
# Rows of these models mirror fields and constraints, which are recorded as such, or follow from them.
MIRRORS = ("ir.model.fields", "ir.model.constraint", "ir.model.relation", "ir.model.inherit")
TABLES = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
"""
COLUMNS = """
    SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = current_schema::regnamespace AND c.relkind IN ('r', 'p')
    AND a.attnum > 0 AND NOT a.attisdropped
"""
FIELDS = """
    SELECT f.model || '.' || f.name FROM ir_model_data d JOIN ir_model_fields f ON f.id = d.res_id
    WHERE d.model = 'ir.model.fields' AND d.module IN %s
"""
EXTERNAL_IDS = "SELECT module || '.' || name, model FROM ir_model_data WHERE module IN %s AND model NOT IN %s"
STATES = "SELECT name, state, COALESCE(latest_version, '') FROM ir_module_module WHERE name IN %s"


def watch(recorder: Recorder) -> None:
    """Records the tables that are there before the tested module is, and each migration script that is run.

    Raises AttributeError if this Odoo has no such functions.
    """
    loading: OdooObject = import_module("odoo.modules.loading")
    migration: OdooObject = import_module("odoo.modules.migration")
    load_graph, load, load_script = loading.load_module_graph, loading.load_openerp_module, migration.load_script
    manager: OdooObject = migration.MigrationManager
    migrate = manager.migrate_module
    cursors: list[OdooObject] = []
    seen: set[str] = set()

    @functools.wraps(load_graph)
    def load_module_graph(env: OdooObject, *args: object, **kwargs: object) -> object:
        cursors[:] = [getattr(env, "cr", env)]
        return load_graph(env, *args, **kwargs)

    @functools.wraps(load)
    def load_openerp_module(name: str, *args: object, **kwargs: object) -> object:
        """The modules that the tested one needs are there by now, with what their hooks have made."""
        if (name,) == recorder.targets[:1] and name not in seen:
            seen.add(name)
            recorder.events.write("tables", tables=column(cursors[-1], TABLES))
        return load(name, *args, **kwargs)

    @functools.wraps(load_script)
    def recorded_script(path: str, *args: object, **kwargs: object) -> object:
        module, file = place(path)
        recorder.events.write("migration", module=module, file=file)
        return load_script(path, *args, **kwargs)

    @functools.wraps(migrate)
    def migrate_module(self: OdooObject, package: OdooObject, *args: object, **kwargs: object) -> object:
        """The scripts are the module's own: Odoo runs the first ones before it loads it, the last ones at the end."""
        before, recorder.loading = recorder.loading, package.name
        returned = migrate(self, package, *args, **kwargs)
        recorder.loading = before
        return returned

    loading.load_module_graph, loading.load_openerp_module = load_module_graph, load_openerp_module
    migration.load_script, manager.migrate_module = recorded_script, migrate_module


def place(path: str) -> tuple[str, str]:
    """The module of a migration script, and its file below that module's folder; else ``path`` as it is."""
    parts = PurePosixPath(path).parts
    for i in reversed(range(1, len(parts))):
        if parts[i] in SCRIPTS:
            return parts[i - 1], "/".join(parts[i:])
    return "", path


def column(cr: OdooObject, query: str, *values: object) -> list[str]:
    """The first column of what ``query`` gives, sorted."""
    cr.execute(query, values)
    return sorted(row[0] for row in cr.fetchall())


def registry_of(odoo_arguments: Sequence[str]) -> OdooObject:
    """Loads it, unless this process has done so already."""
    database = odoo_arguments[odoo_arguments.index("--database") + 1]
    return import_module("odoo.modules.registry").Registry(database)


def write_contents(recorder: Recorder, odoo_arguments: Sequence[str]) -> None:
    """Records what the database holds of the tested modules."""
    registry = registry_of(odoo_arguments)
    targets = tuple(recorder.targets)
    with registry.cursor() as cr:
        cr.execute(EXTERNAL_IDS, (targets, MIRRORS))
        external_ids = sorted(map(list, cr.fetchall()))
        cr.execute(STATES, (targets,))
        states = sorted(map(list, cr.fetchall()))
        owned = owned_tables(registry)
        recorder.events.write(
            "contents", states=states, external_ids=external_ids, columns=column(cr, COLUMNS),
            fields=column(cr, FIELDS, targets), unowned=[table for table in column(cr, TABLES) if table not in owned],
        )  # fmt: skip


def owned_tables(registry: OdooObject) -> set[str]:
    """The tables of all models, and those between two models."""
    models = list(registry.models.values())
    fields = [field for model in models for field in model._fields.values()]
    return {model._table for model in models} | {
        field.relation for field in fields if field.type == "many2many" and field.store
    }


def uninstall(recorder: Recorder, odoo_arguments: Sequence[str]) -> int:
    """Uninstalls the tested module as the button in Odoo's list of apps does. What goes wrong is logged with its traceback.

    Returns what a server that could not load its modules would: -1 for a failure, else 0.
    """
    api = import_module("odoo.api")
    import_module("odoo.service.server").load_server_wide_modules()
    import_module("odoo.http")
    try:
        with registry_of(odoo_arguments).cursor() as cr:
            modules = api.Environment(cr, SUPERUSER, {})["ir.module.module"]
            modules.search([("name", "in", recorder.targets)]).button_immediate_uninstall()
        return 0
    except Exception:
        recorder.module_loaded()
        logging.getLogger("odoo.hub_runner").critical("%s could not be uninstalled", *recorder.targets, exc_info=True)
        return -1
