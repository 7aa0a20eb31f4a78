from __future__ import annotations

from dataclasses import replace

import pytest

from hub_runner.report import phrases
from hub_runner.report.log_lines import footer
from hub_runner.result import Result
from tests.unit.report import samples


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ((), ()),
        (("other", "--json", "--jobs", "2"), ()),
        (("--jobs=2", "--cold", "other", "--output", "reports"), ("--cold",)),
        (("--no-demo", "--addons", "addons tests/corpus"), ("--demo=off", "'--addons=addons tests/corpus'")),
        (("--test-tags", "/traction:TestRock", "--odoo-args=--load=base,web"), ("--odoo-args=--load=base,web",)),
        (("--test-tags=nightly", "--wait-for-port", "60", "other"), ("--wait-for-port=60",)),
    ],
)
def test_a_failure_is_repeated_with_the_settings_of_the_command_and_nothing_else(
    typed: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    info = replace(samples.info(), command=("python", "-m", "hub_runner", "run", "traction", *typed))
    wanted = " ".join(("nox -s test -- traction", *kept, "--test-tags /traction:TestRock.test_escalate"))
    assert phrases.reproduce(info, samples.failed()) == wanted


def test_a_part_never_looks_like_the_verdict_on_the_module() -> None:
    part = replace(samples.green().verdict, part="-k 'rock'", left_out=38)
    text = phrases.verdict(replace(samples.green(), verdict=part))
    assert text.startswith("PASSED a part of traction (-k 'rock'; 38 tests left out): 41 tests (2 skipped) in 12.3 s")


def test_flaky_tests_are_counted_and_say_how_often_they_were_green() -> None:
    flaky = samples.failed(runs=5, green=3)
    result = samples.result(flaky, samples.failed("test_other", runs=5, green=0), problems=(samples.problem(),))
    assert "2 of 2 tests failed (1 flaky) in 12.3 s" in phrases.verdict(result)
    assert [phrases.flaky(outcome) for outcome in result.verdict.outcomes] == ["flaky: green in 3 of 5 runs", ""]


def test_an_interrupted_run_says_how_far_it_had_come() -> None:
    interrupted = samples.problem("interrupted", 130)
    early, late = samples.result(problems=(interrupted,)), samples.result(samples.outcome(), problems=(interrupted,))
    assert "nothing was proven within" in phrases.verdict(early)
    assert "broken off after 12.3 s, when 1 test had ended" in phrases.verdict(late)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (samples.green(), "PASSED traction: 41 tests (2 skipped), 2 findings waived, in 12.3 s"),
        (samples.red(), "FAILED traction: 2 of 41 tests failed, 2 findings waived, in 12.3 s"),
        (samples.not_installed(), "FAILED traction: install failed, 2 findings waived, after 12.3 s"),
    ],
    ids=["green", "red", "not installed"],
)
def test_what_was_let_pass_is_counted_in_each_verdict_and_listed_in_the_log(result: Result, words: str) -> None:
    waived = replace(result, verdict=replace(result.verdict, waived=("warnings: a", "warnings: b")))
    assert phrases.verdict(waived).startswith(words)
    assert [value for label, value in footer(waived) if label == "waived"] == ["warnings: a", "warnings: b"]


def halves(*demos: str) -> Result:
    return samples.result(*(samples.outcome(f"test_{number}", demo=demo) for number, demo in enumerate(demos)))


def test_the_verdict_on_two_halves_counts_each() -> None:
    assert "PASSED traction: 3 tests, 1 with demo data and 2 without demo data, in 12.3 s" in phrases.verdict(
        halves("on", "off", "off")
    )


def test_a_failure_of_one_half_is_repeated_in_that_half_alone() -> None:
    info = replace(samples.info(), command=("hub-runner", "run", "traction", "--demo", "both"))
    assert " --demo=off " in phrases.reproduce(info, samples.failed(demo="off"))
    assert " --demo=both " in phrases.reproduce(info, samples.failed(demo="off"), samples.failed(demo="on"))


def test_a_flag_that_stands_alone_takes_no_module_for_its_value() -> None:
    info = replace(samples.info(), command=("hub-runner", "run", "--keep", "traction", "--demo", "traction"))
    assert phrases.reproduce(info, samples.failed()).startswith("nox -s test -- traction --keep=30m --demo=on --test-tags ")
