import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.report.terminal import Plain
from hub_runner.result import Result
from tests.unit.report import samples
from tests.unit.report.test_output import record, starting

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


def test_each_failure_ends_with_the_command_that_repeats_just_it() -> None:
    lines = shown(samples.red()).splitlines()
    at = lines.index("FAILED TestRock.test_escalate addons/traction/tests/test_rock.py:41")
    assert lines[at + 6 : at + 8] == [
        "  AssertionError: res.users(2,) != res.users(7,)",
        "  reproduce: nox -s test -- traction --test-tags /traction:TestRock.test_escalate",
    ]


def test_hundreds_of_failures_stay_readable() -> None:
    failures = [samples.failed(f"test_{number}") for number in range(500)]
    text = shown(samples.result(*failures, problems=(samples.problem(),)))
    assert text.count("AssertionError") == 10
    assert "... and 470 more failures" in text


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


def test_a_long_run_gives_ever_rarer_signs_of_life() -> None:
    now = [0.0]
    stream = io.StringIO()
    plain = Plain(stream, clock=lambda: now[0])
    plain.output(starting("TestRock.test_slow"))
    for now[0] in range(0, 3600):
        plain.output(b"x\n")
    assert stream.getvalue().count("still running: TestRock.test_slow") == 6


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
