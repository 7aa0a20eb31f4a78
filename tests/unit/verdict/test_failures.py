from __future__ import annotations

import pytest

from hub_runner.odoo.command import test_tags
from hub_runner.result import Status
from tests.unit.verdict.story import INSTALLED, Story, about, event, log, ran, suite

ONE = (INSTALLED, suite("TestRock.test_one"))


def test_failures_are_counted_and_named_with_file_and_line(story: Story) -> None:
    told = story.tells(
        INSTALLED,
        suite("TestRock.test_one", "TestRock.test_two"),
        ran("TestRock.test_one", "failed", tracebacks=["first", "second"], subtests=["(n=1)", "(n=3)"]),
        ran("TestRock.test_two"),
    ).ends(1)
    assert (told.problem.kind, told.problem.return_code) == ("tests_failed", 1)
    assert "1 of 2 tests failed" in told.problem.message
    assert told.problem.details == ("TestRock.test_one (2 subtests)",)
    assert (told.problem.file, told.problem.line) == ("addons/traction/tests/test_rock.py", 7)
    failure = told.verdict.failures[0]
    assert failure.traceback == "first\n\nsecond"
    assert failure.tag == "/traction:TestRock.test_one"


def test_a_broken_class_is_no_test_and_its_tests_are_not_called_forgotten(story: Story) -> None:
    broken = event("class_outcome", **about("TestRock.setUpClass"), status="error", tracebacks=["KeyError"])
    told = story.tells(*ONE, broken).ends(1)
    assert told.kinds == ["tests_failed"]
    assert "1 test class could not be set up" in told.problem.message
    assert told.verdict.failures[0].tag == "/traction:TestRock"


@pytest.mark.parametrize(
    ("tags", "tag"),
    [(["standard", "slow"], "/traction:TestRock.test_one"), (["nightly"], "*/traction:TestRock.test_one")],
)
def test_a_test_that_is_not_standard_is_reproduced_with_any_tag(story: Story, tags: list[str], tag: str) -> None:
    known = suite("TestRock.test_one")
    known["tests"][0]["tags"] = ["at_install", *tags]
    told = story.tells(INSTALLED, known, ran("TestRock.test_one", "failed")).ends(1)
    assert told.verdict.failures[0].tag == tag
    assert test_tags("traction", tag) == tag


def test_a_broken_class_that_is_not_standard_is_reproduced_with_any_tag(story: Story) -> None:
    known = suite("TestRock.test_one")
    known["tests"][0]["tags"] = ["at_install", "nightly"]
    broken = event("class_outcome", **about("TestRock.setUpClass"), status="error")
    assert story.tells(INSTALLED, known, broken).ends(1).verdict.failures[0].tag == "*/traction:TestRock"


def test_two_classes_of_one_name_that_inherit_one_test_are_two(story: Story) -> None:
    first, second = (dict(about("TestRock.test_one"), home=f"tests/test_{name}.py") for name in ("a", "b"))
    known = dict(
        suite("TestRock.test_one"),
        tests=[dict(place, selected=True, tags=["at_install", "standard"], dropped="") for place in (first, second)],
    )
    told = story.tells(
        INSTALLED,
        known,
        *(event("outcome", **place, status=status, run=1) for place, status in ((first, "failed"), (second, "passed"))),
    ).ends(1)
    assert told.problem.message.startswith("traction: 1 of 2 tests failed")


def test_a_test_that_odoo_tried_again_counts_by_its_last_attempt(story: Story) -> None:
    told = story.tells(*ONE, ran("TestRock.test_one", "failed"), ran("TestRock.test_one")).ends()
    assert told.verdict.passed


def test_an_unknown_status_is_an_error(story: Story) -> None:
    told = story.tells(*ONE, ran("TestRock.test_one", "splendid")).ends()
    assert [outcome.status for outcome in told.verdict.outcomes] == [Status.ERROR]


@pytest.mark.parametrize("level", ["ERROR", "CRITICAL", "45"])
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


def test_what_a_failed_test_logged_is_not_told_twice(story: Story) -> None:
    error = log("Cannot escalate", testing=True, test=about("TestRock.test_one"))
    assert story.tells(*ONE, error, ran("TestRock.test_one", "failed")).ends(1).kinds == ["tests_failed"]


def test_a_failed_http_case_has_the_servers_side_of_it(story: Story) -> None:
    place = about("TestRock.test_one")
    server = log(
        "Exception during request", logger="odoo.http", exception="Traceback\nValueError: no", testing=True, test=place
    )
    other = log("Beside", logger="odoo.addons.traction", exception="Traceback\nKeyError: 1", testing=True, test=place)
    told = story.tells(*ONE, other, server, ran("TestRock.test_one", "failed", output=["asked"])).ends(1)
    (outcome,) = told.verdict.outcomes
    assert outcome.server_traceback == "Traceback\nValueError: no"
    assert outcome.logged == ("asked",)


def test_a_passed_test_has_no_server_side(story: Story) -> None:
    place = about("TestRock.test_one")
    server = log("Exception", "WARNING", logger="odoo.http", exception="Traceback\nValueError: no", testing=True, test=place)
    (outcome,) = story.tells(*ONE, server, ran("TestRock.test_one")).ends().verdict.outcomes
    assert (outcome.server_traceback, outcome.logged) == ("", ())


def test_a_class_that_could_not_be_set_up_says_how_many_of_its_tests_did_not_run(story: Story) -> None:
    known = suite("TestRock.test_one", *(f"TestBad.test_{number}" for number in range(11)))
    broken = event("class_outcome", **about("TestBad.setUpClass"), tracebacks=["ValueError: no"])
    told = story.tells(INSTALLED, known, broken, ran("TestRock.test_one")).ends(1)
    assert "1 test class could not be set up or torn down, so 11 tests of it did not run" in told.problem.message
