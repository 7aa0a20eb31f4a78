"""``hub-runner show``: a run again, its failures or its log, and whether the log is still as the run wrote it (I10)."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.host.files import BROKEN_FILE
from hub_runner.report import phrases, summary
from hub_runner.report.log import REFUSED, latest_run
from hub_runner.report.log_lines import moment, sha256
from hub_runner.report.output_folder import by_age
from hub_runner.report.result_file import Json, from_json
from hub_runner.result import Result
from hub_runner.settings import BATCH_JSON, LOG, OWN_FOLDER, REPORT, RESULT
from hub_runner.text import Careful, harmless, one_line


class View(StrEnum):
    """What is shown of a run."""

    SUMMARY = "summary"
    FAILURES = "failures"
    LOG = "log"


def show(output: Path, stream: TextIO, *, run: str | None = None, view: View = View.SUMMARY) -> int:
    """Shows the last run, or the one that ``run`` names: a run id, a part of one, or a module.

    Returns the run's exit code, or 4 if its log was changed. Raises UsageError if there is no such run.
    """
    folder = find(output, run) if run else output
    document = _read(folder / RESULT)
    try:
        result = from_json(document)
        code = int(result.return_code)
        # A value of another type shows when it is used.
        lines = [text for text, _ in _lines(result, view)]
    except BROKEN_FILE as error:
        raise UsageError(f"{folder / RESULT} cannot be read: {error!r}. Run the tests again.") from error
    careful = Careful(stream)
    if view is View.LOG:
        _print_log(folder / LOG, careful)
    else:
        for text in lines:
            careful.write(f"{text}\n")
    unchanged, message = proof(folder / LOG, document.get("log_sha256"))
    if view is View.SUMMARY or not unchanged:
        careful.write(f"  proof:   {message}\n")
    return code if unchanged else EnvironmentFailure.return_code


def _lines(result: Result, view: View) -> Iterable[tuple[str, str]]:
    """Text and style of each line; a log has none of its own."""
    if view is View.LOG:
        return ()
    return summary.lines(result) if view is View.SUMMARY else summary.only_failures(result)


def open_page(
    output: Path, stream: TextIO, *, run: str | None = None, browse: Callable[[str], bool] = webbrowser.open
) -> int:
    """Opens report.html of the last command, or of the run that ``run`` names, in the user's browser, and says where it is.

    Returns the exit code that the page tells of. Raises UsageError if there is no such page.
    """
    folder = find(output, run) if run else output
    page = folder / REPORT
    if not page.is_file():
        raise UsageError(f"There is no {page}: the run has not come to its end, or is older than these pages. Run it again.")
    batch = folder / BATCH_JSON
    document = _read(batch if batch.is_file() else folder / RESULT)
    Careful(stream).write(f"{one_line(str(page.resolve()))}\n")
    if not browse(page.resolve().as_uri()):
        Careful(stream).write("No browser could be started here: open that file yourself.\n")
    code = document.get("return_code")
    return code if isinstance(code, int) else EnvironmentFailure.return_code


def show_list(output: Path, stream: TextIO) -> None:
    """Lists the runs whose files are still here, one a line, the youngest first."""
    careful = Careful(stream)
    for result in results(output):
        try:
            begun, said, run_id = moment(result.info.started), phrases.verdict(result), one_line(result.info.run_id)
        except BROKEN_FILE:
            continue  # as those of ``results``: one run's file must not hide the others
        careful.write(f"{begun}  {one_line(said)}  {run_id}\n")


def results(output: Path) -> Iterator[Result]:
    """The results of all runs whose folders can be read, the youngest first."""
    for folder in by_age(output / OWN_FOLDER / "runs"):
        try:
            yield from_json(_read(folder / RESULT))
        except (UsageError, *BROKEN_FILE):
            continue  # it did not come to write one, or another program's


def find(output: Path, run: str) -> Path:
    """The folder of the youngest run whose id is ``run``, contains it, or whose module is called so. Raises UsageError."""
    folders = by_age(output / OWN_FOLDER / "runs")
    exact = [folder for folder in folders if folder.name == run]
    of_module = [folder for folder in folders if f"-agent-test-{run.lower()}-" in folder.name]  # as Compose wants names
    containing = [folder for folder in folders if run in folder.name]
    if found := [*exact, *of_module, *containing]:
        return found[0]
    raise UsageError(f"No run here is called {run!r}. `python -m hub_runner show --list` lists those whose files are kept.")


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


def _print_log(log: Path, stream: Careful) -> None:
    try:
        with log.open(encoding="utf-8", errors="replace", newline="\n") as file:
            for line in file:
                stream.write(harmless(line))
    except OSError as error:
        raise UsageError(f"{log} cannot be read: {error.strerror}.") from error


def _read(path: Path) -> Json:
    """What a JSON document of a run or batch holds. Raises UsageError, which says what was seen instead."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(_nothing_to_show(path)) from None
    except BROKEN_FILE as error:
        raise UsageError(f"{path} cannot be read: {error}. Run the tests again.") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is not a result of hub-runner. Run the tests again.")
    return document


def _nothing_to_show(path: Path) -> str:
    """Why there is no result, and how to see the last run that there was."""
    refusal = _refusal(path.with_name(LOG))
    why = f"The last command began no run: {refusal}" if refusal else f"There is no {path}: nothing was tested here yet."
    last = latest_run(path.parent)
    files = f" The last run that began has its files in {last}; `show {last.name}` shows it." if last else ""
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
