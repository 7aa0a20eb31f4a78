from __future__ import annotations

import io
import json
import os
import pty
import termios
import tty
from dataclasses import replace

import pytest

from hub_runner.loop.screen import Keys, Quick, Screen
from hub_runner.result import Outcome, Problem, Status, Verdict

TRACEBACK = (
    'Traceback (most recent call last):\n  File "/mnt/rock/tests/test_rock.py", line 7, in test_one\nAssertionError: 1 != 2'
)
FAILED = Outcome(
    module="rock",
    cls="TestRock",
    method="test_one",
    status=Status.FAILED,
    file="addons/rock/tests/test_rock.py",
    line=7,
    traceback=TRACEBACK,
)
PASSED = Outcome(module="rock", cls="TestRock", method="test_two", status=Status.PASSED, duration=0.5)


def quick(*outcomes: Outcome, problems: tuple[Problem, ...] = (), part: str = "") -> Quick:
    found = Verdict(outcomes=outcomes, problems=problems, part=part)
    return Quick(module="rock", verdict=found, what="rock/tests/test_rock.py", seconds=1.25)


def shown(it: Quick, *, as_json: bool = False) -> str:
    stream = io.StringIO()
    Screen(stream, as_json=as_json).show(it)
    return stream.getvalue()


def red() -> Quick:
    return quick(FAILED, PASSED, problems=(Problem(kind="tests_failed", message="one failed", return_code=1),))


def test_green_says_how_many_tests_and_that_it_is_quick() -> None:
    text = shown(quick(PASSED))
    assert text.startswith("GREEN rock: 1 test in 1.2 s (quick: rock/tests/test_rock.py)\n")
    assert "slowest: TestRock.test_two 0.5 s" in text


def test_red_shows_each_failure_with_its_line() -> None:
    text = shown(red())
    assert text.startswith("RED rock: 1 of 2 tests failed")
    assert "FAILED TestRock.test_one addons/rock/tests/test_rock.py:7" in text
    assert "AssertionError: 1 != 2" in text


def test_what_could_not_be_tried_is_red_with_file_and_line() -> None:
    broken = Problem(kind="syntax_error", message="invalid syntax", return_code=7, file="addons/rock/models/rock.py", line=3)
    text = shown(quick(problems=(broken,)))
    assert text.startswith("RED rock: syntax error")
    assert "addons/rock/models/rock.py:3" in text


def test_what_has_a_file_and_no_line_is_told_with_the_file_alone() -> None:
    ignored = Problem(kind="module_ignored", message="ignored", return_code=7, file="addons/rock/__manifest__.py")
    assert "module_ignored (addons/rock/__manifest__.py): ignored" in shown(quick(problems=(ignored,)))
    assert "None" not in shown(quick(replace(FAILED, line=None), problems=(ignored,)))


def test_a_part_of_the_tests_is_never_called_the_modules_verdict() -> None:
    assert shown(quick(PASSED, part="-k rock")).startswith("GREEN a part of rock (-k rock): 1 test in 1.2 s")


def test_json_is_one_object_a_verdict_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    screen = Screen(stream, as_json=True)
    screen.note("warm start")
    screen.show(red())
    screen.show(quick(PASSED))
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["passed"], second["passed"], first["quick"]) == (False, True, True)
    assert first["failures"][0]["line"] == 7
    assert capsys.readouterr() == ("", "warm start\n")


def test_the_first_verdict_leaves_what_was_noted_before_and_each_later_one_has_the_screen_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    screen = Screen(stream, person=True)
    screen.note("Left out, because only a run does it: lifecycle.")
    screen.show(quick(PASSED))
    assert "\x1b[2J" not in stream.getvalue()
    screen.show(red())
    assert stream.getvalue().count("\x1b[2J") == 1


def test_an_address_stays_on_the_screen_below_each_later_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    screen = Screen(stream, person=True)
    screen.show(quick(PASSED))
    screen.say_from_now_on("http://127.0.0.1:8090/web")
    screen.show(red())
    assert "http://127.0.0.1:8090/web" in stream.getvalue().rpartition("\x1b[2J")[2]


@pytest.mark.parametrize(("rows", "times"), [("10", 2), ("60", 1)])
def test_a_verdict_that_is_taller_than_the_terminal_has_its_colour_below_its_lines_too(
    rows: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINES", rows)
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    Screen(stream, person=True).show(red())
    assert stream.getvalue().count("RED rock: 1 of 2 tests failed") == times


def test_a_person_is_told_once_that_the_verdict_on_the_screen_is_older_than_the_last_save() -> None:
    stream = Terminal()
    screen = Screen(stream, person=True)
    for _ in range(2):
        screen.show(quick(PASSED))
        screen.begin("rock/models/rock.py")
        screen.begin("rock/models/rock.py")
    assert stream.getvalue().count("testing: rock/models/rock.py ...") == 2


def test_a_terminal_of_another_size_gets_the_verdict_anew_and_what_stands_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    screen = Screen(stream, person=True)
    screen.redraw()
    assert not stream.getvalue()
    screen.show(red())
    screen.say_from_now_on("http://127.0.0.1:8090/web")
    screen.begin("rock/models/rock.py")
    screen.redraw()
    text = stream.getvalue().rpartition("\x1b[2J")[2]
    words = ("RED rock: 1 of 2", "http://127.0.0.1:8090/web", "testing: rock/models/rock.py ...")
    assert [word in text for word in words] == [True, True, True]
    screen.redraw()
    assert "testing: rock" in stream.getvalue().rpartition("\x1b[2J")[2]


def test_whoever_reads_lines_gets_verdicts_alone(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    for screen in (Screen(stream), Screen(stream, as_json=True)):
        screen.begin("rock/models/rock.py")
        screen.redraw()
    assert stream.getvalue() == "".join(capsys.readouterr()) == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_hostile_name_cannot_command_the_terminal() -> None:
    problem = Problem(kind="usage", message="\x1b[2Jgone", return_code=2)
    assert "\x1b" not in shown(quick(problems=(problem,)))


def hears_single_keys(terminal: int) -> bool:
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


def test_a_terminal_that_was_somebody_elses_meanwhile_tells_single_keys_again() -> None:
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0), os.fdopen(slave, "r") as stream:
        before = termios.tcgetattr(slave)
        with Keys(stream) as keys:
            assert hears_single_keys(slave)
            termios.tcsetattr(slave, termios.TCSANOW, before)  # as a shell does after Ctrl-Z
            keys.take()
            assert hears_single_keys(slave)
        assert not hears_single_keys(slave)


def test_a_watch_in_the_background_leaves_the_terminal_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.tcgetpgrp", lambda terminal: os.getpgrp() + 1)
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0), os.fdopen(slave, "r") as stream, Keys(stream):
        assert not hears_single_keys(slave)


def test_a_watch_in_the_background_reads_no_key_which_is_a_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel would stop it for that, and its environment would stay."""
    master, slave = pty.openpty()
    with os.fdopen(master, "wb", buffering=0) as keyboard, os.fdopen(slave, "r") as stream, Keys(stream) as keys:
        keyboard.write(b"q")
        monkeypatch.setattr("os.tcgetpgrp", lambda terminal: os.getpgrp() + 1)
        assert (keys.are_ours, keys.read()) == (False, "")
        monkeypatch.undo()
        assert (keys.are_ours, keys.read()) == (True, "q")


def test_a_watch_that_comes_from_the_background_leaves_the_terminal_as_it_found_it_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When it began, the terminal was as the shell has it while somebody types a command."""
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0), os.fdopen(slave, "r") as stream:
        usual = termios.tcgetattr(slave)
        tty.setraw(slave)
        monkeypatch.setattr("os.tcgetpgrp", lambda terminal: os.getpgrp() + 1)
        with Keys(stream) as keys:
            monkeypatch.undo()
            termios.tcsetattr(slave, termios.TCSANOW, usual)  # as a shell does for `fg`
            keys.take()
            assert hears_single_keys(slave)
        assert termios.tcgetattr(slave) == usual


def test_a_watch_that_ends_in_the_background_leaves_the_terminal_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-Z and ``kill %1``, its last step would have stopped it for ever."""
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0), os.fdopen(slave, "r") as stream:
        with Keys(stream):
            monkeypatch.setattr("os.tcgetpgrp", lambda terminal: os.getpgrp() + 1)
        assert hears_single_keys(slave)


def test_standard_input_that_is_no_terminal_offers_no_keys() -> None:
    with Keys(io.StringIO()) as keys:
        assert not keys.are_ours
