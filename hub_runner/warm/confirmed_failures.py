"""What second opinions confirmed: a test that keeps failing must not cost a cold start each time that it is run.

Kept beside the run folders of the checkout, for half a day.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from hub_runner.exit_codes import Kind
from hub_runner.host.files import remember as remember_file
from hub_runner.result import Verdict
from hub_runner.settings import OWN_FOLDER

LASTING = 12 * 3600.0  # seconds
_ERROR = re.compile(r"([A-Za-z_][\w.]*)(?::|$)")
# The database itself refused something: that is what a second opinion is for, each time.
_OF_THE_DATABASE = ("psycopg2", "IntegrityError")


def failures(verdict: Verdict) -> frozenset[str]:
    """Each test that failed, with the class of its error; empty if more than tests went wrong, or if none did."""
    if {problem.kind for problem in verdict.problems} - {Kind.TESTS_FAILED, Kind.UNDECLARED}:
        return frozenset()
    return frozenset(f"{outcome.name}: {_error(outcome.traceback)}" for outcome in verdict.failures)


def _error(traceback: str) -> str:
    """The class of an exception. It stands below the last frame, and more lines may follow: DETAIL of PostgreSQL, a diff."""
    lines = traceback.splitlines()
    begin = max((number for number, line in enumerate(lines) if line.startswith('  File "')), default=0)
    words = (line for line in lines[begin:] if line.strip() and not line.startswith((" ", "Traceback")))
    match = _ERROR.match(next(words, ""))
    return match[1] if match else ""


def confirmed(folder: Path, module: str, verdict: Verdict, clock: Callable[[], float] = time.time) -> bool:
    """Whether a cold start came to each of these failures not long ago."""
    seen = failures(verdict)
    known = _read(folder).get(module, {})
    return bool(seen) and all(
        clock() - known.get(failure, 0.0) < LASTING and not any(word in failure for word in _OF_THE_DATABASE)
        for failure in seen
    )


def remember(folder: Path, module: str, cold: Verdict, clock: Callable[[], float] = time.time) -> None:
    """The failures of a cold start. A run goes on without if they cannot be kept."""
    known = _read(folder)
    known[module] = dict.fromkeys(sorted(failures(cold)), clock())
    remember_file(_path(folder), json.dumps(known, indent=1).encode())


def _read(folder: Path) -> dict[str, dict[str, float]]:
    try:
        content = json.loads(_path(folder).read_text(encoding="utf-8"))
        return {str(module): {str(failure): float(at) for failure, at in some.items()} for module, some in content.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _path(folder: Path) -> Path:
    return folder / OWN_FOLDER / "second-opinions.json"
