import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.report.junit import to_xml
from hub_runner.result import Result, Status
from tests.unit.report import samples
from tests.unit.report.test_terminal_plain import KINDS


def cases(result: Result) -> list[ET.Element]:
    return list(ET.parse(io.BytesIO(to_xml(result))).getroot().iter("testcase"))


def test_counts_agree_with_the_cases() -> None:
    root = ET.fromstring(to_xml(samples.red()))
    for element in (root, root[0]):
        assert {name: element.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
            "tests": "41",
            "failures": "1",
            "errors": "1",
            "skipped": "0",
        }


def test_a_case_names_its_class_as_python_does_and_its_place() -> None:
    case = cases(samples.result(samples.outcome()))[0]
    assert case.attrib == {
        "name": "test_escalate",
        "classname": "traction.tests.test_rock.TestRock",
        "time": "0.25",
        "file": "addons/traction/tests/test_rock.py",
        "line": "41",
    }


def test_a_failure_has_its_message_its_traceback_and_the_command_that_repeats_it() -> None:
    failure = cases(samples.result(samples.failed(), problems=(samples.problem(),)))[0].find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "AssertionError: res.users(2,) != res.users(7,)", "type": "AssertionError"}
    assert failure.text
    assert "line 44, in test_escalate" in failure.text
    assert (
        "cause: AssertionError: res.users(2,) != res.users(7,) addons/traction/tests/test_rock.py:44 (tests: 1)"
        in failure.text
    )
    assert failure.text.endswith("nox -s test -- traction --test-tags /traction:TestRock.test_escalate")


def test_a_skip_has_its_reason() -> None:
    skipped = cases(samples.green())[-1].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "no Chrome here"


@pytest.mark.parametrize("make", [make for make in KINDS if make not in (samples.green, samples.red)])
def test_what_is_red_without_a_failing_test_is_an_error_of_its_own(make: Callable[[], Result]) -> None:
    case = cases(make())[-1]
    assert case.get("classname") == "hub-runner.traction"
    assert case.find("error") is not None


def test_failed_tests_are_not_told_twice() -> None:
    assert len(cases(samples.red())) == 41


def test_no_two_cases_have_the_same_class_and_name() -> None:
    twins = [samples.outcome(), samples.outcome(), samples.outcome(file="addons/traction/tests/test_other.py")]
    problems = (samples.problem("no_tests", 3), samples.problem("no_tests", 3))
    names = [(case.get("classname"), case.get("name")) for case in cases(samples.result(*twins, problems=problems))]
    assert len(set(names)) == len(names) == 5


@given(st.text(st.characters(), max_size=50))
def test_no_text_breaks_the_file(text: str) -> None:
    failure = samples.failed(text, traceback=text, subtests=(text,), file=text)
    skip = samples.outcome(text, Status.SKIPPED, reason=text)
    problem = samples.problem(f"odd_{text}", 4, message=text, details=(text,), file=text)
    assert len(cases(samples.result(failure, skip, problems=(problem,)))) == 3


def test_a_stand_in_can_be_seen_in_the_file() -> None:
    result = samples.green()
    data = to_xml(replace(result, info=replace(result.info, stand_in="Odoo 19.0 for odoo:18.0")))
    assert b'<property name="stand_in" value="Odoo 19.0 for odoo:18.0"' in data


def test_a_flaky_test_is_red_and_says_how_often_it_was_green() -> None:
    flaky = samples.failed(runs=5, green=3)
    (case,) = cases(samples.result(flaky, problems=(samples.problem(),)))
    failure = case.find("failure")
    assert failure is not None
    assert str(failure.get("message")).startswith("flaky: green in 3 of 5 runs: AssertionError")
