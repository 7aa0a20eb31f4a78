import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub_runner.report.result_file import dumps, from_json, to_json
from hub_runner.result import Coverage, FileCoverage, Result, SetUp
from tests.unit.report import samples
from tests.unit.report.test_terminal_plain import KINDS


@pytest.mark.parametrize("make", KINDS)
def test_a_result_survives_the_way_to_json_and_back(make: Callable[[], Result]) -> None:
    assert from_json(json.loads(dumps(to_json(make())))) == make()


def test_text_that_no_encoding_takes_survives_as_well() -> None:
    result = samples.result(samples.failed(traceback="\ud800\x00\x1b ä"), problems=(samples.problem(),))
    text = dumps(to_json(result))
    assert text.isascii()
    assert "\n" not in text
    assert from_json(json.loads(text)) == result


def test_a_workflow_command_of_github_in_a_message_is_none_in_the_json_and_stays_the_same_text() -> None:
    """The runner of GitHub obeys `##[` anywhere in a line, and `run --json` prints this one."""
    result = samples.result(samples.failed(traceback="###[add-mask]true \\##[group]x"), problems=(samples.problem(),))
    text = dumps(to_json(result))
    assert "##[" not in text
    assert from_json(json.loads(text)) == result


def test_what_a_reader_asks_first_stands_at_the_top() -> None:
    document = to_json(samples.red(), log_sha256="ab")
    assert document["schema"] == 1
    assert (document["passed"], document["return_code"]) == (False, 1)
    assert document["counts"] == {"passed": 39, "failed": 1, "error": 1, "skipped": 0, "total": 41}
    assert document["summary"] == "FAILED traction: 2 of 41 tests failed in 12.3 s on Odoo 19.0"
    assert document["log_sha256"] == "ab"
    assert document["tests"][39]["reproduce"].endswith("--test-tags /traction:TestRock.test_escalate")


def test_each_cause_has_its_line_and_the_tests_that_met_it() -> None:
    document = to_json(samples.red())
    assert document["causes"] == [
        {
            "exception": "AssertionError: res.users(2,) != res.users(7,)",
            "file": "addons/traction/tests/test_rock.py",
            "line": 44,
            "function": "test_escalate",
            "advice": "",
            "source": [[44, "self.assertEqual(rock.owner_id, self.boss)"]],
            "tests": ["TestRock.test_escalate", "TestRock.test_cascade"],
        }
    ]
    assert document["reproduce"].endswith("/traction:TestRock.test_escalate,/traction:TestRock.test_cascade")
    assert to_json(samples.green())["reproduce"] is None


def test_a_result_of_an_older_version_of_the_same_schema_is_read() -> None:
    document = json.loads(dumps(to_json(samples.red())))
    for test in document["tests"]:
        del test["logged"], test["server_traceback"]
    del document["causes"]
    assert from_json(document) == samples.red()


def test_keys_that_a_later_version_adds_are_no_error() -> None:
    document = to_json(samples.green())
    document["run"]["weather"] = document["tests"][0]["weather"] = document["weather"] = "fine"
    assert from_json(document) == samples.green()


def test_what_was_chosen_repeated_and_slow_survives_the_way_through_json() -> None:
    result = samples.result(samples.failed(runs=5, green=3), problems=(samples.problem(),))
    slow = SetUp(cls="TestRock", file=samples.FILE, duration=1.5)
    result = replace(result, verdict=replace(result.verdict, part="-k a", left_out=3, set_ups=(slow,), durations=2))
    document = to_json(result)
    assert document["tests"][0]["flaky"] is True
    assert from_json(document) == result
    for key in ("part", "left_out", "set_ups", "durations"):  # older files have none of these
        del document[key]
    assert from_json(document).verdict.part == ""


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="its schema is 2, this hub-runner reads 1"):
        from_json({**to_json(samples.green()), "schema": 2})


def test_the_schema_is_as_documented() -> None:
    """A change here is a new schema number, and a change of docs/result.md."""
    document = to_json(replace(samples.red()))
    assert set(document) == {
        *("schema", "hub_runner", "passed", "return_code", "summary", "counts", "odoo_version", "problems", "notes"),
        *("part", "left_out", "unrun", "set_ups", "durations"),
        *("waived", "causes", "reproduce", "tests", "finished", "phases", "cleanup", "leftovers", "log_sha256", "run"),
        "coverage",
        "lifecycle",
    }
    assert set(document["tests"][0]) == {
        *("module", "cls", "method", "name", "status", "file", "line", "duration", "queries", "reason", "traceback"),
        *("subtests", "standard", "reproduce", "server_traceback", "logged", "advice", "demo", "runs", "green", "flaky"),
    }
    assert set(document["problems"][0]) == {"kind", "message", "return_code", "details", "file", "line"}


def test_coverage_survives_the_way_to_json_and_back() -> None:
    file = FileCoverage(file="addons/m/a.py", statements=10, missed=2, missing="3-4")
    coverage = Coverage(version="7.17", branch=True, files=(file,), since="main", changed=(file,))
    result = samples.green()
    measured = replace(result, verdict=replace(result.verdict, coverage=coverage))
    document = json.loads(dumps(to_json(measured)))
    assert (document["coverage"]["percent"], document["coverage"]["percent_of_changed"]) == (80.0, 80.0)
    assert from_json(document) == measured
