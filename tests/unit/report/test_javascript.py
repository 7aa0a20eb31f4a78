from __future__ import annotations

import pytest

from hub_runner.report.javascript import browser_first, telling
from hub_runner.report.tracebacks import exception, message
from tests.unit.report import samples

HOOT = """AssertionError: Some js test failed

[HOOT] Test "@rock/unit/rock/the rock weighs seven" failed:

Failed assertion:

1. [toBe] expected values to be strictly equal (weight of the rock)
> Expected: 7
> Received: 5
"""
TOUR = """AssertionError: The test code "odoo.startTour('rock', {"stepDelay": 0})" failed

FAILED: [2/2] Tour rock → Step Nothing bears this class (trigger: .no_such_class).
Element (.no_such_class) has not been found.
"""
THROWN = """AssertionError: The test code "throw new Error('gone')" failed

Running code returned an error: {'type': 'object', 'description': 'Error: gone\\n    at <a>:1:7', 'x': '1'}
"""


def test_the_assertion_of_a_hoot_test_comes_first() -> None:
    first, *more = browser_first(HOOT).splitlines()
    assert first == (
        'JavaScript: [HOOT] Test "@rock/unit/rock/the rock weighs seven" failed: '
        "[toBe] expected values to be strictly equal (weight of the rock)"
    )
    assert [line for line in more if line] == [
        *("Failed assertion:", "> Expected: 7", "> Received: 5"),
        "Some js test failed",
    ]


def test_the_step_at_which_a_tour_stopped_comes_before_the_code_that_started_it() -> None:
    lines = browser_first(TOUR).splitlines()
    assert lines[0] == ("JavaScript: FAILED: [2/2] Tour rock → Step Nothing bears this class (trigger: .no_such_class).")
    assert lines[-1].startswith('The test code "odoo.startTour')


@pytest.mark.parametrize("code", ["one line", 'two\nlines "quoted" failed'])
def test_the_code_may_have_any_form(code: str) -> None:
    assert browser_first(f'AssertionError: The test code "{code}" failed\n\nit broke').startswith("JavaScript: it broke\n")


def test_what_was_thrown_is_told_as_the_console_shows_it() -> None:
    assert browser_first(THROWN).splitlines()[:2] == ["JavaScript: Error: gone", "    at <a>:1:7"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AssertionError: 1 != 2",
        "AssertionError: Some js test failed",
        "AssertionError: Some js test failed\n\n",
        'KeyError: "The test code"',
        "AssertionError: 1 != 2 : the message\n\nSome js test failed",
    ],
)
def test_any_other_message_stays_as_it_is(text: str) -> None:
    assert browser_first(text) == text


@pytest.mark.parametrize("record", ["{", "{'description': 'never ends}", "{'type': 'object'}"])
def test_a_record_that_cannot_be_read_is_shown_as_it_is(record: str) -> None:
    said = f"Running code returned an error: {record}"
    assert browser_first(f"AssertionError: Some js test failed\n\n{said}").splitlines()[0] == f"JavaScript: {said}"


def test_a_failure_is_named_by_what_the_browser_said() -> None:
    frame = '  File "/mnt/extra-addons/traction/tests/test_rock.py", line 44, in test_escalate\n    self.start_tour()\n'
    failed = samples.failed(traceback=f"Traceback (most recent call last):\n{frame}{TOUR}")
    assert exception(failed).startswith("JavaScript: FAILED: [2/2] Tour rock")
    assert message(failed)[0] == "Element (.no_such_class) has not been found."


def test_how_the_browser_was_driven_is_no_news() -> None:
    assert telling(("INFO x: Chrome pid: 1", "ERROR x.browser: it broke", "print")) == ["ERROR x.browser: it broke", "print"]
