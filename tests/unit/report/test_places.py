"""A file of which no line is known is named alone, in each report: ``:None`` helps nobody, and ``:1`` is a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub_runner.report import github, log_lines, summary
from hub_runner.report.junit import to_xml
from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.page.batch_page import batch_page
from hub_runner.report.page.run_page import run_page
from hub_runner.result import Result
from tests.unit.report import samples

ROOT = Path("/checkout")
MANIFEST = "addons/traction/__manifest__.py"
IGNORED = samples.problem("module_ignored", 7, message="Odoo ignored the module.", file=MANIFEST)
FAILED = samples.failed(traceback="AssertionError: 1 != 2", line=None)


def page_of_several(result: Result) -> str:
    ends = [ModuleEnd.of(result, ROOT)]
    return batch_page(ends, {"traction": result}, {}, "FAILED", 1).decode()


REPORTS: dict[str, Callable[[Result], str]] = {
    "terminal": lambda result: "\n".join(text for text, _ in summary.lines(result)),
    "second opinion": lambda result: "\n".join(text for text, _ in summary.so_far(result)),
    "log": lambda result: "\n".join(text for _, text in log_lines.footer(result)),
    "row of a batch": lambda result: "\n".join(ModuleEnd.of(result, ROOT).failures),
    "page of a run": lambda result: run_page(result).decode(),
    "page of a batch": page_of_several,
    "page of a batch without the result": lambda result: batch_page(
        [ModuleEnd.of(result, ROOT)], {}, {}, "FAILED", 1
    ).decode(),
    "JUnit": lambda result: to_xml(result).decode(),
    "annotations": lambda result: "\n".join(github.commands(result, ROOT)),
    "summary of a job": github.summary,
}
WITHOUT_PROBLEMS = (
    "log",
    "row of a batch",
    "page of a batch without the result",
    "summary of a job",
)  # it has their messages


@pytest.mark.parametrize("report", REPORTS)
def test_a_failed_test_without_a_line_has_its_file_alone(report: str) -> None:
    text = REPORTS[report](samples.result(FAILED, problems=(samples.problem(),)))
    assert samples.FILE in text
    assert f"{samples.FILE}:" not in text
    assert "None" not in text


@pytest.mark.parametrize("report", REPORTS)
def test_a_problem_without_a_line_has_its_file_alone(report: str) -> None:
    text = REPORTS[report](samples.result(problems=(IGNORED,)))
    assert (MANIFEST in text) is (report not in WITHOUT_PROBLEMS)
    assert f"{MANIFEST}:1" not in text
    assert "None" not in text
