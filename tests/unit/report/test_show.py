import contextlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner import report
from hub_runner.errors import UsageError
from hub_runner.report.log import LogFile
from hub_runner.report.show import View, open_page, show, show_list
from hub_runner.result import Result
from hub_runner.settings import LOG
from tests.unit.report import samples
from tests.unit.report.test_terminal_plain import KINDS


def ran(root: Path, result: Result) -> None:
    for observer in report.observers(result.info.log.parent, root, stdout=io.StringIO(), environ={}):
        observer.started(result.info)
        observer.finished(result)


@pytest.mark.parametrize("make", KINDS)
def test_it_says_and_returns_what_the_run_did(make: Callable[[Path], Result], tmp_path: Path) -> None:
    ran(tmp_path, make(tmp_path))
    shown = io.StringIO()
    assert show(tmp_path, shown) == make(tmp_path).return_code
    assert "traction: " in shown.getvalue()
    assert "the log is as the run left it" in shown.getvalue()


def test_a_log_that_was_edited_is_no_proof(tmp_path: Path) -> None:
    ran(tmp_path, samples.red(tmp_path))
    text = (tmp_path / LOG).read_text()
    (tmp_path / LOG).write_text(text.replace("FAILED", "PASSED"))
    shown = io.StringIO()
    assert show(tmp_path, shown) == 4
    assert "BROKEN: proof_of_execution_tests.log was changed" in shown.getvalue()


def test_a_log_that_is_gone_is_no_proof(tmp_path: Path) -> None:
    ran(tmp_path, samples.green(tmp_path))
    (tmp_path / LOG).unlink()
    shown = io.StringIO()
    assert show(tmp_path, shown) == 4
    assert "NONE: the log cannot be read" in shown.getvalue()


def test_without_a_result_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing was tested here yet.*nox -s test -- MODULE"):
        show(tmp_path, io.StringIO())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2}', "\x00", '{"schema": 1, "problems": 3}', "null"])
def test_a_result_that_is_not_ours_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(UsageError, match=r"Run the tests again\."):
        show(tmp_path, io.StringIO())


def test_after_a_refused_run_the_result_before_it_is_not_shown(tmp_path: Path) -> None:
    ran(tmp_path, samples.green(tmp_path))
    report.refused(tmp_path, "There is no module 'x'.")
    folder = samples.info(tmp_path).log.parent
    with pytest.raises(
        UsageError,
        match=rf"^The last command began no run: There is no module 'x'\. The last run .* in {folder}; `show {folder.name}`",
    ):
        show(tmp_path, io.StringIO())


def test_after_a_run_that_was_killed_it_says_that_nothing_is_proven(tmp_path: Path) -> None:
    info, out = samples.info(tmp_path), io.StringIO()
    ran(tmp_path, samples.green(tmp_path))
    with contextlib.ExitStack() as open_files:
        for observer in report.observers(
            info.log.parent, tmp_path, as_json=True, stdout=out, stderr=io.StringIO(), environ={}
        ):
            observer.started(info)
            if isinstance(observer, LogFile):
                open_files.callback(observer.finished, samples.green(tmp_path))
        shown = io.StringIO()
        assert show(tmp_path, shown) == 137
    assert "UNFINISHED traction: it still goes on, or was killed; nothing is proven" in shown.getvalue()
    assert "PASSED" not in shown.getvalue()
    assert "phases:" not in shown.getvalue()
    assert out.getvalue() == "", "JSON on stdout is the last word of a run"


def test_hostile_text_in_a_result_reaches_no_terminal(tmp_path: Path) -> None:
    ran(tmp_path, samples.green(tmp_path))
    document = json.loads((tmp_path / "result.json").read_text())
    document["cleanup"] = "\x1b[2Jclean"
    (tmp_path / "result.json").write_text(json.dumps(document))
    shown = io.StringIO()
    show(tmp_path, shown)
    assert "\x1b" not in shown.getvalue()


def ran_as(root: Path, run_id: str, module: str, result: Result) -> None:
    """A run of another id and module than the samples have."""
    info = replace(result.info, run_id=run_id, module=module, log=root / ".hub-runner/runs" / run_id / LOG)
    ran(root, replace(result, info=info))


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Three runs, the oldest first."""
    for age, (run_id, module, make) in enumerate(
        [
            ("hub-agent-test-traction-1-aaaa", "traction", samples.red),
            ("hub-agent-test-other-2-bbbb", "other", samples.green),
            ("hub-agent-test-traction-3-cccc", "traction", samples.green),
        ]
    ):
        ran_as(tmp_path, run_id, module, make(tmp_path))
        os.utime(tmp_path / ".hub-runner/runs" / run_id, (age, age))
    return tmp_path


@pytest.mark.parametrize(
    ("run", "code"),
    [
        *(("hub-agent-test-traction-1-aaaa", 1), ("aaaa", 1), ("traction", 0), ("other", 0), (None, 0)),
        ("Traction", 0),  # run ids have no capitals, and names of modules may have some
    ],
)
def test_a_former_run_is_shown_by_its_id_a_part_of_it_or_its_module(three: Path, run: str | None, code: int) -> None:
    shown = io.StringIO()
    assert show(three, shown, run=run) == code
    assert "the log is as the run left it" in shown.getvalue()


def test_a_run_that_is_not_there_is_refused(three: Path) -> None:
    with pytest.raises(UsageError, match="No run here is called 'nothing'"):
        show(three, io.StringIO(), run="nothing")


def test_failures_alone_are_shown_with_the_verdict(three: Path) -> None:
    shown = io.StringIO()
    assert show(three, shown, run="aaaa", view=View.FAILURES) == 1
    lines = shown.getvalue().splitlines()
    assert lines[0] == "CAUSE: AssertionError: res.users(2,) != res.users(7,) (2 tests)"
    assert lines[-1] == "FAILED traction: 2 of 41 tests failed in 12.3 s on Odoo 19.0"


def test_the_log_is_printed_harmless(tmp_path: Path) -> None:
    result = samples.green(tmp_path)
    for observer in report.observers(result.info.log.parent, tmp_path, stdout=io.StringIO(), environ={}):
        observer.started(result.info)
        observer.output(b"odoo says \x1b[2J hello\n")
        observer.finished(result)
    shown = io.StringIO()
    assert show(tmp_path, shown, view=View.LOG) == 0
    assert "odoo says  hello\n" in shown.getvalue()
    assert shown.getvalue().splitlines()[-1].startswith("hub-runner | check with")


def test_a_log_that_was_edited_is_said_whatever_is_shown(three: Path) -> None:
    for view in View:
        (three / LOG).write_text("edited")
        shown = io.StringIO()
        assert show(three, shown, view=view) == 4
        assert "BROKEN" in shown.getvalue()


def test_runs_are_listed_the_youngest_first_and_what_is_none_is_passed_over(three: Path) -> None:
    (three / ".hub-runner/runs/torn").mkdir()
    (three / ".hub-runner/runs/torn/result.json").write_text("{")
    shown = io.StringIO()
    show_list(three, shown)
    lines = shown.getvalue().splitlines()
    assert [line.rpartition("-")[2] for line in lines] == ["cccc", "bbbb", "aaaa"]
    assert lines[2].startswith("2026-01-02 03:04:05 UTC  FAILED traction: 2 of 41 tests failed")


def test_the_page_is_opened_in_the_users_browser(tmp_path: Path) -> None:
    ran(tmp_path, samples.red(tmp_path))
    opened: list[str] = []
    shown = io.StringIO()
    assert open_page(tmp_path, shown, browse=lambda address: not opened.append(address)) == 1  # type: ignore[func-returns-value]
    assert opened == [(tmp_path / "report.html").as_uri()]
    assert shown.getvalue() == f"{tmp_path / 'report.html'}\n"


def test_without_a_browser_it_says_where_the_page_is(tmp_path: Path) -> None:
    ran(tmp_path, samples.green(tmp_path))
    shown = io.StringIO()
    assert open_page(tmp_path, shown, run="traction", browse=lambda address: False) == 0
    assert "report.html\nNo browser could be started here" in shown.getvalue()


def test_without_a_page_it_says_so(tmp_path: Path) -> None:
    ran(tmp_path, samples.green(tmp_path))
    (tmp_path / "report.html").unlink()
    with pytest.raises(UsageError, match=r"There is no .*report\.html"):
        open_page(tmp_path, io.StringIO(), browse=lambda address: True)
