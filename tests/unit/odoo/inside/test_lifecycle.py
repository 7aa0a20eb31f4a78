"""What the launcher adds to the record of an upgrade or an uninstallation, with a package in Odoo's place."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hub_runner.odoo.inside.lifecycle import owned_tables, place
from hub_runner.verdict.record import Record
from tests.unit.odoo.inside.test_launcher import installed

LOADING = """
from odoo.modules import migration

class Package:
    state = "installed"
    def __init__(self, name): self.name = name

def load_openerp_module(name): pass
def load_module_graph(env, graph):
    for package in graph:
        migration.MigrationManager().migrate_module(package, "pre")
        load_openerp_module(package.name)
        env.cr.tables.append((package.name + "_table",))
"""
MIGRATION = """
import logging

def load_script(path, name): return path, name

class MigrationManager:
    def migrate_module(self, package, stage):
        load_script(f"/mnt/addons/{package.name}/migrations/1.1/{stage}-it.py", f"{stage}-it")
        logging.getLogger("migration").error(stage)
"""
# A cursor answers each query with rows that say what was asked for.
REGISTRY = """
import contextlib

class Cursor:
    tables = [("base_table",)]
    def execute(self, query, values=None):
        state = "uninstalled" if Registry.left else "installed"
        known = {
            "latest_version": ("traction", state, "1.0"),
            "model NOT IN": ("traction.x", "a.model"),
        }
        self.rows = [row for word, row in known.items() if word in query]
        self.rows += self.tables if "relname FROM" in query else []
    def fetchall(self): return self.rows

class Registry:
    left = False
    models = {}
    def __init__(self, name): assert name == "db"
    @contextlib.contextmanager
    def cursor(self): yield Cursor()
"""
SERVER = """
import logging
from odoo.modules import loading, migration

def load_server_wide_modules(): pass

def start():
    loading.load_module_graph(type("Env", (), {"cr": __import__("odoo.modules.registry").modules.registry.Cursor()}),
                              [loading.Package("stone"), loading.Package("traction")])
    migration.MigrationManager().migrate_module(loading.Package("traction"), "end")
    logging.getLogger("loading").error("after all")
    return CODE
"""
API = """
from odoo.modules.registry import Registry

class Environment:
    def __init__(self, cr, uid, context): pass
    def __getitem__(self, name): return self
    def search(self, domain):
        assert domain == [("name", "in", ("traction",))]
        return self
    def button_immediate_uninstall(self):
        UNINSTALL
"""


def launch(tmp_path: Path, mode: str, code: int = 0, uninstall: str = "Registry.left = True") -> Record:
    (tmp_path / "odoo" / "modules").mkdir(parents=True)
    for path, text in {
        "modules/migration.py": MIGRATION,
        "modules/registry.py": REGISTRY,
        "http.py": "",
        "api.py": API.replace("UNINSTALL", uninstall),
    }.items():
        (tmp_path / "odoo" / path).write_text(text, encoding="utf-8")
    command, environ = installed(tmp_path, loading=LOADING, server=SERVER.replace("CODE", str(code)))
    command = (*command[:3], mode, "--database", "db", *(() if "uninstall" in mode else ("-u", "traction")))
    done = subprocess.run(command, cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert b"AssertionError" not in done.stderr, done.stderr
    return Record.parse((tmp_path / "record").read_bytes(), b"")


RAN = [("stone", "pre"), ("traction", "pre"), ("traction", "end")]


def test_tables_before_migrations_and_contents_are_recorded(tmp_path: Path) -> None:
    record = launch(tmp_path, "fresh+listed+contents")
    assert record.tables == {"base_table", "stone_table"}, "what the hooks of a dependency make is none of the module's"
    scripts = [(module, f"migrations/1.1/{stage}-it.py") for module, stage in RAN]
    assert record.migrations == tuple(scripts)
    assert [(log.loading, log.message) for log in record.logs] == [*RAN, (None, "after all")], "the errors are the module's"
    assert record.contents
    assert record.contents["states"] == [["traction", "installed", "1.0"]]
    assert record.contents["external_ids"] == [["traction.x", "a.model"]]
    assert record.contents["unowned"] == ["base_table", "stone_table", "traction_table"]
    assert record.ended


def test_nothing_of_it_is_recorded_unless_it_is_asked_for(tmp_path: Path) -> None:
    record = launch(tmp_path, "fresh")
    assert (record.tables, record.migrations, record.contents) == (frozenset(), (), None)


def test_a_database_that_could_not_be_loaded_is_not_looked_into(tmp_path: Path) -> None:
    record = launch(tmp_path, "fresh+contents", code=-1)
    assert record.ended
    assert record.contents is None


def test_a_module_is_uninstalled_and_no_server_is_started(tmp_path: Path) -> None:
    record = launch(tmp_path, "fresh+listed+contents+uninstall=traction")
    assert record.contents
    assert record.contents["states"] == [["traction", "uninstalled", "1.0"]]
    assert record.migrations == ()


def test_an_uninstallation_that_fails_is_logged_with_its_traceback(tmp_path: Path) -> None:
    record = launch(tmp_path, "fresh+contents+uninstall=traction", uninstall="raise ValueError('still used')")
    (log,) = record.logs
    assert log.level == "CRITICAL"
    assert "ValueError: still used" in log.exception
    assert log.loading is None
    assert record.ended
    assert record.contents is None


@pytest.mark.parametrize(
    ("path", "module", "file"),
    [
        ("/mnt/extra-addons/rock/migrations/1.1/pre-a.py", "rock", "migrations/1.1/pre-a.py"),
        ("/mnt/migrations/rock/upgrades/1.1/pre-a.py", "rock", "upgrades/1.1/pre-a.py"),
        ("/opt/scripts/rock/1.1/pre-a.py", "", "/opt/scripts/rock/1.1/pre-a.py"),
    ],
)
def test_a_script_is_named_by_its_module(path: str, module: str, file: str) -> None:
    assert place(path) == (module, file)


def test_tables_of_models_and_between_models_are_owned() -> None:
    class Between:
        type, store, relation = "many2many", True, "rock_stone_rel"

    class Plain:
        type, store = "char", True

    class Rock:
        _table = "rock"
        _fields = {"stones": Between, "name": Plain}  # noqa: RUF012

    class Registry:
        models = {"rock": Rock}  # noqa: RUF012

    assert owned_tables(Registry) == {"rock", "rock_stone_rel"}
