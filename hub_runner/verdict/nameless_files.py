"""Errors in data files of which Odoo names neither file nor line: the file is found by what it must hold."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hub_runner.text import closest, did_you_mean
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.install_cause import Cause
from hub_runner.verdict.source_lines import lines_of

ACCESS_COLUMNS = (
    *("id", "name", "model_id:id", "group_id:id", "active"),
    *("perm_read", "perm_write", "perm_create", "perm_unlink"),
)
_INVALID_COLUMN = re.compile(r"ValueError: Invalid field name '(?P<name>[^']+)'")
_NOT_ODOOS_XML = re.compile(r"XML file '(?P<path>[^']+)' does not fit the required schema")
_SCHEMA_LINE = re.compile(r"^AssertionError: .*, line (?P<line>\d+)$")


def placed(evidence: Evidence, cause: Cause) -> Cause:
    """The cause with its file and line if it is such an error, else as it is."""
    if match := _INVALID_COLUMN.search(cause.error):
        return _invalid_column(evidence, cause, match["name"])
    if match := _SCHEMA_LINE.search(cause.error):
        return _in_xml_of_no_schema(evidence, cause, int(match["line"]))
    return cause


def _invalid_column(evidence: Evidence, cause: Cause, name: str) -> Cause:
    """A CSV file whose first line has such a column: Odoo names neither file nor line."""
    for file in evidence.module.data_files:
        header = next(iter(lines_of(evidence.module.folder / file)), "") if file.endswith(".csv") else ""
        if name in re.split(r"[,;\"/:]", header):
            model = Path(file).stem
            close = did_you_mean(closest(name, ACCESS_COLUMNS)) if model == "ir.model.access" else ""
            return replace(
                cause, file=file, line=1, advice=close or f"{model} has no field {name}: correct the column's name."
            )
    return cause


def _in_xml_of_no_schema(evidence: Evidence, cause: Cause, line: int) -> Cause:
    """Odoo logs the file first, and then gives up without naming it."""
    paths = [match["path"] for log in evidence.record.logs if (match := _NOT_ODOOS_XML.search(log.message))]
    inside = paths[0].partition(f"/{cause.module}/")[2] if paths else ""
    return replace(cause, file=inside, line=line) if inside else cause
