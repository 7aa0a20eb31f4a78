"""The verdict on the first half of a lifecycle: the module as it was, and its upgrade."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_runner.checkout.migrations import Change
from hub_runner.checkout.modules import Module
from hub_runner.odoo.command import Stage
from tests.unit.verdict.story import INSTALLED, Story, event, log, ran, suite

TESTED = (INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one"))
MIGRATE = b"def migrate(cr, version):\n    pass\n"
RAISED = (
    'Traceback (most recent call last):\n  File "/mnt/extra-addons/traction/migrations/1.1/pre-it.py", line 2, in migrate\n'
    "    raise ValueError(7)\nValueError: 7\n"
)


def change(new: str = "1.1", *scripts: str) -> Change:
    """Of a module that was 1.0; ``scripts`` are today's, without `migrations/` and `.py`."""
    old, today = (Module(name="traction", folder=Path("traction"), manifest={"version": it}) for it in ("1.0", new))
    return Change(old=old, new=today, old_files={}, files={f"migrations/{path}.py": MIGRATE for path in scripts})


def upgrade(story: Story, *changes: Change, **settings: Any) -> Story:
    story.write("tests/__init__.py", "from . import test_rock\n")
    story.write("tests/test_rock.py", "class TestRock:\n    def test_one(self): pass\n")
    return replace(story, judged={"stage": Stage.UPGRADE, "changes": changes}, settings=settings)


def test_an_upgrade_that_raises_is_one_that_failed_at_the_line_of_its_script(story: Story) -> None:
    crash = log("Failed to initialize database", "CRITICAL", exception=RAISED)
    problem = upgrade(story, change()).tells(event("migration", module="traction", file="x"), crash).ends(255).problem
    assert (problem.kind, problem.return_code) == ("upgrade_failed", 7)
    assert (problem.file, problem.line) == ("addons/traction/migrations/1.1/pre-it.py", 2)
    assert problem.message.startswith("traction could not be upgraded at addons/traction/migrations/1.1/pre-it.py, line 2")


@pytest.mark.parametrize(
    "logged",
    [
        log("no such table", "ERROR"),
        log('column "colour" of relation "rock" contains null values', "WARNING", logger="odoo.schema"),
        log("Table 'rock': unable to set NOT NULL on column 'colour'", "WARNING", logger="odoo.schema"),
    ],
)
def test_errors_on_the_way_are_those_of_the_upgrade(story: Story, logged: dict[str, Any]) -> None:
    problem = upgrade(story, change()).tells(*TESTED, logged).ends().problem
    assert (problem.kind, problem.return_code) == ("upgrade_errors", 7)
    assert "was upgraded, but with 1 error in the log" in problem.message


def test_a_warning_on_null_values_is_none_of_an_installation(story: Story) -> None:
    logged = log('column "colour" of relation "rock" contains null values', "WARNING")
    assert replace(upgrade(story), judged={}).tells(*TESTED, logged).ends().kinds == []


def test_a_module_that_odoo_did_not_upgrade_is_not_called_installed_already(story: Story) -> None:
    problem = upgrade(story, change()).tells(INSTALLED).ends().problem
    assert problem.kind == "module_ignored"
    assert "installed already" not in problem.message


def test_a_script_that_ran_is_no_problem(story: Story) -> None:
    it = upgrade(story, change("1.1", "1.1/pre-it"))
    assert it.tells(event("migration", module="traction", file="migrations/1.1/pre-it.py"), *TESTED).ends().kinds == []


def test_scripts_that_did_not_run_are_named_with_their_reasons(story: Story) -> None:
    it = upgrade(story, change("1.0", "1.1/pre-it", "v1/pre-it")).tells(*TESTED).ends()
    problem = it.problem
    assert (problem.kind, problem.return_code) == ("migrations_not_run", 3)
    assert problem.message.startswith("2 new migration scripts did not run")
    assert "traction/migrations/1.1/pre-it.py: it is for version 1.1, and the manifest says 1.0" in problem.message
    assert "'v1' is misnamed" in problem.details[0]
    assert problem.file == "addons/traction/migrations/1.1/pre-it.py"


def test_a_script_that_odoo_passed_over_for_no_known_reason_is_named(story: Story) -> None:
    assert (
        "nothing that is known tells why"
        in upgrade(story, change("1.1", "1.1/pre-it")).tells(*TESTED).ends().problem.message
    )


def test_a_script_of_an_earlier_release_is_no_concern_of_this_upgrade(story: Story) -> None:
    old = replace(change("1.1", "1.0/pre-it"), old_files={"migrations/1.0/pre-it.py": MIGRATE})
    assert upgrade(story, old).tells(*TESTED).ends().kinds == []


def test_scripts_that_did_not_run_may_be_let_pass(story: Story) -> None:
    never = change("1.0", "1.1/pre-it")
    noted = upgrade(story, never, unrun_migrations="note").tells(*TESTED).ends().verdict
    assert noted.passed
    assert any("unrun-migrations: traction/migrations/1.1/pre-it.py" in note for note in noted.notes)
    assert upgrade(story, never, waive=("unrun-migrations:1.1/pre-it",)).tells(*TESTED).ends().verdict.waived


def test_tests_that_failed_and_scripts_that_did_not_run_are_both_told(story: Story) -> None:
    failed = (INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one", "failed", tracebacks=["AssertionError"]))
    it = upgrade(story, change("1.0", "1.1/pre-it")).tells(*failed).ends(1)
    assert it.kinds == ["tests_failed", "migrations_not_run"]


def test_a_release_without_tests_is_installed_if_the_database_says_so(story: Story) -> None:
    installing = replace(story, judged={"stage": Stage.INSTALL})
    assert installing.tells(INSTALLED, event("contents")).ends().kinds == []
    assert installing.tells(event("contents", states=[["traction", "uninstalled", ""]])).ends().kinds == ["module_ignored"]


def test_a_release_that_cannot_be_installed_failed_as_an_installation(story: Story) -> None:
    crash = log("Failed to initialize database", "CRITICAL", exception=RAISED)
    problem = replace(story, judged={"stage": Stage.INSTALL}).tells(INSTALLED, crash).ends(255).problem
    assert (problem.kind, problem.return_code) == ("install_failed", 7)
