from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.unit.verdict.story import INSTALLED, Story, about, event, log, ran, suite

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


def test_a_recorder_that_could_not_be_set_is_never_guessed_around(story: Story) -> None:
    told = Story(story.root, events=[event("start", odoo="20.0"), event("hook_failed", traceback="AttributeError: no")])
    problem = told.breaks_off(97).problem
    assert (problem.kind, problem.return_code) == ("recorder_failed", 4)
    assert "Odoo 20.0" in problem.message
    assert problem.details == ("AttributeError: no",)


def test_an_end_without_a_recorder_is_a_failure(story: Story) -> None:
    told = Story(story.root, events=[event("start", odoo="18.0"), event("end", code=0)])
    assert told.breaks_off(0).problem.kind == "recorder_failed"


def test_an_odoo_that_cannot_be_started_shows_its_last_words(story: Story) -> None:
    problem = story.breaks_off(127, tail=b"python3: not found\n").problem
    assert (problem.kind, problem.details) == ("not_started", ("python3: not found",))


def test_a_refused_option_is_the_users_to_correct(story: Story) -> None:
    told = Story(story.root, events=[event("start", odoo="18.0")])
    problem = told.breaks_off(2, tail=b"error: no such option: --skip\n").problem
    assert (problem.kind, problem.return_code) == ("odoo_usage", 2)
    assert "no such option" in problem.details[0]


def test_a_test_tag_that_this_odoo_does_not_know_is_a_matter_of_usage_and_no_broken_install(story: Story) -> None:
    invalid = dict(log("Invalid tag /traction:TestRock.test_one[x]"), logger="odoo.tests.tag_selector")
    problem = story.tells(*PREPARED, invalid, invalid).ends().problem
    assert (problem.kind, problem.return_code) == ("odoo_usage", 2)
    assert problem.details == ("Invalid tag /traction:TestRock.test_one[x]",)


def test_a_module_that_logs_the_same_words_itself_is_judged_as_ever(story: Story) -> None:
    told = story.tells(*PREPARED, log("Invalid tag on rock 7", loading="traction"), ran("TestRock.test_one"))
    assert told.ends().problem.kind == "install_errors"


def test_a_record_into_which_somebody_else_wrote_is_not_believed(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    forged = replace(told, execution={"record": told.record + b'{"event": "end", "code": 0}\n'})
    assert (forged.problem.kind, forged.problem.return_code) == ("record_forged", 3)
    assert "1 of its lines are not the recorder's own" in forged.problem.message


def test_a_record_that_is_not_sealed_with_the_runs_secret_is_not_believed(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends(secret=b"a secret")
    assert told.kinds == ["record_forged"]
