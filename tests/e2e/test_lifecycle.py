"""Upgrades and uninstallations on a real Odoo: six modules of one git repository, in one command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.lab import ROOT
from tests.standins.history import commit, write

pytestmark = pytest.mark.e2e

MODEL = """from odoo import fields, models


class Rock(models.Model):
    _name = "{name}.rock"
    _description = "Rock"

    name = fields.Char()
{more}"""
TEST = """from odoo.tests import TransactionCase


class TestRock(TransactionCase):
    def test_rock(self):
        self.assertTrue(self.env["{name}.rock"].search([]))
"""
DATA = """<odoo>
    <record id="{id}" model="{name}.rock"><field name="name">granite</field></record>
</odoo>
"""
MIGRATE = "def migrate(cr, version):\n    {line}\n"
HOOK = "from . import models\n\n\ndef leave(env):\n    raise ValueError('the hook is broken')\n"


def module(name: str, version: str, *, more: str = "", id: str = "rock_granite", **files: str) -> dict[str, str]:
    """The files of a module with one model and one record of it; more of them by path."""
    access = "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink\n"
    access += f"access_rock,rock,model_{name}_rock,base.group_user,1,0,0,0\n"
    hook = ', "uninstall_hook": "leave"' if "leave" in files.get("__init__.py", "") else ""
    return {
        "__manifest__.py": f'{{"name": "{name}", "version": "{version}", "license": "LGPL-3", "depends": ["base"], '
        f'"data": ["security/ir.model.access.csv", "data.xml"]{hook}}}\n',
        "__init__.py": "from . import models\n",
        "models.py": MODEL.format(name=name, more=more),
        "data.xml": DATA.format(name=name, id=id),
        "security/ir.model.access.csv": access,
        "tests/__init__.py": "from . import test_rock\n",
        "tests/test_rock.py": TEST.format(name=name),
        **files,
    }


WEIGHT = "    weight = fields.Float()\n"
MASS = "    mass = fields.Float()\n"
RENAME = 'cr.execute("ALTER TABLE up_good_rock RENAME COLUMN weight TO mass")'
OLD = {
    "up_good": module("up_good", "1.0", more=WEIGHT),
    "up_raises": module("up_raises", "1.0"),
    "up_never": module("up_never", "1.0"),
    "up_required": module("up_required", "1.0"),
    "up_renamed": module("up_renamed", "1.0"),
    "up_hook": module("up_hook", "1.0", **{"__init__.py": HOOK}),
}
NEW = {
    "up_good": module("up_good", "1.1", more=MASS, **{"migrations/1.1/pre-mass.py": MIGRATE.format(line=RENAME)}),
    "up_raises": module(
        "up_raises", "1.1", **{"migrations/1.1/post-it.py": MIGRATE.format(line="raise KeyError('granite')")}
    ),
    "up_never": module("up_never", "1.0", **{"migrations/1.1/pre-it.py": MIGRATE.format(line="pass")}),
    "up_required": module("up_required", "1.1", more="    colour = fields.Char(required=True)\n"),
    "up_renamed": module("up_renamed", "1.1", id="rock_basalt"),
    "up_hook": module("up_hook", "1.1", **{"__init__.py": HOOK}),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    root = tmp_path_factory.mktemp("lifecycle")
    (root / "pyproject.toml").write_text('[tool.hub-runner]\nproject = "upgrades"\n', encoding="utf-8")
    write(root / "addons", OLD)
    commit(root, "as released", tag="v1.0")
    write(root / "addons", NEW)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUB_RUNNER_")}
    done = subprocess.run(
        (sys.executable, "-m", "hub_runner", "run", *NEW, "--lifecycle", "--jobs=2", "--json"),
        cwd=root,
        env={**clean, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    return {it["run"]["module"]: it for it in map(json.loads, done.stdout.splitlines())}


def problem(result: dict[str, Any]) -> dict[str, Any]:
    (found,) = result["problems"]
    return dict(found)


def test_a_good_migration_passes_and_what_it_renamed_is_named(results: Mapping[str, Any]) -> None:
    result = results["up_good"]
    assert result["problems"] == []
    assert result["lifecycle"]["stages"] == {"install": "passed", "upgrade": "passed", "uninstall": "passed"}
    assert result["lifecycle"]["migrations"] == ["up_good/migrations/1.1/pre-mass.py"]
    assert set(result["lifecycle"]["vanished"]) == {"field up_good.rock.weight", "column up_good_rock.weight"}
    assert result["counts"]["passed"] == 1


def test_a_migration_that_raises_is_an_upgrade_that_failed_at_its_line(results: Mapping[str, Any]) -> None:
    found = problem(results["up_raises"])
    assert (found["kind"], found["return_code"]) == ("upgrade_failed", 7)
    assert (found["file"], found["line"]) == ("addons/up_raises/migrations/1.1/post-it.py", 2)
    assert results["up_raises"]["lifecycle"]["stages"] == {"install": "passed", "upgrade": "failed"}


def test_a_migration_that_never_runs_is_named_with_the_reason(results: Mapping[str, Any]) -> None:
    found = problem(results["up_never"])
    assert (found["kind"], found["return_code"]) == ("migrations_not_run", 3)
    assert "up_never/migrations/1.1/pre-it.py: it is for version 1.1, and the manifest says 1.0" in found["message"]
    assert results["up_never"]["counts"]["passed"] == 1


def test_a_required_field_without_a_default_is_an_error_of_the_upgrade(results: Mapping[str, Any]) -> None:
    found = problem(results["up_required"])
    assert (found["kind"], found["return_code"]) == ("upgrade_errors", 7)
    assert "colour" in found["message"]


def test_a_renamed_external_id_is_listed_and_holds_nothing_up(results: Mapping[str, Any]) -> None:
    result = results["up_renamed"]
    assert result["problems"] == []
    assert result["lifecycle"]["vanished"] == ["external id up_renamed.rock_granite (up_renamed.rock)"]


def test_an_uninstall_hook_that_fails_is_no_failure_of_the_tests(results: Mapping[str, Any]) -> None:
    found = problem(results["up_hook"])
    assert (found["kind"], found["return_code"]) == ("uninstall_failed", 7)
    assert "the hook is broken" in found["message"]
    assert found["file"] == "addons/up_hook/__init__.py"
    assert results["up_hook"]["lifecycle"]["stages"] == {"install": "passed", "upgrade": "passed", "uninstall": "failed"}
