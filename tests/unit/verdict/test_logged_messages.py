from __future__ import annotations

import pytest

from tests.unit.verdict.story import INSTALLED, Story, about, event, log, ran, suite

ONE = (INSTALLED, suite("TestRock.test_one"))


@pytest.mark.parametrize("level", ["ERROR", "CRITICAL"])
def test_an_error_that_a_passing_test_logged_is_a_failure(story: Story, level: str) -> None:
    error = log("Cannot escalate\nmore", level, testing=True, test=about("TestRock.test_one"))
    told = story.tells(*ONE, error, ran("TestRock.test_one")).ends()
    assert (told.problem.kind, told.problem.return_code) == ("test_logged_error", 1)
    assert told.problem.details == (f"TestRock.test_one: {level} odoo.addons.traction: Cannot escalate",)
    assert "assertLogs" in told.problem.message


def test_the_setting_turns_it_into_a_note(story: Story) -> None:
    error = log("Cannot escalate", testing=True, test=about("TestRock.test_one"))
    told = Story(story.root, settings={"logged_errors": "note"}).tells(*ONE, error, ran("TestRock.test_one")).ends()
    assert told.verdict.passed
    assert "logged-errors: TestRock.test_one: ERROR" in told.verdict.notes[0]
    assert len(told.verdict.waived) == 1


def test_an_error_in_set_up_class_counts_too(story: Story) -> None:
    told = story.tells(*ONE, log("No rocks", testing=True), ran("TestRock.test_one")).ends()
    assert told.problem.kind == "test_logged_error"


AFTER = suite("TestRock.test_one", position="post_install")


def test_an_error_after_all_tests_is_none_of_the_installation(story: Story) -> None:
    """A thread that a test has left behind logs it, when Odoo comes to its end."""
    late = (*ONE, ran("TestRock.test_one"), AFTER, log("Too late"))
    told = story.tells(*late).ends()
    assert [(problem.kind, problem.return_code) for problem in told.verdict.problems] == [("test_logged_error", 1)]
    assert Story(story.root, settings={"logged_errors": "note"}).tells(*late).ends().verdict.passed


def test_what_ends_odoo_after_the_installation_is_told_once(story: Story) -> None:
    broken = log("Failed to initialize database", "CRITICAL", exception="ValueError: no assets\n")
    assert story.tells(*ONE, ran("TestRock.test_one"), AFTER, broken).ends(255).kinds == ["install_failed"]


CUT_OFF = "Exception received after termination: Uncaught (in promise)"


@pytest.mark.parametrize(
    "words", ["TypeError: Failed to fetch", "ConnectionLostError: Connection lost", "AssetsLoadingError: The loading failed"]
)
def test_a_request_of_a_page_that_the_end_of_a_test_closed_is_a_note(story: Story, words: str) -> None:
    error = log(CUT_OFF + words, testing=True, test=about("TestRock.test_one"), logger="odoo.addons.traction.tests.browser")
    told = story.tells(*ONE, error, ran("TestRock.test_one")).ends()
    assert told.verdict.passed
    assert "closed while it loaded" in told.verdict.notes[0]
    assert told.verdict.waived == ()


@pytest.mark.parametrize(
    ("message", "logger"),
    [
        (CUT_OFF + "TypeError: rock is undefined", "odoo.addons.traction.tests.browser"),
        (CUT_OFF + "TypeError: Failed to fetch", "odoo.addons.traction.models"),
        ("TypeError: Failed to fetch", "odoo.addons.traction.tests.browser"),
    ],
)
def test_any_other_error_of_a_browser_is_a_failure(story: Story, message: str, logger: str) -> None:
    error = log(message, testing=True, test=about("TestRock.test_one"), logger=logger)
    assert story.tells(*ONE, error, ran("TestRock.test_one")).ends().problem.kind == "test_logged_error"


def test_a_warning_is_none(story: Story) -> None:
    warning = log("Careful", "WARNING", testing=True, test=about("TestRock.test_one"))
    assert story.tells(*ONE, warning, ran("TestRock.test_one")).ends().verdict.passed


@pytest.mark.parametrize("at", ["suite", "end"])
def test_a_run_that_could_not_see_logged_errors_is_not_green(story: Story, at: str) -> None:
    known = suite("TestRock.test_one", blind="handlers are gone" if at == "suite" else "")
    told = story.tells(INSTALLED, known, ran("TestRock.test_one")).ends()
    told.events[-1].update({"blind": "handlers are gone"} if at == "end" else {})
    assert (told.problem.kind, told.problem.return_code) == ("log_blinded", 3)
    assert "could not be seen: handlers are gone" in told.problem.message


def test_what_a_class_logged_that_could_not_be_set_up_is_not_told_of_tests_that_passed(story: Story) -> None:
    """A public module's setUpClass broke a unique index six times: "6 errors logged by tests that passed", it said."""
    refused = log("bad query: INSERT INTO x", logger="odoo.sql_db", testing=True)
    broken = event("class_outcome", **about("TestBad.setUpClass"), status="error", tracebacks=["UniqueViolation"])
    told = story.tells(*ONE, ran("TestRock.test_one"), refused, broken).ends(1)
    assert told.kinds == ["tests_failed"]


def test_what_was_logged_before_a_test_is_not_the_matter_of_a_class_that_breaks_later(story: Story) -> None:
    broken = event("class_outcome", **about("TestBad.setUpClass"), status="error", tracebacks=["UniqueViolation"])
    told = story.tells(*ONE, log("the rock is gone", testing=True), ran("TestRock.test_one"), broken).ends(1)
    assert told.kinds == ["tests_failed", "test_logged_error"]


def test_what_a_class_logged_that_is_skipped_is_told(story: Story) -> None:
    skipped = event("class_outcome", **about("TestBad.setUpClass"), status="skipped", reason="no")
    told = story.tells(*ONE, ran("TestRock.test_one"), log("the rock is gone", testing=True), skipped).ends()
    assert told.kinds == ["test_logged_error"]


def test_what_a_failed_test_logged_is_not_told_twice(story: Story) -> None:
    error = log("Cannot escalate", testing=True, test=about("TestRock.test_one"))
    assert story.tells(*ONE, error, ran("TestRock.test_one", "failed")).ends(1).kinds == ["tests_failed"]
