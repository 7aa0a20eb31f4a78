from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.checkout.modules import Module
from hub_runner.odoo import command as odoo_command
from hub_runner.settings import Settings
from hub_runner.verdict.record import Record

SETTINGS = Settings(root=Path("/checkout"))
MODULE = Module(name="traction", folder=Path("/checkout/addons/traction"), manifest={})


def test_the_users_arguments_cannot_change_what_is_installed_and_tested() -> None:
    settings = replace(SETTINGS, odoo_args=("-i", "mail", "--test-tags=/mail", "--log-level=debug"))
    arguments = odoo_command.odoo_arguments(MODULE, settings, database="db")
    assert arguments.index("--log-level=debug") > arguments.index("--log-level=info")
    last = len(arguments) - 1 - arguments[::-1].index("-i")
    assert arguments[last + 1] == "traction"
    assert [word for word in arguments if word.startswith("--test-tags")][-1] == "--test-tags=/traction"


def test_the_database_filter_takes_the_name_literally() -> None:
    assert r"--db-filter=^a\.b$" in odoo_command.odoo_arguments(MODULE, SETTINGS, database="a.b")


@pytest.mark.parametrize(("demo", "word"), [("on", "--with-demo"), ("both", "--with-demo"), ("off", "--without-demo=all")])
def test_demo_data_is_always_spelled_out(demo: str, word: str) -> None:
    assert word in odoo_command.odoo_arguments(MODULE, replace(SETTINGS, demo=demo), database="db")


def test_languages_are_loaded_where_asked_for() -> None:
    settings = replace(SETTINGS, languages=("nl_NL", "fr_FR"))
    assert "--load-language=nl_NL,fr_FR" in odoo_command.odoo_arguments(MODULE, settings, database="db")


def test_the_launcher_holds_nothing_but_what_runs_inside_odoo() -> None:
    with zipfile.ZipFile(io.BytesIO(odoo_command.launcher())) as archive:
        names = set(archive.namelist())
    assert {"__main__.py", "hub_runner/__init__.py", "hub_runner/odoo/inside/launcher.py"} <= names
    assert all(
        name.startswith("hub_runner/odoo/inside/")
        for name in names - {"__main__.py", "hub_runner/__init__.py", "hub_runner/odoo/__init__.py"}
    )


def test_the_launcher_is_the_same_bytes_each_time() -> None:
    assert odoo_command.launcher() == odoo_command.launcher()


def test_where_there_is_no_odoo_the_launcher_fails_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "launcher.pyz").write_bytes(odoo_command.launcher())
    command = (sys.executable, "-I", "launcher.pyz", "record", "-i", "traction")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, env={"PATH": ""}, check=False)
    assert ended.returncode == 97
    assert b"No module named 'odoo'" in ended.stderr
    assert "No module named 'odoo'" in str(Record.parse((tmp_path / "record").read_bytes(), b"").hook_failure)


def test_modules_that_come_along_are_installed_and_not_tested() -> None:
    arguments = odoo_command.odoo_arguments(MODULE, SETTINGS, database="test", along=("b", "c"))
    assert arguments[arguments.index("-i") + 1] == "traction,b,c"
    assert "--test-tags=/traction" in arguments
