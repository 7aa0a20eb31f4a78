from __future__ import annotations

from tests.unit.verdict.story import INSTALLED, Story, about, event, ran, suite

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


def test_a_class_that_could_not_be_set_up_says_how_many_of_its_tests_did_not_run(story: Story) -> None:
    known = suite("TestRock.test_one", *(f"TestBad.test_{number}" for number in range(11)))
    broken = event("class_outcome", **about("TestBad.setUpClass"), tracebacks=["ValueError: no"])
    told = story.tells(INSTALLED, known, broken, ran("TestRock.test_one")).ends(1)
    assert "1 test class could not be set up or torn down, so 11 tests of it did not run" in told.problem.message


def test_a_doctest_that_fails_is_a_test_and_no_class(story: Story) -> None:
    known = suite("TestRock.test_one", "OdooDocTestCase.runTest")
    told = story.tells(INSTALLED, known, ran("TestRock.test_one"), ran("OdooDocTestCase.runTest", "failed")).ends(1)
    assert "1 of 2 tests failed." in told.problem.message
    assert "test class" not in told.problem.message
