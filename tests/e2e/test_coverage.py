"""Coverage of a real Odoo: what its server does in threads of its own counts, also if the tests fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.lab import ROOT, confirm

pytestmark = pytest.mark.e2e


def test_what_an_http_case_makes_the_server_do_is_covered(tmp_path: Path) -> None:
    confirm(tmp_path, "failing_http", "TestRocks.test_rocks: AssertionError")
    command = (sys.executable, "-m", "hub_runner", "run", "failing_http", "--coverage", "--addons", "tests/corpus")
    done = subprocess.run(
        (*command, "--output", str(tmp_path)), cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    coverage = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["coverage"]
    missing = {file["file"]: file["missing"] for file in coverage["files"]}
    folder = "tests/corpus/failing_http"
    assert missing == {f"{folder}/__init__.py": "", f"{folder}/controllers.py": ""}, (
        "nothing but the server calls the controller"
    )
    assert f'filename="{folder}/controllers.py"' in (tmp_path / "coverage.xml").read_text(encoding="utf-8")
    assert "ZeroDivisionError: division by zero" in (tmp_path / "report.html").read_text(encoding="utf-8")
