import io
import json
import sys
from pathlib import Path

import pytest

from hub_runner import report
from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import JUNIT, LOG, RESULT, Settings
from tests.unit.report import samples


def test_a_run_leaves_its_three_files_under_both_names(tmp_path: Path) -> None:
    result = samples.red(tmp_path)
    for observer in report.observers(result.info.log.parent, tmp_path, stdout=io.StringIO(), environ={}):
        observer.finished(result)
    for name in (LOG, RESULT, JUNIT):
        assert (tmp_path / name).samefile(result.info.log.parent / name)


def test_json_alone_goes_to_stdout_and_the_story_to_stderr(tmp_path: Path) -> None:
    result, out, err = samples.red(tmp_path), io.StringIO(), io.StringIO()
    for observer in report.observers(result.info.log.parent, tmp_path, as_json=True, stdout=out, stderr=err, environ={}):
        observer.started(result.info)
        observer.note("a note")
        observer.output(b"output\n")
        observer.finished(result)
    assert json.loads(out.getvalue())["return_code"] == 1
    assert out.getvalue() == (tmp_path / RESULT).read_text()
    assert "a note" in err.getvalue()


def test_json_of_two_runs_is_two_lines(tmp_path: Path) -> None:
    out = io.StringIO()
    for run in ("a", "b"):
        result = samples.green(tmp_path)
        for observer in report.observers(tmp_path / run, tmp_path, as_json=True, stdout=out, stderr=io.StringIO()):
            observer.finished(result)
    assert [json.loads(line)["passed"] for line in out.getvalue().splitlines()] == [True, True]


def test_a_result_that_cannot_be_written_is_said_and_the_summary_still_comes(tmp_path: Path) -> None:
    result, out = samples.green(tmp_path), io.StringIO()
    observers = report.observers(result.info.log.parent, tmp_path, stdout=out, environ={})
    (tmp_path / RESULT / "in the way").mkdir(parents=True)
    for observer in observers:
        observer.finished(result)
    assert "trouble: result.json could not be written" in out.getvalue()
    assert "PASSED traction" in out.getvalue()


def test_the_log_of_a_run_lies_where_its_info_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = samples.green(tmp_path)
    told = report.reporting(Settings(root=tmp_path))(result.info)
    told.finished(result)
    assert result.info.log.exists()
    shown = capsys.readouterr().out
    assert "PASSED" in shown
    assert "trouble" not in shown


def test_a_report_that_breaks_is_said_by_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_runner.report.junit.to_xml", lambda result: 1 / 0)
    result = samples.green(tmp_path)
    report.reporting(Settings(root=tmp_path))(result.info).finished(result)
    shown = capsys.readouterr().out
    assert "trouble: A report broke, please report it (JUnitFile.finished): ZeroDivisionError" in shown
    assert "PASSED" in shown


def test_a_log_that_cannot_be_written_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / ".hub-runner").touch()
    with pytest.raises(EnvironmentFailure, match="Nothing was tested"):
        report.reporting(Settings(root=tmp_path))(samples.info(tmp_path))


def test_the_heavy_libraries_are_loaded_only_where_they_are_needed() -> None:
    import subprocess

    program = "import sys, hub_runner.report; print({'rich', 'junitparser'} & set(sys.modules))"
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
