"""A run that was stopped, by a limit or by a signal: where it was, and what had ended by then."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from hub_runner.odoo.inside.watchdog import STOPPED
from hub_runner.result import Status
from tests.unit.verdict.story import INSTALLED, Story, about, call, event, ran, stopped, suite

MODULE = "/mnt/extra-addons/traction"
LOOP = [
    call("/usr/lib/python3/dist-packages/odoo/tests/case.py", 90, "run", "method()"),
    call(f"{MODULE}/tests/test_rock.py", 12, "test_loop", "self.rock.spin()"),
    call(f"{MODULE}/models/rock.py", 33, "spin", "while True:"),
    call("/usr/lib/python3.12/threading.py", 5, "wait", "lock.acquire()"),
]
OTHER = [call("/usr/lib/python3.12/socketserver.py", 235, "serve_forever", "ready = selector.select(poll_interval)")]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    tests = "class TestRock(TransactionCase):\n    def test_a(self): pass\n    def test_loop(self): pass\n"
    started = Story(tmp_path)
    started.write("tests/__init__.py", "from . import test_rock\n")
    started.write("tests/test_rock.py", tests)
    return started


def looping(story: Story, *ending: dict[str, object], exit_code: int = STOPPED, **execution: object) -> Story:
    running = event("test", **about("TestRock.test_loop"))
    begun = story.tells(INSTALLED, suite("TestRock.test_a", "TestRock.test_loop"), ran("TestRock.test_a"), running, *ending)
    return begun.breaks_off(exit_code, **execution)


def test_the_limit_for_one_test_leads_to_the_modules_own_line(story: Story) -> None:
    """U1: the place that was named was the `def`."""
    problem = looping(story, stopped("single-test-timeout", 5.0, MainThread=LOOP, http=OTHER)).problem
    assert (problem.kind, problem.return_code) == ("time_limit", 8)
    assert problem.message.startswith("The time limit of 5 s for one test passed during TestRock.test_loop.")
    assert (problem.file, problem.line) == ("addons/traction/models/rock.py", 33)
    assert problem.details == (
        "thread MainThread, the innermost call first:",
        "  addons/traction/models/rock.py:33 in spin: while True:",
        "  addons/traction/tests/test_rock.py:12 in test_loop: self.rock.spin()",
        "  inside of Odoo and Python:",
        "    /usr/lib/python3.12/threading.py:5 in wait: lock.acquire()",
        "thread http: /usr/lib/python3.12/socketserver.py:235 in serve_forever: ready = selector.select(poll_interval)",
    )


def test_the_limit_of_the_whole_shows_the_stacks_too(story: Story) -> None:
    problem = looping(story, stopped("test-timeout", 3600.0, MainThread=LOOP)).problem
    assert (problem.kind, problem.return_code) == ("time_limit", 8)
    assert "The time limit of 3600 s passed. It was still at work during TestRock.test_loop." in problem.message
    assert "  addons/traction/models/rock.py:33 in spin: while True:" in problem.details


def test_a_thread_of_the_module_comes_before_one_that_is_not(story: Story) -> None:
    problem = looping(story, stopped("test-timeout", 1.0, MainThread=OTHER, worker=LOOP)).problem
    assert problem.details[0] == "thread worker, the innermost call first:"
    assert (problem.file, problem.line) == ("addons/traction/models/rock.py", 33)


def test_without_a_line_of_the_module_the_test_itself_is_the_place(story: Story) -> None:
    problem = looping(story, stopped("test-timeout", 1.0, MainThread=OTHER)).problem
    assert (problem.file, problem.line) == ("addons/traction/tests/test_rock.py", 7)


def test_a_process_that_could_not_say_where_it_was_is_a_time_limit_all_the_same(story: Story) -> None:
    problem = looping(story, exit_code=-1, timed_out=True, tail=b"the last line\n").problem
    assert problem.kind == "time_limit"
    assert problem.details == ("the last line",)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_says_what_was_in_progress_and_what_had_ended(story: Story, number: signal.Signals) -> None:
    verdict = looping(story, stopped("interrupt", MainThread=LOOP), interrupted=int(number)).verdict
    [problem] = verdict.problems
    assert (problem.kind, problem.return_code) == ("interrupted", 128 + number)
    assert problem.message == (
        f"Interrupted by {number.name} during TestRock.test_loop; 1 test had ended, 0 of them failed. Nothing is proven."
    )
    assert "  addons/traction/models/rock.py:33 in spin: while True:" in problem.details
    assert [outcome.status for outcome in verdict.outcomes] == [Status.PASSED]


def test_an_interrupt_whose_record_could_not_be_fetched_is_one_all_the_same(story: Story) -> None:
    [problem] = story.breaks_off(-1, interrupted=2).verdict.problems
    assert (problem.kind, problem.return_code, problem.details) == ("interrupted", 130, ())
