from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.report import phrases
from hub_runner.report.coverage_files import CoverageFiles, combine
from hub_runner.report.log import LogFile
from hub_runner.report.output_folder import RunFolder, forget_results
from hub_runner.result import Coverage, FileCoverage, Result
from tests.unit.measuring.test_cobertura import DOCUMENT
from tests.unit.report import samples

PARTLY = FileCoverage(file="addons/m/a.py", statements=10, missed=2, branches=4, missed_branches=1, missing="3-4, 7->9")
COVERAGE = Coverage(version="7.17", branch=True, files=(PARTLY,))
OURS = DOCUMENT.replace(b"?>", b"?>\n<!-- hub-runner -->")


def measured(root: Path, coverage: Coverage = COVERAGE) -> Result:
    result = samples.green(root)
    return replace(result, verdict=replace(result.verdict, coverage=coverage))


def reports(folder: Path) -> Path:
    (folder / "htmlcov").mkdir(parents=True)
    (folder / "htmlcov" / "index.html").write_text("<html>", encoding="utf-8")
    (folder / "coverage.xml").write_bytes(OURS)
    (folder / "lcov.info").write_text("TN:hub-runner\nend_of_record\n", encoding="utf-8")
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    log = LogFile.create(tmp_path / ".hub-runner/runs/r", tmp_path)
    yield log
    log._file.close()


def test_the_reports_stand_beside_the_result(tmp_path: Path, log: LogFile) -> None:
    reports(log.folder.path)
    CoverageFiles(log).finished(measured(tmp_path))
    assert (tmp_path / "coverage.xml").read_bytes() == OURS
    assert (tmp_path / "lcov.info").is_file()
    assert (tmp_path / "htmlcov" / "index.html").is_file()
    assert log.troubles == []


def test_a_run_without_coverage_leaves_the_files_of_others_alone(tmp_path: Path, log: LogFile) -> None:
    (tmp_path / "coverage.xml").write_bytes(DOCUMENT)
    (tmp_path / "htmlcov").mkdir()
    forget_results(tmp_path)
    CoverageFiles(log).finished(samples.green(tmp_path))
    assert (tmp_path / "coverage.xml").read_bytes() == DOCUMENT
    assert (tmp_path / "htmlcov").is_dir()


def test_the_next_run_removes_those_of_the_run_before(tmp_path: Path, log: LogFile) -> None:
    reports(log.folder.path)
    CoverageFiles(log).finished(measured(tmp_path))
    RunFolder(tmp_path / ".hub-runner/runs/next", tmp_path).claim()
    assert not any((tmp_path / name).exists() for name in ("coverage.xml", "lcov.info", "htmlcov"))


def test_a_younger_run_keeps_the_plain_names(tmp_path: Path, log: LogFile) -> None:
    reports(log.folder.path)
    RunFolder(tmp_path / ".hub-runner/runs/younger", tmp_path).claim()
    CoverageFiles(log).finished(measured(tmp_path))
    assert not any((tmp_path / name).exists() for name in ("coverage.xml", "lcov.info", "htmlcov"))


def test_reports_that_are_gone_are_told(tmp_path: Path, log: LogFile) -> None:
    CoverageFiles(log).finished(measured(tmp_path))
    assert "could not be put beside the others" in log.troubles[0]


def test_several_modules_have_one_report(tmp_path: Path) -> None:
    parts = [(name, "81.2 %", reports(tmp_path / name)) for name in ("a", "b&c")]
    combine(parts, tmp_path)
    assert (tmp_path / "coverage.xml").read_bytes().count(b"<package ") == 2
    assert (tmp_path / "lcov.info").read_text(encoding="utf-8").count("end_of_record") == 2
    index = (tmp_path / "htmlcov" / "index.html").read_text(encoding="utf-8")
    assert '<a href="b%26c/index.html">b&amp;c</a></td><td>81.2 %' in index
    assert (tmp_path / "htmlcov" / "a" / "index.html").is_file()


def test_modules_without_coverage_have_none(tmp_path: Path) -> None:
    combine([("a", "", tmp_path / "a")], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_table_names_what_never_ran_the_worst_first() -> None:
    worse = replace(PARTLY, file="addons/m/" + "long/" * 20 + "b.py", missed=9, missing="1-9")
    whole = FileCoverage(file="c.py", statements=1, missed=0)
    lines = list(phrases.covered_files(Coverage(version="7", branch=True, files=(PARTLY, worse, whole))))
    assert len(lines) == 2
    assert lines[0].startswith("...")
    assert lines[0].endswith("long/b.py  28.5 %  1-9")
    assert lines[1].split() == ["addons/m/a.py", "78.5", "%", "3-4,", "7->9"]


def test_a_table_of_many_files_says_where_the_others_are() -> None:
    files = tuple(replace(PARTLY, file=f"{number}.py") for number in range(25))
    lines = list(phrases.covered_files(Coverage(version="7", branch=True, files=files)))
    assert lines[20:] == ["... and 5 files more: see htmlcov/index.html"]


def test_the_sentence_says_what_was_measured() -> None:
    assert phrases.coverage(COVERAGE) == "78.5 % of lines and branches"
    changed = replace(COVERAGE, branch=False, since="main", changed=())
    assert phrases.coverage(changed) == "78.5 % of lines, 100.0 % of what has changed since main"
