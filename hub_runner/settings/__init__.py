"""What may differ from one repository, machine or run to the next: every setting, where it is said and what it may be.

Here live the settings, the places that they are read from, and the names of the files that a run writes. What a setting
does is decided by the room that uses it.
"""

from hub_runner.settings.file_names import (
    BATCH_JSON,
    BATCH_XML,
    COVERAGE_XML,
    GUARDS_LOG,
    HTMLCOV,
    JUNIT,
    LCOV,
    LOG,
    MATRIX,
    OWN_FOLDER,
    PROOF,
    REPORT,
    RESULT,
    SIGNATURE,
    WRITTEN,
)
from hub_runner.settings.schema import OPTIONS, Settings, option
from hub_runner.settings.sources import completed, find_output, find_root, load, load_table

__all__ = [
    "BATCH_JSON",
    "BATCH_XML",
    "COVERAGE_XML",
    "GUARDS_LOG",
    "HTMLCOV",
    "JUNIT",
    "LCOV",
    "LOG",
    "MATRIX",
    "OPTIONS",
    "OWN_FOLDER",
    "PROOF",
    "REPORT",
    "RESULT",
    "SIGNATURE",
    "WRITTEN",
    "Settings",
    "completed",
    "find_output",
    "find_root",
    "load",
    "load_table",
    "option",
]
