from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.errors import UsageError
from hub_runner.fleet import durations, matrix
from hub_runner.fleet.matrix import Shard
from hub_runner.fleet.merge import merge
from hub_runner.report import batch_report
from tests.unit.report import samples
from tests.unit.report.test_batch_report import ran


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """What CI downloads: the plan, a shard of two modules, and one of a single module."""
    folder = tmp_path / "artifacts"
    plan = (Shard(number=1, modules=("alpha", "beta"), seconds=2.0), Shard(number=2, modules=("gamma",), seconds=1.0))
    (folder / "shard-plan").mkdir(parents=True)
    (folder / "shard-plan/matrix.json").write_text(matrix.document(plan))
    one, two = folder / "shard-1", folder / "shard-2"
    one.mkdir()
    ends = [ran(one, "alpha", samples.green(one)), ran(one, "beta", samples.green(one))]
    batch_report.write(ends, 20.0, 0, one)
    two.mkdir()
    ran(two, "gamma", samples.green(two))
    return folder


def merged(artifacts: Path) -> tuple[dict[str, int | None], int, list[str]]:
    ends, code, notes = merge([artifacts], artifacts.parent / "out")
    return {end.module: end.return_code for end in ends}, code, notes


def test_green_shards_are_one_green_verdict_with_all_tests(artifacts: Path) -> None:
    assert merged(artifacts) == ({"alpha": 0, "beta": 0, "gamma": 0}, 0, [])
    out = artifacts.parent / "out"
    document = json.loads((out / "batch.json").read_text())
    assert (document["passed"], document["summary"].partition(" in ")[0]) == (True, "PASSED: 3 modules, 123 tests")
    root = ET.parse(out / "batch.xml").getroot()
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [("alpha", "41"), ("beta", "41"), ("gamma", "41")]
    assert set(durations.load(out)) == {"alpha", "beta", "gamma"}


def test_the_gravest_shard_decides(artifacts: Path) -> None:
    two = artifacts / "shard-2"
    ran(two, "gamma", samples.red(two))
    assert merged(artifacts)[:2] == ({"alpha": 0, "beta": 0, "gamma": 1}, 1)


def test_a_missing_module_hides_no_red_one(artifacts: Path) -> None:
    """As in a batch that `--max-failed-modules` ends: both have the exit code of the failed module."""
    two = artifacts / "shard-2"
    ran(two, "gamma", samples.red(two))
    (artifacts / "shard-1/batch.json").unlink()
    (artifacts / "shard-1/result.json").unlink()
    assert merged(artifacts)[:2] == ({"gamma": 1, "alpha": None, "beta": None}, 1)


@pytest.mark.parametrize("gone", ["shard-1/batch.json", "shard-2/result.json"])
def test_a_shard_that_is_missing_makes_it_red(artifacts: Path, gone: str) -> None:
    (artifacts / gone).unlink()
    if gone.startswith("shard-1"):  # the plain names hold the last module of the batch
        (artifacts / "shard-1/result.json").unlink()
    codes, code, _ = merged(artifacts)
    assert code == 3
    assert None in codes.values()
    assert sum(
        case.get("name") == "no_result" for case in ET.parse(artifacts.parent / "out/batch.xml").getroot().iter("testcase")
    )


def test_a_module_that_is_missing_in_a_shard_makes_it_red(artifacts: Path) -> None:
    path = artifacts / "shard-1/batch.json"
    document = json.loads(path.read_text())
    document["modules"] = document["modules"][:1]
    path.write_text(json.dumps(document))
    assert merged(artifacts)[:2] == ({"alpha": 0, "gamma": 0, "beta": None}, 3)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 2, "modules": []}', '{"schema": 1, "modules": [{}]}', "\x00"])
def test_a_result_that_cannot_be_read_is_a_shard_that_is_missing(artifacts: Path, text: str) -> None:
    (artifacts / "shard-1/batch.json").write_text(text)
    codes, code, notes = merged(artifacts)
    assert (codes["alpha"], codes["beta"], code) == (None, None, 3)
    assert "cannot be read" in notes[0]


def test_a_shard_whose_run_was_killed_is_red(artifacts: Path) -> None:
    path = artifacts / "shard-2/result.json"
    document = json.loads(path.read_text())
    path.write_text(
        json.dumps({**document, "problems": [{"kind": "unfinished", "message": "x", "return_code": 137, "details": []}]})
    )
    assert merged(artifacts)[1] == 137


@pytest.mark.parametrize("shard", ["shard-0", "shard-3"])
def test_of_two_results_of_a_module_the_graver_one_counts_also_in_batch_xml(artifacts: Path, shard: str) -> None:
    again = artifacts / shard
    again.mkdir()
    ran(again, "gamma", samples.red(again))
    assert merged(artifacts)[:2] == ({"alpha": 0, "beta": 0, "gamma": 1}, 1)
    suites = ET.parse(artifacts.parent / "out/batch.xml").getroot()
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [
        ("alpha", "0"),
        ("beta", "0"),
        ("gamma", "1"),
    ]


def test_without_the_plan_nobody_knows_what_is_missing(artifacts: Path) -> None:
    (artifacts / "shard-plan/matrix.json").unlink()
    with pytest.raises(UsageError, match=r"None of the folders holds the matrix\.json"):
        merged(artifacts)


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 9, "shards": []}'])
def test_a_plan_that_is_none_is_refused(artifacts: Path, text: str) -> None:
    (artifacts / "shard-plan/matrix.json").write_text(text)
    with pytest.raises(UsageError, match="is not a plan"):
        merged(artifacts)


def test_two_plans_are_refused_unless_they_are_the_same(artifacts: Path) -> None:
    plan = (artifacts / "shard-plan/matrix.json").read_text()
    (artifacts / "shard-1/matrix.json").write_text(plan)
    assert merged(artifacts)[1] == 0
    (artifacts / "shard-1/matrix.json").write_text(matrix.document(()))
    with pytest.raises(UsageError, match="several matrices"):
        merged(artifacts)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        merge([tmp_path / "gone"], tmp_path)


def test_a_part_of_a_module_is_not_its_result(artifacts: Path) -> None:
    two = artifacts / "shard-2"
    result = samples.green(two)
    ran(two, "gamma", replace(result, verdict=replace(result.verdict, part="-k 'rock'")))
    ends, code, _ = merge([artifacts], artifacts.parent / "out")
    assert code == 3
    assert [end.summary for end in ends if end.return_code is None] == [
        "NOT RUN gamma: only a part of it was tested (-k 'rock')"
    ]
    assert set(durations.load(artifacts.parent / "out")) == {"alpha", "beta"}


@pytest.mark.parametrize("shard", ["shard-0", "shard-3"])
def test_a_green_part_takes_nothing_from_the_whole_module(artifacts: Path, shard: str) -> None:
    """Be it read before the whole module's result or after."""
    again = artifacts / shard
    again.mkdir()
    result = samples.green(again)
    part = replace(result.verdict, part="-k 'rock'", outcomes=result.verdict.outcomes[:1])
    ran(again, "gamma", replace(result, verdict=part))
    assert merged(artifacts) == ({"alpha": 0, "beta": 0, "gamma": 0}, 0, [])
    suites = ET.parse(artifacts.parent / "out/batch.xml").getroot()
    assert [(suite.get("name"), suite.get("tests")) for suite in suites] == [
        ("alpha", "41"),
        ("beta", "41"),
        ("gamma", "41"),
    ]


def test_what_an_earlier_merge_wrote_there_is_no_result_of_a_shard(artifacts: Path) -> None:
    """A shard that left nothing had the result of the pipeline before, and one that was missing once was so for ever."""
    out = artifacts / "verdict"
    away = artifacts.parent / "away"

    def again() -> dict[str, int | None]:
        return {end.module: end.return_code for end in merge([artifacts], out)[0]}

    assert again()["gamma"] == 0
    (artifacts / "shard-2").rename(away)
    assert again()["gamma"] is None
    away.rename(artifacts / "shard-2")
    assert again()["gamma"] == 0


def test_the_only_shard_may_have_run_in_the_folder_of_the_verdict(artifacts: Path) -> None:
    for name in ("batch.json", "batch.xml"):
        (artifacts / "shard-1" / name).rename(artifacts / name)
    ends, code, _ = merge([artifacts], artifacts)
    assert ({end.module: end.return_code for end in ends}, code) == ({"alpha": 0, "beta": 0, "gamma": 0}, 0)
