from __future__ import annotations

import re

import pytest

from tests.unit.verdict.story import INSTALLED, Story, about, event, ran, suite

RUNNING = event("test", **about("TestRock.test_one"))
PREPARED = (INSTALLED, suite("TestRock.test_one"))


def test_an_early_exit_with_code_0_names_the_test_that_ran(story: Story) -> None:
    problem = story.tells(*PREPARED, RUNNING).breaks_off(0, tail=b"Starting TestRock.test_one ...\n").problem
    assert (problem.kind, problem.return_code) == ("left_early", 3)
    assert "exit code 0) during TestRock.test_one" in problem.message
    assert (problem.file, problem.line) == ("addons/traction/tests/test_rock.py", 7)
    assert problem.details == ("Starting TestRock.test_one ...",)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (137, "killed", "SIGKILL.*memory"),
        (130, "killed", "SIGINT or SIGTERM"),
        (129, "killed", "SIGHUP"),
        (139, "left_early", "signal 11"),
        (1, "left_early", r"code 1\)"),
    ],
)
def test_an_early_end_says_what_its_code_means(story: Story, code: int, kind: str, words: str) -> None:
    problem = story.tells(*PREPARED, RUNNING).breaks_off(code).problem
    assert problem.kind == kind
    assert re.search(words, problem.message)


@pytest.mark.parametrize(
    ("file", "function", "kind"),
    [
        ("/usr/lib/python3/dist-packages/odoo/service/server.py", "signal_handler", "killed"),
        ("/mnt/extra-addons/traction/tests/test_rock.py", "test_one", "left_early"),
    ],
)
def test_an_interrupt_that_the_module_raises_comes_from_no_signal(story: Story, file: str, function: str, kind: str) -> None:
    frame = f'  File "{file}", line 3, in {function}\n    raise KeyboardInterrupt\n'
    raised = event("raised", error="KeyboardInterrupt()", traceback=f"Traceback ...\n{frame}KeyboardInterrupt\n")
    assert story.tells(*PREPARED, RUNNING, raised).breaks_off(130).kinds == [kind]


def test_only_what_another_try_may_change_ends_as_a_failure_of_the_environment(story: Story) -> None:
    running = story.tells(*PREPARED, RUNNING)
    assert running.breaks_off(137).verdict.return_code == 4
    assert running.breaks_off(0).verdict.return_code == 3


def test_an_early_exit_during_the_install_names_the_module(story: Story) -> None:
    assert "while traction was being loaded" in story.tells(INSTALLED).breaks_off(0).problem.message


def test_what_broke_through_odoo_is_shown_by_its_last_lines(story: Story) -> None:
    frame = '  File "/mnt/extra-addons/traction/tests/test_rock.py", line 3, in <module>\n    sys.exit(0)\n'
    raised = event("raised", error="SystemExit(0)", traceback=f"Traceback ...\n{frame}SystemExit: 0\n")
    problem = story.tells(INSTALLED, raised).breaks_off(0).problem
    assert problem.details[-1] == "SystemExit: 0"
    assert (problem.file, problem.line) == ("addons/traction/tests/test_rock.py", 3)


def test_an_interrupted_test_is_still_the_one_that_was_running(story: Story) -> None:
    unknown = event("outcome", **about("TestRock.test_one"), status="unknown")
    found = story.tells(*PREPARED, RUNNING, unknown).breaks_off(130).verdict
    assert "during TestRock.test_one" in found.problems[0].message
    assert found.outcomes == ()


def test_a_failure_before_an_early_exit_is_told_after_it(story: Story) -> None:
    told = story.tells(*PREPARED, ran("TestRock.test_one", "failed"), event("test", **about("TestRock.test_two")))
    assert told.breaks_off(0).kinds == ["left_early", "tests_failed"]


def test_the_time_limit_names_the_test_that_was_running(story: Story) -> None:
    problem = story.tells(*PREPARED, RUNNING).breaks_off(-1, timed_out=True).problem
    assert (problem.kind, problem.return_code) == ("time_limit", 8)
    assert "3600 s passed. It was still at work during TestRock.test_one" in problem.message


def test_a_process_that_outlives_its_tests_is_told_from_a_hanging_test(story: Story) -> None:
    told = story.tells(*PREPARED, ran("TestRock.test_one")).ends(0)
    problem = told.breaks_off(-1, timed_out=True).problem
    assert problem.kind == "time_limit"
    assert "Odoo had finished" in problem.message


def test_the_engines_words_on_a_dead_container_come_before_a_missing_end(story: Story) -> None:
    died = "odoo: out of memory, so the kernel killed it (exit code 137)"
    problem = story.tells(*PREPARED, RUNNING).breaks_off(137, container_died=died).problem
    assert (problem.kind, problem.return_code) == ("container_died", 4)
    assert died in problem.message
    assert "Raise mem_limit" in problem.message
    assert "TestRock.test_one" in problem.message


def test_nobody_is_told_to_raise_a_limit_that_was_not_reached(story: Story) -> None:
    """U4."""
    died = "odoo: killed from outside with SIGKILL (exit code 137)"
    problem = story.tells(*PREPARED, RUNNING).breaks_off(137, container_died=died).problem
    assert died in problem.message
    assert "mem" not in problem.message


def test_the_engines_word_on_memory_comes_before_a_missing_end(story: Story) -> None:
    told = story.tells(*PREPARED, RUNNING)
    problem = told.breaks_off(137, out_of_memory=True).problem
    assert (problem.kind, problem.return_code) == ("out_of_memory", 4)
    assert "Memory ran out during TestRock.test_one" in problem.message
    assert told.breaks_off(0, out_of_memory=True).kinds == ["left_early"]
