"""``hub-runner show``: the summary of the last run again, and whether its log is still as the run wrote it (I10)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.report.log import REFUSED, latest_run
from hub_runner.report.log_lines import sha256
from hub_runner.report.result_file import from_json
from hub_runner.report.summary import lines
from hub_runner.settings import LOG, RESULT
from hub_runner.text import Careful, one_line


def show(output: Path, stream: TextIO) -> int:
    """Prints the summary of the last run. Returns its exit code, or 4 if its log was changed. Raises UsageError."""
    document = _read(output / RESULT)
    try:
        result = from_json(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{output / RESULT} cannot be read: {error!r}. Run the tests again.") from error
    careful = Careful(stream)
    for text, _ in lines(result):
        careful.write(f"{text}\n")
    unchanged, message = proof(output / LOG, document.get("log_sha256"))
    careful.write(f"  proof:   {message}\n")
    return result.return_code if unchanged else EnvironmentFailure.return_code


def proof(log: Path, expected: str | None) -> tuple[bool, str]:
    """Whether ``log`` still has the sha256 ``expected`` that its run wrote down, and a sentence about it."""
    if expected is None:
        return True, "none: the run did not complete its log"
    try:
        with log.open("rb") as file:
            digest = sha256(file)[0].hexdigest()
    except OSError as error:
        return False, f"NONE: the log cannot be read ({error.strerror})"
    if digest != expected:
        return False, f"BROKEN: {LOG} was changed after the run, or belongs to another one"
    return True, "the log is as the run left it"


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(_nothing_to_show(path)) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Run the tests again.") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is not a result of hub-runner. Run the tests again.")
    return document


def _nothing_to_show(path: Path) -> str:
    """Why there is no result, and where the files of the last run are."""
    refusal = _refusal(path.with_name(LOG))
    why = f"The last command began no run: {refusal}" if refusal else f"There is no {path}: nothing was tested here yet."
    last = latest_run(path.parent)
    files = f" The last run that began has its files in {last}." if last else ""
    return f"{why}{files} Run `nox -s test -- MODULE`."


def _refusal(log: Path) -> str:
    """What the log says if the last command was refused; empty if it holds a run, or is not there."""
    try:
        with log.open(encoding="utf-8", errors="replace") as file:
            first = one_line(file.read(10_000).partition("\n")[0])
    except OSError:
        return ""
    _, refused, reason = first.partition(REFUSED)
    return reason if refused else ""
