import io
import json
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub_runner.measuring.measurement import BROKEN, parsed, reports_in, write
from hub_runner.plan import Plan
from hub_runner.settings import Settings
from tests.unit.measuring.test_cobertura import DOCUMENT

FILE = {"executed_lines": [1, 2], "missing_lines": [4], "executed_branches": [[1, 2]], "missing_branches": [[1, -1]]}


def plan(changed: dict[str, Any] | None = None, since: str = "") -> Plan:
    settings = Settings(root=Path("/checkout"), coverage_diff=since)
    return SimpleNamespace(settings=settings, changed_lines=changed)  # type: ignore[return-value]


def document(**values: Any) -> dict[str, Any]:
    return {"meta": {"version": "7.17.4", "branch_coverage": True}, "files": {"addons/m/a.py": FILE}, **values}


def archive(*names: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.linkname = kind, 4 if kind == tarfile.REGTYPE else 0, "/etc/passwd"
            tar.addfile(entry, io.BytesIO(b"text"))
    return buffer.getvalue()


def test_the_figures_are_those_of_the_report() -> None:
    coverage = parsed(document(), plan())
    [file] = coverage.files
    assert (file.file, file.statements, file.missed, file.branches, file.missed_branches) == ("addons/m/a.py", 3, 1, 2, 1)
    assert (file.missing, coverage.version, coverage.branch, coverage.since) == ("1->exit, 4", "7.17.4", True, "")


def test_changed_lines_have_figures_of_their_own() -> None:
    coverage = parsed(document(), plan({"addons/m/a.py": {4}, "addons/m/gone.py": {1}}, "main"))
    assert [(file.statements, file.missed) for file in coverage.changed] == [(1, 1)]
    assert coverage.since == "main"


@pytest.mark.parametrize(
    "broken",
    [
        {"files": {"a.py": {}}},
        {"files": []},
        {"meta": {}},
        {"files": {"a.py": {**FILE, "missing_lines": ["x"]}}},
        {"files": {"a.py": {**FILE, "missing_lines": [float("inf")]}}},
        {"files": {"a.py": {**FILE, "executed_branches": [[1]]}}},
    ],
)
def test_a_report_that_a_module_has_changed_is_no_defect_of_ours(broken: dict[str, Any]) -> None:
    with pytest.raises(BROKEN):
        parsed(json.loads(json.dumps(document(**broken))), plan())


def test_only_the_reports_are_taken_out_of_the_archive() -> None:
    good = ["coverage.reports/coverage.json", "coverage.reports/html/index.html", "coverage.reports/html/style.css"]
    bad = [
        "coverage.reports/../../x",
        "coverage.reports/html/.gitignore",
        "coverage.reports/html/x.sh",
    ]
    assert list(reports_in(archive(*good, *bad))) == ["coverage.json", "html/index.html", "html/style.css"]


def test_a_link_is_no_report() -> None:
    assert reports_in(archive("coverage.reports/coverage.xml", kind=tarfile.SYMTYPE)) == {}


def test_the_files_are_written_into_the_folder_of_the_run(tmp_path: Path) -> None:
    files = {"coverage.xml": DOCUMENT, "lcov.info": b"SF:addons/m/a.py\n", "html/index.html": b"<html>"}
    write(files, tmp_path, plan())
    assert (tmp_path / "lcov.info").read_text() == "TN:hub-runner\nSF:addons/m/a.py\n"
    assert (tmp_path / "htmlcov" / "index.html").read_bytes() == b"<html>"
    assert b"<source>/checkout</source>" in (tmp_path / "coverage.xml").read_bytes()
