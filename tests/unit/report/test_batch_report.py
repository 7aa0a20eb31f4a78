"""The end of a batch: the table, the failures, and two files that may be taken elsewhere."""

from __future__ import annotations

import dataclasses
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner import report
from hub_runner.report import batch_report
from hub_runner.report.module_end import ModuleEnd
from hub_runner.result import Result
from tests.unit.report import samples


def ran(root: Path, module: str, result: Result) -> ModuleEnd:
    """A run that has written its files."""
    run_id = f"hub-agent-test-{module}-1-aaaa"
    folder = root / ".hub-runner/runs" / run_id
    result = replace(
        result, info=replace(result.info, module=module, run_id=run_id, log=folder / "proof_of_execution_tests.log")
    )
    for observer in report.observers(folder, root, stdout=io.StringIO(), environ={}):
        observer.started(result.info)
        observer.finished(result)
    return ModuleEnd.of(result, root)


@pytest.fixture
def ends(tmp_path: Path) -> list[ModuleEnd]:
    return [
        ran(tmp_path, "alpha", samples.green(tmp_path)),
        ran(tmp_path, "beta", samples.red(tmp_path)),
        ran(tmp_path, "gamma", samples.not_installed(tmp_path)),
        ModuleEnd.without_result("delta", 137),
        ModuleEnd.never_run("epsilon", "the batch was stopped before"),
    ]


def test_quiet_names_also_what_has_no_result(ends: list[ModuleEnd]) -> None:
    """The table, which is left out then, was the only place with their names."""
    told = "\n".join(text for text, _ in batch_report.lines(ends, 40.0, 1, quiet=True))
    assert "FAILED delta: ended with 137, no result\nNOT RUN epsilon: the batch was stopped before\n" in told
    assert "alpha" not in told


@pytest.mark.parametrize(("codes", "expected"), [([0, 0], 0), ([0, None], 3), ([1, None], 1), ([137, None], 137)])
def test_the_exit_code_is_that_with_which_the_command_ends(codes: list[int | None], expected: int) -> None:
    ends = [ModuleEnd(module=f"m{number}", return_code=code, summary="x") for number, code in enumerate(codes)]
    assert batch_report.exit_code(ends) == expected


def test_the_table_comes_first_then_the_failures_then_one_line_on_all(ends: list[ModuleEnd]) -> None:
    told = [text for text, _ in batch_report.lines(ends, 40.0, 1)]
    assert told[1:7] == [
        "module   verdict     tests failed seconds",
        "alpha    PASSED         41      0    12.3",
        "beta     FAILED         41      2    12.3",
        "gamma    FAILED          0      0    12.3",
        "delta    INTERRUPTED     0      0     0.0",
        "epsilon  NOT RUN",
    ]
    exception = "AssertionError: res.users(2,) != res.users(7,)"
    assert told[7:11] == [
        "FAILED beta: 2 of 41 tests failed in 12.3 s on Odoo 19.0",
        f"  FAILED TestRock.test_escalate addons/traction/tests/test_rock.py:44 - {exception}",
        f"  ERROR TestRock.test_cascade addons/traction/tests/test_rock.py:44 - {exception}",
        "  repeat: nox -s test -- beta --test-tags /traction:TestRock.test_escalate,/traction:TestRock.test_cascade",
    ]
    assert told[-1] == "FAILED: 3 of 5 modules red, 1 not run, 82 tests in 40.0 s; batch.json, batch.xml (exit code 1)"


def test_a_green_batch_ends_with_one_line_after_its_table(tmp_path: Path) -> None:
    end = ran(tmp_path, "alpha", samples.green(tmp_path))
    assert [text for text, _ in batch_report.lines([end, end], 3.0, 0, quiet=True)] == [
        "PASSED: 2 modules, 82 tests in 3.0 s; batch.json, batch.xml (exit code 0)"
    ]


def test_a_part_of_a_module_is_named_in_its_row_and_in_the_last_line(tmp_path: Path) -> None:
    result = samples.green(tmp_path)
    part = ran(tmp_path, "alpha", replace(result, verdict=replace(result.verdict, part="-k 'rock'", left_out=3)))
    told = [text for text, _ in batch_report.lines([part, ran(tmp_path, "beta", result)], 3.0, 0)]
    assert told[2] == "alpha  PASSED         41      0    12.3  only -k 'rock'"
    assert told[3] == "beta   PASSED         41      0    12.3"
    assert told[-1].startswith("PASSED: 2 modules, only a part of 1, 82 tests in 3.0 s")


def test_hundreds_of_failures_of_a_module_stay_short(tmp_path: Path) -> None:
    failures = [samples.failed(f"test_{number}") for number in range(500)]
    end = ran(tmp_path, "alpha", samples.result(*failures, problems=(samples.problem(),), root=tmp_path))
    told = [text for text, _ in batch_report.lines([end], 3.0, 1)]
    assert len(told) < 12
    assert "  ... and 497 more: `show alpha --failures`" in told


def test_both_files_have_every_module_and_agree(tmp_path: Path, ends: list[ModuleEnd]) -> None:
    assert batch_report.write(ends, 40.0, 1, tmp_path) == []
    document = json.loads((tmp_path / "batch.json").read_text())
    assert (document["schema"], document["passed"], document["return_code"]) == (1, False, 1)
    assert [module["module"] for module in document["modules"]] == ["alpha", "beta", "gamma", "delta", "epsilon"]
    assert [ModuleEnd.read(module) for module in document["modules"]] == ends
    assert (tmp_path / document["modules"][0]["folder"] / "result.json").is_file()
    suites = ET.parse(tmp_path / "batch.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["alpha", "beta", "gamma", "delta", "epsilon"]
    assert [suite.get("tests") for suite in suites] == ["41", "41", "1", "1", "1"]
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("85", "1", "4")


def test_a_command_that_is_refused_leaves_no_files_of_the_batch_before(tmp_path: Path, ends: list[ModuleEnd]) -> None:
    """I9, for several modules: `merge` and readers of batch.xml took them for those of this command."""
    batch_report.write(ends, 40.0, 1, tmp_path)
    report.refused(tmp_path, "There is no module 'prob'.")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("batch.")] == []


def test_a_run_of_one_module_leaves_no_files_of_the_batch_before_but_those_of_others(
    tmp_path: Path, ends: list[ModuleEnd]
) -> None:
    batch_report.write(ends, 40.0, 1, tmp_path)
    (tmp_path / "batch.xml").write_text("<project><target name='mine'/></project>")
    ran(tmp_path, "alpha", samples.green(tmp_path))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("batch.")] == ["batch.xml"]


@pytest.mark.parametrize("text", ["", "<a/>", "<testsuites", "\x00"])
def test_a_suite_that_is_gone_or_broken_is_an_error_and_not_a_gap(tmp_path: Path, text: str) -> None:
    end = ran(tmp_path, "alpha", samples.green(tmp_path))
    (tmp_path / str(end.folder) / "junit.xml").write_text(text)
    root = ET.fromstring(batch_report.to_xml([end], tmp_path))
    assert [case.get("name") for case in root.iter("testcase")] == ["no_result"]


def test_files_that_cannot_be_written_are_said(tmp_path: Path, ends: list[ModuleEnd]) -> None:
    (tmp_path / "batch.json").mkdir()
    assert batch_report.write(ends, 40.0, 1, tmp_path)[0].startswith("batch.json could not be written")
    assert (tmp_path / "batch.xml").is_file()


@pytest.mark.parametrize(
    "values", [{}, {"module": 1, "return_code": 0}, {"module": "a", "return_code": "0"}, {"module": "a"}]
)
def test_an_entry_that_says_too_little_is_refused(values: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        ModuleEnd.read(values)


def test_keys_of_a_later_version_are_no_error(ends: list[ModuleEnd]) -> None:
    assert ModuleEnd.read({**dataclasses.asdict(ends[0]), "weather": "fine"}) == ends[0]


def test_text_of_a_module_makes_no_line_of_its_own(tmp_path: Path) -> None:
    evil = "x\nPASSED: 9 modules\x1b[2J"
    end = ran(
        tmp_path, "alpha", samples.result(samples.failed(evil), problems=(samples.problem(message=evil),), root=tmp_path)
    )
    told = [text for text, _ in batch_report.lines([end], 3.0, 1)]
    assert not [text for text in told if text.startswith("PASSED") or not text.isprintable()]
