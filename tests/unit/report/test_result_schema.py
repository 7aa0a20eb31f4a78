"""docs/result.schema.json is that of the code, and results are as it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from hub_runner.report.result_file import dumps, to_json, unfinished
from hub_runner.report.result_schema import schema, text
from hub_runner.result import Coverage, FileCoverage, Lifecycle, Result, SetUp
from tests.unit.report import samples

FILE = Path(__file__).parents[3] / "docs" / "result.schema.json"
VALIDATOR = Draft202012Validator(schema())
COVERAGE = Coverage(version="7.10", branch=True, files=(FileCoverage(file="a.py", statements=3, missed=1),))
LIFE = Lifecycle(ref="v1", commit="c", version="1.0", stages={"install": "passed"}, vanished=("field a.b",))


def test_the_file_is_that_of_the_code() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "python -m hub_runner.report.result_schema > docs/result.schema.json"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def full() -> Result:
    result = samples.red()
    set_up = SetUp(cls="TestRock", file=None, duration=0.5)
    verdict = replace(result.verdict, coverage=COVERAGE, lifecycle=LIFE, set_ups=(set_up,), unrun={"a.py:T.test": "skipped"})
    return replace(result, verdict=verdict)


RESULTS = (full(), samples.green(), samples.red(), samples.not_installed(), samples.interrupted(), samples.no_tests())


@pytest.mark.parametrize("result", [*RESULTS, samples.left_behind(), unfinished(samples.info())])
def test_each_kind_of_result_is_as_the_schema_says(result: Result) -> None:
    VALIDATOR.validate(json.loads(dumps(to_json(result, log_sha256="0" * 64))))


@pytest.mark.parametrize("result", RESULTS)
def test_the_schema_knows_each_key(result: Result) -> None:
    document = json.loads(dumps(to_json(result)))
    known = schema()["properties"]
    assert set(document) == set(known)
    assert set(document["run"]) == set(known["run"]["properties"])
    for test in document["tests"]:
        assert set(test) == set(known["tests"]["items"]["properties"])


@pytest.mark.parametrize(
    ("key", "value"),
    [("passed", "yes"), ("schema", 2), ("return_code", -1), ("tests", [{}]), ("phases", {"tests": "long"}), ("run", {})],
)
def test_what_is_no_result_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate({**json.loads(dumps(to_json(samples.green()))), key: value})


def test_a_key_that_is_missing_is_refused_and_one_that_is_new_is_not() -> None:
    document = json.loads(dumps(to_json(samples.green())))
    VALIDATOR.validate({**document, "weather": "fine"})
    del document["run"]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(document)
