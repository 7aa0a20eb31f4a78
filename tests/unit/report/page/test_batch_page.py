import json
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.page.batch_page import batch_page, page_of
from hub_runner.report.page.page_files import write_batch_page
from hub_runner.report.result_file import dumps, to_json
from hub_runner.result import Result
from tests.unit.report import samples
from tests.unit.report.page import hostile
from tests.unit.report.page.outline import ATTRIBUTES, ELEMENTS, Outline


def of(module: str, make: Result) -> Result:
    return replace(make, info=replace(make.info, module=module, run_id=f"hub-agent-test-{module}-1-a"))


def test_what_is_red_comes_first() -> None:
    green, red = of("a", samples.green()), of("z", samples.red())
    ends = [ModuleEnd.of(result, Path("/checkout")) for result in (green, red)]
    page = batch_page(ends, {"a": green, "z": red}, {"a": "runs/a/report.html"}, "FAILED: 1 of 2 modules red", 1)
    outline = Outline(page)
    assert (
        outline.text.index("What went wrong")
        < outline.text.index("AssertionError: res.users")
        < outline.text.index("Verdict")
    )
    assert "./runs/a/report.html" in outline.addresses
    assert [row.end.module for row in page_of(ends, {}, {}, "", 1).rows] == ["z", "a"]


@pytest.mark.parametrize("known", [True, False])
def test_hostile_modules_cannot_inject_anything(known: bool) -> None:
    ends = hostile.ends()
    results = {end.module: of(end.module, hostile.result()) for end in ends} if known else {}
    pages = {end.module: end.module for end in ends} | {ends[0].module: "//example.org/x", ends[1].module: "javascript:x"}
    outline = Outline(batch_page(ends, results, pages, hostile.ALL, 1))
    assert set(outline.elements) <= ELEMENTS
    assert set(outline.attributes) <= ATTRIBUTES
    assert all(address.startswith(("#", "./")) and ":" not in address for address in outline.addresses)
    assert outline.crooked == []


def test_a_page_of_sixty_red_modules_is_small() -> None:
    results = {}
    for number in range(60):
        failures = [
            samples.failed(f"test_{it}", traceback=f"{samples.TRACEBACK}Error: {it} " + "long words " * 400)
            for it in range(40)
        ]
        results[f"module_{number}"] = of(f"module_{number}", samples.result(*failures, problems=(samples.problem(),)))
    ends = [ModuleEnd.of(result, Path("/checkout")) for result in results.values()]
    assert len(batch_page(ends, results, {}, "FAILED", 1)) < 500_000


def test_a_module_without_a_result_is_shown_with_what_is_known() -> None:
    ends = [ModuleEnd.never_run("late", "the batch was stopped before"), ModuleEnd.without_result("dead", 137)]
    text = Outline(batch_page(ends, {}, {}, "FAILED: 1 of 2 modules red", 137)).text
    assert "NOT RUN late: the batch was stopped before" in text
    assert "dead: ended with 137" in text


def test_results_are_found_in_the_folders_of_the_shards(tmp_path: Path) -> None:
    result = of("a", samples.red())
    shard = tmp_path / "shards" / "1"
    shard.mkdir(parents=True)
    (shard / "result.json").write_text(dumps(to_json(result)), encoding="utf-8")
    (shard / "report.html").write_text("x", encoding="utf-8")
    broken = tmp_path / "shards" / "2"
    broken.mkdir()
    (broken / "result.json").write_text(json.dumps({"schema": 1}), encoding="utf-8")
    write_batch_page([ModuleEnd.of(result, tmp_path)], tmp_path, [broken, shard], "FAILED", 1)
    outline = Outline((tmp_path / "report.html").read_bytes())
    assert "AssertionError: res.users" in outline.text
    assert "./shards/1/report.html" in outline.addresses


def test_the_result_of_another_run_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(dumps(to_json(of("a", samples.red()))), encoding="utf-8")
    end = replace(ModuleEnd.of(of("a", samples.red()), tmp_path), run="another")
    write_batch_page([end], tmp_path, [tmp_path], "FAILED", 1)
    assert Outline((tmp_path / "report.html").read_bytes()).elements["pre"] == 1, "the command that repeats, and no source"


@pytest.mark.parametrize("folder", ["../elsewhere", "{tmp}/elsewhere"])
def test_a_folder_outside_is_not_looked_into(tmp_path: Path, folder: str) -> None:
    elsewhere, output = tmp_path / "elsewhere", tmp_path / "output"
    elsewhere.mkdir()
    output.mkdir()
    (elsewhere / "result.json").write_text(dumps(to_json(of("a", samples.red()))), encoding="utf-8")
    end = replace(ModuleEnd.of(of("a", samples.red()), output), folder=folder.format(tmp=tmp_path))
    write_batch_page([end], output, [output], "FAILED", 1)
    assert "res.users(2,)" in Outline((output / "report.html").read_bytes()).text, "its line of batch.json"
    assert Outline((output / "report.html").read_bytes()).elements["article"] == 1
