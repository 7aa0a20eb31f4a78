"""The last run's summary again, and whether its log is still the one that it wrote (incident I10)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.report import summary
from hub_runner.report.careful import Careful
from hub_runner.report.digest import sha256
from hub_runner.report.place import LOG, RESULT
from hub_runner.report.result_json import from_json


def show(output: Path, stream: TextIO) -> int:
    """Prints the summary; the exit code of that run, or 4 where its log is not as the run left it. Raises UsageError."""
    document = _read(output / RESULT)
    try:
        result = from_json(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{output / RESULT} cannot be read: {error!r}. Run the tests again.") from error
    careful = Careful(stream)
    for text, _ in summary.lines(result):
        careful.write(f"{text}\n")
    holds, words = evidence(output / LOG, document.get("log_sha256"))
    careful.write(f"  proof:   {words}\n")
    return result.return_code if holds else EnvironmentFailure.return_code


def evidence(log: Path, expected: str | None) -> tuple[bool, str]:
    """Whether ``log`` is the file that a run left behind with the sha256 ``expected``, and in words."""
    if expected is None:
        return True, "none: the log was not completed"
    try:
        with log.open("rb") as file:
            found = sha256(file)[0].hexdigest()
    except OSError as error:
        return False, f"NONE: the log cannot be read ({error.strerror})"
    if found != expected:
        return False, f"BROKEN: {LOG} was changed after the run, or belongs to another one"
    return True, "the log is as the run left it"


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"There is no {path}: nothing was tested here yet, or the last run did not begin, or not end ({LOG} says why). "
            "Run `nox -s test -- MODULE`."
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Run the tests again.") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is not a result of hub-runner. Run the tests again.")
    return document
