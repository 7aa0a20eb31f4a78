"""What a repository lets pass is counted and listed, and nothing else passes with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub_runner.checkout.lint.module_text import Finding as Noticed
from hub_runner.result import Verdict
from tests.unit.verdict.story import INSTALLED, Story, about, log, ran, suite

GOOD = (INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one"))
ACCESS = log("The models ['rock'] have no access rules in module traction, consider adding some, like:\nid,name",
             "WARNING", logger="odoo.modules.loading", loading="traction")  # fmt: skip
FAREWELL = log("Farewell", "WARNING", testing=True, test=about("TestRock.test_one"))


def told(story: Story, *events: Any, code: int = 0, **settings: Any) -> Story:
    return Story(story.root, settings=settings).tells(*(events or GOOD)).ends(code)


def forget(story: Story) -> None:
    for name in ("old", "new"):
        story.write(f"tests/test_{name}.py", f"class Test{name.title()}(Case):\n    def test_it(self):\n        pass\n")


def test_each_strictness_is_as_strict_as_it_was_unless_a_repository_says_otherwise(story: Story) -> None:
    forget(story)
    assert told(story).kinds == ["forgotten_files"]


def test_a_pattern_lets_one_file_pass_and_no_other(story: Story) -> None:
    forget(story)
    found = told(story, waive=("forgotten-tests:tests/test_old.py",)).verdict
    assert [problem.details for problem in found.problems] == [("tests/test_new.py: 1 test (TestNew.test_it)",)]
    assert found.waived == ("forgotten-tests: tests/test_old.py: 1 test (TestOld.test_it)",)
    assert found.notes == ()


@pytest.mark.parametrize(("level", "noted"), [("note", 2), ("ignore", 0)])
def test_a_level_below_fail_waives_all_and_says_it_or_not(story: Story, level: str, noted: int) -> None:
    forget(story)
    found = told(story, forgotten_tests=level).verdict
    assert found.passed
    assert len(found.waived) == 2
    assert len(found.notes) == noted


def test_what_was_let_pass_in_a_red_run_is_listed_too(story: Story) -> None:
    events = (INSTALLED, suite("TestRock.test_one"), FAREWELL, ran("TestRock.test_one", "failed"))
    found = told(story, *events, code=1, warnings="fail", waive=("warnings:Farewell",)).verdict
    assert [problem.kind for problem in found.problems] == ["tests_failed"]
    assert found.waived == ("warnings: TestRock.test_one: WARNING odoo.addons.traction: Farewell",)


def test_a_rule_for_one_setting_is_none_for_another(story: Story) -> None:
    forget(story)
    assert told(story, waive=("unrun-tests:test_old",)).verdict.waived == ()


def test_tests_that_never_run_can_be_named(story: Story) -> None:
    known = suite("TestRock.test_one", "TestRock.test_two")
    events = (INSTALLED, known, ran("TestRock.test_one"))
    assert told(story, *events).kinds == ["not_run"]
    assert told(story, *events, waive=("unrun-tests:TestRock.test_two",)).verdict.passed


def test_a_module_whose_tests_are_all_skipped_can_be_let_pass(story: Story) -> None:
    events = (INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one", "skipped", reason="no browser"))
    assert told(story, *events).kinds == ["all_skipped"]
    found = told(story, *events, all_skipped="note").verdict
    assert found.passed
    assert found.waived == ("all-skipped: TestRock.test_one: no browser",)


def test_warnings_are_notes_unless_they_are_to_fail(story: Story) -> None:
    events = (INSTALLED, ACCESS, suite("TestRock.test_one"), FAREWELL, ran("TestRock.test_one"))
    lenient = told(story, *events).verdict
    assert (lenient.passed, len(lenient.notes), lenient.waived) == (True, 2, ())
    strict = told(story, *events, warnings="fail")
    assert (strict.problem.kind, strict.problem.return_code) == ("warnings", 3)
    assert "no access rules" in strict.problem.details[0]
    assert told(story, *events, warnings="fail", waive=("warnings:no access rules", "warnings:Farewell")).verdict.passed


@pytest.mark.parametrize(
    "log_of_odoo",
    [
        log("Deprecated", "WARNING", logger="py.warnings", loading="traction"),
        log("unknown parameter", "WARNING", logger="odoo.fields", loading="mail"),
        log("Slow", "WARNING", testing=True, test=about("TestMail.test_mail", module="mail")),
    ],
    ids=["Python's", "of a dependency", "of another module's test"],
)
def test_warnings_that_the_module_cannot_change_never_fail(story: Story, log_of_odoo: dict[str, Any]) -> None:
    events = (INSTALLED, log_of_odoo, suite("TestRock.test_one"), ran("TestRock.test_one"))
    found = told(story, *events, warnings="fail").verdict
    assert (found.passed, found.notes) == (True, ())


def test_errors_of_an_installation_fail_at_each_level_unless_they_are_named(story: Story) -> None:
    events = (INSTALLED, log("No rocks", loading="traction"), *GOOD[1:])
    assert told(story, *events, logged_errors="ignore").kinds == ["install_errors"]
    found = told(story, *events, waive=("logged-errors:No rocks",)).verdict
    assert found.passed
    assert found.waived == ("logged-errors: ERROR odoo.addons.traction: No rocks",)


def noticed(story: Story, *, ended: bool = True, **settings: Any) -> Verdict:
    """A data file that no list names."""
    whole = told(story, *(GOOD if ended else (INSTALLED,)), **settings)
    finding = Noticed(file=story.folder / "views/rock.xml", line=1, message="no list of __manifest__.py names it")
    return replace(whole, noticed=(finding,)).verdict


UNLISTED = "addons/traction/views/rock.xml:1: no list of __manifest__.py names it"


def test_a_file_that_odoo_never_loads_is_a_note_unless_it_is_to_fail(story: Story) -> None:
    lenient = noticed(story)
    assert (lenient.passed, lenient.notes, lenient.waived) == (True, (f"unlisted-files: {UNLISTED}",), ())
    strict = noticed(story, unlisted_files="fail")
    (problem,) = strict.problems
    assert (problem.kind, problem.return_code, problem.details) == ("unlisted_files", 3, (UNLISTED,))
    assert (problem.file, problem.line) == ("addons/traction/views/rock.xml", 1)
    assert noticed(story, unlisted_files="fail", waive=("unlisted-files:views/rock.xml",)).passed


def test_what_the_files_show_is_said_beside_a_failed_installation_at_any_level(story: Story) -> None:
    for level in ("fail", "note"):
        found = noticed(story, ended=False, unlisted_files=level)
        assert [problem.kind for problem in found.problems] == ["module_ignored"]
        assert UNLISTED in found.notes
