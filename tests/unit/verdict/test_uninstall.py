from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub_runner.odoo.command import Stage
from tests.unit.verdict.story import INSTALLED, Story, event, log

RAISED = (
    'Traceback (most recent call last):\n  File "/mnt/extra-addons/traction/__init__.py", line 5, in leave\n'
    "    raise ValueError(7)\nValueError: 7\n"
)


def leaving(story: Story, *tables: str, **settings: Any) -> Story:
    """``tables`` were there before the module."""
    return replace(story, judged={"stage": Stage.UNINSTALL, "tables": frozenset(tables)}, settings=settings)


def gone(**values: Any) -> dict[str, Any]:
    return event("contents", states=[["traction", "uninstalled", ""]], **values)


def test_a_module_that_is_gone_is_no_problem(story: Story) -> None:
    assert leaving(story).tells(INSTALLED, gone()).ends().kinds == []


def test_a_hook_that_raises_is_told_with_its_line(story: Story) -> None:
    crash = log("traction could not be uninstalled", "CRITICAL", exception=RAISED)
    problem = leaving(story).tells(INSTALLED, crash).ends(255).problem
    assert (problem.kind, problem.return_code) == ("uninstall_failed", 7)
    assert (problem.file, problem.line) == ("addons/traction/__init__.py", 5)
    assert "traction could not be uninstalled at addons/traction/__init__.py, line 5: ValueError: 7" in problem.message


def test_errors_that_are_only_logged_are_a_failure_too(story: Story) -> None:
    problem = leaving(story).tells(INSTALLED, log("cannot drop", loading=None), gone()).ends().problem
    assert (problem.kind, problem.return_code) == ("uninstall_failed", 7)
    assert "was uninstalled, but with 1 error" in problem.message


def test_a_module_that_is_still_installed_is_a_failure(story: Story) -> None:
    problem = leaving(story).tells(INSTALLED, event("contents")).ends().problem
    assert (problem.kind, problem.return_code) == ("uninstall_failed", 7)
    assert "its state is 'installed'" in problem.message


def test_what_it_leaves_behind_is_named(story: Story) -> None:
    left = gone(unowned=["orm_signaling_x", "rock_log", "spatial_ref_sys"], external_ids=[["traction.x", "ir.cron"]])
    problem = leaving(story, "spatial_ref_sys").tells(INSTALLED, left).ends().problem
    assert (problem.kind, problem.return_code) == ("uninstall_leftovers", 7)
    assert "left 2 things in the database: table rock_log, external id traction.x (ir.cron)." in problem.message


def test_of_many_things_all_are_listed(story: Story) -> None:
    problem = leaving(story).tells(INSTALLED, gone(unowned=[f"t{i}" for i in range(5)])).ends().problem
    assert "table t2 ..." in problem.message
    assert problem.details == tuple(f"table t{i}" for i in range(5))


def test_what_is_meant_to_stay_can_be_waived(story: Story) -> None:
    told = leaving(story, waive=("uninstall-leftovers:table rock_log",)).tells(INSTALLED, gone(unowned=["rock_log"])).ends()
    assert told.kinds == []
    assert told.verdict.waived == ("uninstall-leftovers: table rock_log",)


def test_a_process_that_was_killed_says_nothing_of_leftovers(story: Story) -> None:
    assert leaving(story).tells(INSTALLED).breaks_off(137).kinds == ["killed"]
