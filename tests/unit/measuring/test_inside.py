"""The programs of the container, run here with a real coverage.py: a module that is no Odoo module will do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub_runner.measuring.inside.coverage_launcher import has_quick_core
from hub_runner.measuring.measurement import OMITTED
from tests.standins.checkout import REPOSITORY

CODE = "def ran(x):\n    if x:\n        return 1\n    return 2\n\n\ndef never():\n    return 3\n"
MEASURE = """
import json, sys, threading
from pathlib import Path
from hub_runner.measuring.inside.coverage_launcher import WISHES, measuring
folder = Path(sys.argv[1])
measurement = measuring(json.loads((folder / WISHES).read_text()), folder)
measurement.start()
sys.path.insert(0, str(folder / "addons"))
def work():  # as Odoo's server does it, in a thread of its own
    import mod.a
    mod.a.ran(True)
thread = threading.Thread(target=work)
thread.start()
thread.join()
measurement.stop()
measurement.save()
"""
REPORT = "from hub_runner.measuring.inside.reports import main; main()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    module = tmp_path / "addons" / "mod"
    files = ("__init__.py", "__manifest__.py", "a.py", "unused.py", "tests/__init__.py", "tests/test_a.py", "static/x.js")
    for name in files:
        (module / name).parent.mkdir(parents=True, exist_ok=True)
        (module / name).write_text(CODE if name == "a.py" else "x = 1\n", encoding="utf-8")
    wishes = {
        "folder": str(module),
        "shown": "my addons/mod",
        "omit": [f"{start}/{pattern}" for start in (module, "my addons/mod") for pattern in OMITTED],
        "branch": True,
        "title": "mod",
    }
    (tmp_path / "coverage.wishes.json").write_text(json.dumps(wishes), encoding="utf-8")
    return tmp_path


def python(program: str, folder: Path) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    environ = {**environ, "PYTHONPATH": str(REPOSITORY)}
    command = (sys.executable, "-c", program, str(folder))
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_reports_have_the_paths_of_the_checkout_and_no_tests(folder: Path) -> None:
    python(MEASURE, folder)
    python(REPORT, folder)
    reports = folder / "coverage.reports"
    files = json.loads((reports / "coverage.json").read_text(encoding="utf-8"))["files"]
    assert sorted(files) == ["my addons/mod/__init__.py", "my addons/mod/a.py", "my addons/mod/unused.py"]
    assert files["my addons/mod/a.py"]["missing_lines"] == [4, 8]
    assert files["my addons/mod/a.py"]["missing_branches"] == [[2, 4]]
    assert files["my addons/mod/unused.py"]["missing_lines"] == [1], "a file that nobody imports counts, too"
    assert 'filename="my addons/mod/a.py"' in (reports / "coverage.xml").read_text(encoding="utf-8")
    assert "SF:my addons/mod/a.py" in (reports / "lcov.info").read_text(encoding="utf-8")
    assert (reports / "html" / "index.html").is_file()


def test_sys_monitoring_is_taken_where_it_can_measure_what_is_asked_for() -> None:
    assert not has_quick_core((3, 11), branch=False)
    assert has_quick_core((3, 12), branch=False)
    assert not has_quick_core((3, 13), branch=True)
    assert has_quick_core((3, 14), branch=True)


def test_files_of_folders_that_are_no_packages_count_too_but_no_tests_and_static_files_among_them(folder: Path) -> None:
    """A migration script that nothing ran passed --coverage-fail-under 100."""
    module = folder / "addons" / "mod"
    counted = ("migrations/1.0/post-migrate.py", "tools/x.py")
    left_out = ("part/tests/test_b.py", "migrations/1.0/tests/test_c.py", "static/src/x.py", "tools/.#x.py", "tools/x.js")
    for name in (*counted, *left_out):
        (module / name).parent.mkdir(parents=True, exist_ok=True)
        (module / name).write_text("x = 1\n", encoding="utf-8")
    python(MEASURE, folder)
    python(REPORT, folder)
    files = json.loads((folder / "coverage.reports" / "coverage.json").read_text(encoding="utf-8"))["files"]
    assert sorted(files) == [f"my addons/mod/{name}" for name in sorted(("__init__.py", "a.py", "unused.py", *counted))]
    assert all(files[f"my addons/mod/{name}"]["missing_lines"] == [1] for name in counted)
