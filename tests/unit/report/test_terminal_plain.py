import io
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.report import summary
from hub_runner.report.terminal import Plain
from hub_runner.result import Result, SetUp
from tests.unit.report import samples
from tests.unit.report.test_odoo_output import record, starting

KINDS = [samples.green, samples.red, samples.not_installed, samples.interrupted, samples.no_tests, samples.left_behind]


def tell(plain: Plain, result: Result, *chunks: bytes) -> None:
    """A run as the core tells it."""
    plain.started(replace(result.info, images={}))
    for name in result.phases:
        plain.phase(name)
        plain.learned(result.info)
    for chunk in chunks:
        plain.output(chunk)
    plain.finished(result)


def shown(result: Result, *chunks: bytes, **options: object) -> str:
    stream = io.StringIO()
    tell(Plain(stream, **options), result, *chunks)  # type: ignore[arg-type]
    return stream.getvalue()


def test_a_green_run_takes_less_than_forty_lines_however_much_is_worth_a_note() -> None:
    result = samples.green()
    verdict = replace(result.verdict, notes=tuple(f"note {number}" for number in range(99)))
    stream = io.StringIO()
    plain = Plain(stream)
    for number in range(99):
        plain.note(f"port {number} is busy, moving on")
    warnings = [record("WARNING", f"careful {number}") * 50 for number in range(50)]
    tell(plain, replace(result, verdict=verdict, info=replace(result.info, stand_in="19.0 for 18.0")), *warnings)
    assert len(stream.getvalue().splitlines()) < 40


@pytest.mark.parametrize("make", KINDS)
def test_nothing_but_printable_text_and_line_ends_is_written(make: Callable[[], Result]) -> None:
    hostile = samples.failed(traceback="\x1b[2J\x07" + samples.TRACEBACK, subtests=("\x1b]0;title\x07",))
    result = make()
    verdict = replace(result.verdict, outcomes=(*result.verdict.outcomes, hostile), notes=("\x1b[31m",))
    text = shown(replace(result, verdict=verdict), record("ERROR", "\x1b[31m\x00"), b"\x1b[2J\n")
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (samples.green, "PASSED traction: 41 tests (2 skipped) in 12.3 s on Odoo 19.0"),
        (samples.red, "FAILED traction: 2 of 41 tests failed in 12.3 s on Odoo 19.0"),
        (samples.not_installed, "FAILED traction: install failed after 12.3 s on Odoo 19.0"),
        (samples.interrupted, "INTERRUPTED traction: nothing was proven within 12.3 s on Odoo 19.0"),
        (samples.no_tests, "FAILED traction: no tests after 12.3 s on Odoo 19.0"),
        (samples.left_behind, "FAILED traction: cleanup incomplete after 12.3 s on Odoo 19.0"),
    ],
)
def test_the_verdict_is_one_line(make: Callable[[], Result], line: str) -> None:
    assert line in shown(make()).splitlines()


def test_the_cause_is_told_once_then_each_failure_in_a_line_and_one_command_repeats_all() -> None:
    lines = shown(samples.red()).splitlines()
    at = lines.index("CAUSE: AssertionError: res.users(2,) != res.users(7,) (2 tests)")
    exception = "AssertionError: res.users(2,) != res.users(7,)"
    assert lines[at + 1 : at + 6] == [
        "  addons/traction/tests/test_rock.py:44 in test_escalate",
        "  >   44 | self.assertEqual(rock.owner_id, self.boss)",
        f"FAILED TestRock.test_escalate addons/traction/tests/test_rock.py:44 - {exception}",
        f"ERROR TestRock.test_cascade addons/traction/tests/test_rock.py:44 - {exception}",
        "repeat: nox -s test -- traction --test-tags /traction:TestRock.test_escalate,/traction:TestRock.test_cascade",
    ]


def test_hundreds_of_failures_stay_readable() -> None:
    text = shown(many(failures=500, causes=5))
    assert len(text.splitlines()) < 80
    assert "... and 97 more of this cause" in text
    assert "repeat: nox -s test -- traction --test-tags /traction:TestRock\n" in text


def many(failures: int, causes: int) -> Result:
    """So many failed tests, which met so many causes in turn."""
    tests = [
        samples.failed(f"test_{number}", traceback=samples.TRACEBACK.replace("44", str(44 + number % causes)))
        for number in range(failures)
    ]
    return samples.result(*tests, problems=(samples.problem(),))


def test_fifty_failures_of_five_causes_take_at_most_sixty_lines() -> None:
    result = many(failures=50, causes=5)
    hints = [
        replace(test, logged=("a log line",) * 30, traceback=test.traceback + "\n- 1\n+ 2\n" * 50)
        for test in result.verdict.outcomes
    ]
    for every in (result, replace(result, verdict=replace(result.verdict, outcomes=tuple(hints)))):
        told = list(summary.lines(every))
        assert len(told) <= 60
        assert sum(text.startswith("CAUSE ") for text, _ in told) == 5
        assert sum(text.startswith("FAILED TestRock.test_") for text, _ in told) == 15
        assert sum("... and 7 more of this cause" in text for text, _ in told) == 5


def test_a_single_failure_shows_its_whole_message_and_what_it_logged() -> None:
    failure = samples.failed(traceback=samples.TRACEBACK + "\nFirst differing element 2:\n3\n4\n", logged=("careful",))
    text = shown(samples.result(failure, problems=(samples.problem(),)))
    assert "  First differing element 2:\n  3\n  4\n  logged: careful\n" in text


def test_what_is_no_traceback_is_told_once() -> None:
    text = shown(samples.result(samples.failed(traceback="AssertionError: 1 != 2"), problems=(samples.problem(),)))
    assert [line for line in text.splitlines() if line.strip() == "AssertionError: 1 != 2"] == []
    assert "CAUSE: AssertionError: 1 != 2\n" in text


def test_quiet_says_the_verdict_in_at_most_five_lines() -> None:
    result = samples.green()
    verdict = replace(result.verdict, notes=("a note",) * 9)
    stream = io.StringIO()
    tell(Plain(stream, quiet=True), replace(result, verdict=verdict, info=replace(result.info, stand_in="19.0 for 18.0")))
    assert stream.getvalue().splitlines() == [
        "STAND-IN: 19.0 for 18.0",
        "PASSED traction: 41 tests (2 skipped) in 12.3 s on Odoo 19.0",
        "  log:     .hub-runner/runs/hub-agent-test-traction-1767323045-ab12/proof_of_execution_tests.log (exit code 0)",
    ]


@pytest.mark.parametrize("make", KINDS)
def test_quiet_leaves_out_nothing_that_is_wrong(make: Callable[[], Result]) -> None:
    result = make()
    stream = io.StringIO()
    tell(Plain(stream, quiet=True), result, record("ERROR", "boom"))
    text = stream.getvalue()
    for problem in result.verdict.shown_problems:
        assert problem.message in text
    for failure in result.verdict.failures:
        assert failure.name in text
    for leftover in result.leftovers:
        assert f"left behind: {leftover}" in text
    assert "boom" not in text


def test_a_problem_is_said_with_its_place_and_its_details() -> None:
    text = shown(samples.not_installed())
    assert "PROBLEM install_failed (addons/traction/views/rock.xml:12): traction could not be installed" in text
    assert "  <record id='view_rock' model='ir.ui.view'>" in text


def test_what_is_left_behind_is_named() -> None:
    assert "left behind: network hub-agent-test-traction_default" in shown(samples.left_behind())


def test_a_stand_in_is_said_at_the_start_and_beside_the_verdict() -> None:
    result = samples.green()
    text = shown(replace(result, info=replace(result.info, stand_in="Odoo 19.0 for odoo:18.0")))
    assert text.count("STAND-IN: Odoo 19.0 for odoo:18.0") == 2


def test_trouble_of_the_other_reports_is_said_once() -> None:
    assert shown(samples.green(), troubles=["result.json could not be written"]).count("trouble: result.json") == 1


def test_the_output_of_odoo_is_not_echoed_except_for_what_is_worth_it() -> None:
    text = shown(samples.green(), starting("TestRock.test_a"), record("INFO", "quiet"), record("ERROR", "boom"))
    assert "quiet" not in text
    assert "Starting" not in text
    assert "  ERROR odoo.addons.traction.tests.test_rock: boom\n" in text


def test_a_flood_of_errors_is_bounded_and_the_reader_is_told() -> None:
    text = shown(samples.green(), *[record("ERROR", f"boom {number}") for number in range(1000)])
    assert len(re.findall("ERROR odoo", text)) == 8
    assert text.count("more of the kind ERROR is in the log only") == 1


def test_what_is_logged_again_and_again_is_shown_once() -> None:
    text = shown(samples.green(), *[record("WARNING", "careful")] * 50, record("WARNING", "something else"))
    assert text.count("careful") == 1
    assert "something else" in text
    assert "more of the kind" not in text


def test_the_clock_says_which_test_runs_and_since_when_while_odoo_prints_nothing() -> None:
    """U1: an endless loop in a test was silent for 170 s."""
    now, stream = [0.0], io.StringIO()
    plain = Plain(stream, clock=lambda: now[0])
    plain.phase("database")
    now[0] = 20.0
    plain.tick()
    plain.output(starting("TestRock.test_slow"))
    for now[0] in (40.0, 60.0, 80.0, 100.0, 120.0):
        plain.tick()
    plain.phase("teardown")
    now[0] = 140.0
    plain.tick()
    slow = "TestRock.test_slow has been running for 80 s (with the setting single-test-timeout such a test is ended"
    assert [line for line in stream.getvalue().splitlines() if "since" in line or "slow" in line] == [
        "[  20.0 s] running: preparing a database to start from since 20 s",
        "[  40.0 s] running: TestRock.test_slow since 20 s",
        "[  60.0 s] running: TestRock.test_slow since 40 s",
        "[  80.0 s] running: TestRock.test_slow since 60 s",
        f"[ 100.0 s] slow: {slow}, and shows where it is)",
        "[ 120.0 s] running: TestRock.test_slow since 100 s",
        "[ 140.0 s] running: removing the environment since 20 s",
    ]


def test_quiet_says_nothing_by_the_clock_but_which_test_is_slow() -> None:
    now, stream = [0.0], io.StringIO()
    plain = Plain(stream, clock=lambda: now[0], quiet=True)
    plain.output(starting("TestRock.test_slow"))
    for now[0] in (20.0, 40.0, 60.0, 80.0, 100.0):
        plain.tick()
    assert len(stream.getvalue().splitlines()) == 1
    assert "slow: TestRock.test_slow" in stream.getvalue()


def test_a_thread_keeps_the_time_until_the_run_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_runner.report.terminal.HEARTBEAT", 0.01)
    stream, result = io.StringIO(), samples.green()
    plain = Plain(stream)
    plain.started(result.info)
    plain.phase("tests")
    end = time.monotonic() + 60
    while "running: installing the module" not in stream.getvalue():
        assert time.monotonic() < end
        time.sleep(0.01)
    plain.finished(result)
    time.sleep(0.05)
    assert stream.getvalue().splitlines()[-1].startswith("  log:")


def test_the_log_is_named_as_seen_from_the_checkout(tmp_path: Path) -> None:
    assert "log:     .hub-runner/runs/hub-agent-test-traction-1767323045-ab12/proof_of" in shown(samples.green(tmp_path))


def test_nothing_that_a_module_says_of_itself_makes_a_line_or_moves_a_terminal() -> None:
    forged = "1.0\nPASSED traction: 99 tests\x1b[2J"
    failure = samples.failed(forged, subtests=(forged,))
    result = samples.result(failure, problems=(samples.problem(), samples.problem("odd", message=forged, details=(forged,))))
    text = shown(replace(result, info=replace(result.info, module_version=forged, warm=forged), cleanup=forged))
    assert all(line.isprintable() for line in text.split("\n"))
    verdicts = [line for line in text.splitlines() if re.match(r"(PASSED|FAILED) traction", line)]
    assert verdicts == ["FAILED traction: 1 of 1 test failed in 12.3 s on Odoo 19.0"]


def test_lines_are_made_inert_where_that_was_asked_for() -> None:
    failure = samples.failed(traceback="::add-mask::x\n##[error]y")
    text = shown(samples.result(failure, problems=(samples.problem(),)), inert=lambda text: text.replace("::", ""))
    assert "::" not in text


@pytest.mark.parametrize("quiet", [False, True])
def test_how_to_get_into_a_kept_environment_is_shown_whole_and_however_much_was_shown_before(quiet: bool) -> None:
    stream = io.StringIO()
    plain = Plain(stream, quiet=quiet)
    for number in range(99):
        plain.note(f"note {number}")
    plain.phase("keep")
    lines = ["URL    http://127.0.0.1:8090 " + "x" * 400, "shell  docker exec", "Enter ends it before."]
    for line in lines:
        plain.kept(line)
    assert [line.strip() for line in stream.getvalue().splitlines()[-3:]] == lines


def test_the_clock_says_which_module_of_how_many_is_installed() -> None:
    now, stream = [0.0], io.StringIO()
    plain = Plain(stream, clock=lambda: now[0])
    plain.phase("database")
    plain.output(b"2025-01-01 12:00:00,000 7 INFO db odoo.modules.loading: Loading module mail (5/27) \n")
    now[0] = 20.0
    plain.tick()
    plain.phase("start")
    now[0] = 40.0
    plain.tick()
    lines = [line for line in stream.getvalue().splitlines() if "since" in line]
    assert lines == [
        "[  20.0 s] running: preparing a database to start from [mail (5/27)] since 20 s",
        "[  40.0 s] running: starting the environment since 20 s",
    ]


def test_the_slowest_tests_and_set_ups_are_named_if_they_are_asked_for() -> None:
    tests = samples.outcome("test_quick"), samples.outcome("test_slow", duration=2.0)
    result = samples.result(*tests)
    slow = SetUp(cls="TestRock", file=samples.FILE, duration=1.5)
    verdict = replace(result.verdict, set_ups=(slow,))
    assert "slowest" not in shown(replace(result, verdict=verdict))
    text = shown(replace(result, verdict=replace(verdict, durations=2)))
    assert "slowest 2, seconds:\n      2.00  TestRock.test_slow  " in text
    assert "\n      1.50  TestRock.setUpClass  addons/traction/tests/test_rock.py\n" in text


def test_a_flaky_failure_says_how_often_it_was_green() -> None:
    text = shown(samples.result(samples.failed(runs=5, green=3), problems=(samples.problem(),)))
    assert "(flaky: green in 3 of 5 runs)\n" in text


def test_what_a_second_opinion_is_asked_on_is_said_before_it_begins() -> None:
    """A cold start may take minutes: the first cause is known by then."""
    stream = io.StringIO()
    result = samples.red()
    Plain(stream).doubted(result)
    first, *_ = stream.getvalue().splitlines()
    assert first.startswith("  so far: ")
    assert "TestRock.test_escalate" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) <= summary.SO_FAR


def test_what_could_not_be_installed_is_said_with_its_place_before_a_second_opinion() -> None:
    stream = io.StringIO()
    Plain(stream).doubted(samples.not_installed())
    assert stream.getvalue().startswith("  so far: ")


def test_quiet_lines_wait_for_the_second_opinion() -> None:
    stream = io.StringIO()
    Plain(stream, quiet=True).doubted(samples.red())
    assert stream.getvalue() == ""


def test_how_many_tests_a_broken_set_up_kept_from_running_is_said() -> None:
    """U10: "1 of 6 tests failed" hid the five that never began."""
    told = "traction: 1 test class could not be set up or torn down, so 5 tests of it did not run. Each traceback is there."
    red = samples.red()
    broken = samples.failed("setUpClass")
    verdict = replace(red.verdict, outcomes=(broken,), problems=(samples.problem(message=told),))
    lines = shown(replace(red, verdict=verdict)).splitlines()
    assert "traction: 1 test class could not be set up or torn down, so 5 tests of it did not run" in lines
