"""The launcher with coverage.py around it: ``python3 launcher.pyz RECORD fresh|prepared ODOO_ARGUMENT...``.

What to measure stands in a file beside the record. The data are written when the process ends as Odoo means it to; of a
process that was killed there are none.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path

from hub_runner.odoo.inside import boot, launcher
from hub_runner.odoo.inside.types_of_odoo import Json, OdooObject

WISHES, DATA = "coverage.wishes.json", "coverage.data"  # files beside the record
CORE = "COVERAGE_CORE"  # coverage.py's own variable


def main() -> None:
    boot.use_python_of_odoo()
    folder = Path(sys.argv[1]).parent
    wishes = json.loads((folder / WISHES).read_text(encoding="utf-8"))
    measurement = measuring(wishes, folder)
    measurement.start()
    try:
        launcher.main()
    finally:
        measurement.stop()
        measurement.save()


def measuring(wishes: Json, folder: Path) -> OdooObject:
    """A measurement that has not begun, of the files below ``wishes["folder"]`` but those that ``wishes["omit"]`` fit."""
    if has_quick_core(sys.version_info[:2], branch=wishes["branch"]):
        os.environ.setdefault(CORE, "sysmon")
    measurement = import_module("coverage").Coverage(
        data_file=str(folder / DATA),
        config_file=False,
        branch=wishes["branch"],
        source=[wishes["folder"]],
        omit=wishes["omit"],
        messages=False,
        check_preimported=False,
    )
    # Odoo runs files of folders without an __init__.py, too: migrations/1.0/post-migrate.py. Untested ones must count.
    if hasattr(measurement.config, "include_namespace_packages"):  # coverage.py 6 has no such option
        measurement.set_option("report:include_namespace_packages", True)
    return measurement


def has_quick_core(python: tuple[int, ...], *, branch: bool) -> bool:
    """Whether ``sys.monitoring``, which costs next to nothing, can measure what is asked for."""
    return python >= ((3, 14) if branch else (3, 12))
