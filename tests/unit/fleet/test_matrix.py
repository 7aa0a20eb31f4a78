from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml

from hub_runner import cli
from hub_runner.checkout.modules import catalogue
from hub_runner.fleet import durations, matrix
from hub_runner.fleet.durations import LastRun
from hub_runner.fleet.matrix import Format, Shard
from tests.conftest import write_module


def depending(addons: Path, name: str, *needed: str) -> None:
    write_module(addons, name, f'{{"name": "x", "depends": {list(needed)!r}}}')


def test_shards_are_of_about_the_same_duration(addons: Path) -> None:
    for number in range(12):
        depending(addons, f"m{number:02}", "base")
    known = {f"m{number:02}": LastRun(seconds=float(number + 1)) for number in range(12)}
    planned = matrix.shards(sorted(known), 3, catalogue((addons,)), known)
    assert sorted(name for shard in planned for name in shard.modules) == sorted(known)
    assert [shard.number for shard in planned] == [1, 2, 3]
    assert max(shard.seconds for shard in planned) <= 78 / 3 + 2


def test_modules_on_one_prepared_database_are_together_also_through_others(addons: Path) -> None:
    depending(addons, "a_mail", "mail")
    depending(addons, "b_sale", "sale")
    depending(addons, "c_on_a", "a_mail")
    depending(addons, "d_on_b", "b_sale")
    depending(addons, "e_circle", "e_circle", "mail")
    planned = matrix.shards(["a_mail", "b_sale", "c_on_a", "d_on_b", "e_circle"], 2, catalogue((addons,)), {})
    assert {"a_mail", "c_on_a", "e_circle"} in [set(shard.modules) for shard in planned]


@pytest.mark.parametrize(
    ("count", "names", "shards"), [(5, ["a", "b"], 2), (10**9 - 1, ["a", "b"], 2), (1, ["a", "b"], 1), (3, [], 0)]
)
def test_no_shard_is_empty(addons: Path, count: int, names: list[str], shards: int) -> None:
    for name in names:
        depending(addons, name, "base")
    planned = matrix.shards(names, count, catalogue((addons,)), {})
    assert len(planned) == shards
    assert all(shard.modules for shard in planned)


def test_a_module_that_takes_most_of_the_time_is_a_shard_of_its_own(addons: Path) -> None:
    for name in ("a", "b", "c"):
        depending(addons, name, "base")
    known = {"a": LastRun(seconds=1.0), "b": LastRun(seconds=100.0), "c": LastRun(seconds=1.0)}
    planned = matrix.shards(["a", "b", "c"], 2, catalogue((addons,)), known)
    assert [shard.modules for shard in planned] == [("b",), ("a", "c")]


def test_modules_that_all_need_the_same_fill_all_shards(addons: Path) -> None:
    """They were divided into as many parts as a shard may be too long, which left four of twenty jobs without work."""
    names = [f"module_{number}" for number in range(100)]
    for name in names:
        depending(addons, name, "base")
    planned = matrix.shards(names, 20, catalogue((addons,)), {})
    assert [len(shard.modules) for shard in planned] == [5] * 20


def test_a_module_with_a_broken_manifest_is_in_a_shard_like_any_other(addons: Path) -> None:
    write_module(addons, "broken", "{")
    assert [shard.modules for shard in matrix.shards(["broken"], 2, catalogue((addons,)), {})] == [("broken",)]


PLANNED = (Shard(number=1, modules=("a", "b"), seconds=3.0), Shard(number=2, modules=("c",), seconds=2.0))


def test_github_gets_lines_for_its_output_file() -> None:
    first, second = matrix.shown(PLANNED, Format.GITHUB).splitlines()
    assert json.loads(first.removeprefix("matrix=")) == {
        "include": [{"shard": 1, "modules": "a b"}, {"shard": 2, "modules": "c"}]
    }
    assert second == "shards=2"
    assert matrix.shown((), Format.GITHUB) == 'matrix={"include": []}\nshards=0\n'


def test_gitlab_gets_the_jobs_of_a_child_pipeline() -> None:
    jobs = yaml.safe_load(matrix.shown(PLANNED, Format.GITLAB))
    plan = jobs.pop("shard plan")
    assert matrix.expected(plan["variables"]["PLAN"]) == ["a", "b", "c"]
    assert jobs == {
        "shard 1": {"extends": ".shard", "variables": {"SHARD": "1", "MODULES": "a b"}},
        "shard 2": {"extends": ".shard", "variables": {"SHARD": "2", "MODULES": "c"}},
    }
    assert list(yaml.safe_load(matrix.shown((), Format.GITLAB))) == ["shard plan"]


def test_the_plan_names_each_module_that_must_have_a_result() -> None:
    assert matrix.expected(matrix.document(PLANNED)) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="its schema is 2"):
        matrix.expected('{"schema": 2, "shards": []}')


def test_the_command_writes_the_plan_and_uses_what_was_learnt(
    addons: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1000):
        depending(addons, f"m{number:04}", "base")
    durations.save(addons.parent, {"m0000": LastRun(seconds=9.0)})
    monkeypatch.chdir(addons.parent)
    begin = time.process_time()
    assert cli.main(["matrix", "--shards", "4", "--format", "json", "--exclude", "m0001"]) == 0
    assert time.process_time() - begin < 5, "a second on a machine that does nothing else"
    text = capsys.readouterr().out
    assert (addons.parent / "matrix.json").read_text() == text
    names = matrix.expected(text)
    assert len(names) == 999
    assert "m0001" not in names
