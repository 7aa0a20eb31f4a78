"""Writes coverage.py's reports of data that were measured: ``python3 reports.pyz FOLDER``, in a process of its own.

The files of the module stand in the container where Odoo looks for them. In the reports they have their paths in the
checkout: a copy of them lies below FOLDER in just that place, and coverage.py is told that the two are the same.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

from hub_runner.measuring.inside.coverage_launcher import DATA, WISHES
from hub_runner.odoo.inside import boot

COPY, REPORTS = "coverage.checkout", "coverage.reports"  # folders beside the record
HTML, JSON, LCOV, XML = "html", "coverage.json", "lcov.info", "coverage.xml"


def main() -> None:
    boot.use_python_of_odoo()
    folder = Path(sys.argv[1]).resolve()
    wishes = json.loads((folder / WISHES).read_text(encoding="utf-8"))
    reports = folder / REPORTS
    reports.mkdir()
    copied = folder / COPY / wishes["shown"]
    shutil.copytree(wishes["folder"], str(copied), ignore=not_python)
    os.chdir(str(folder / COPY))
    combined = str(folder / "coverage.combined")
    measurement = import_module("coverage").Coverage(
        data_file=combined, config_file=False, branch=wishes["branch"], omit=wishes["omit"], messages=False
    )
    measurement.set_option("run:relative_files", True)
    measurement.set_option("paths", {"source": [wishes["shown"], wishes["folder"]]})
    measurement.combine([str(folder / DATA)], keep=True)
    measurement.save()
    measurement.json_report(outfile=str(reports / JSON))
    measurement.xml_report(outfile=str(reports / XML))
    measurement.lcov_report(outfile=str(reports / LCOV))
    measurement.html_report(directory=str(reports / HTML), title=wishes["title"], show_contexts=False)


def not_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and not os.path.isdir(os.path.join(folder, name))]  # noqa: PTH112, PTH118
