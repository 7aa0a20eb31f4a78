import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hub_runner import report
from hub_runner.errors import UsageError
from hub_runner.report.log import LogFile
from hub_runner.report.show import show
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
        UsageError, match=rf"^The last command began no run: There is no module 'x'\. The last run .* in {folder}\. Run"
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
