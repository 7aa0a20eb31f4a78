"""The end of a run in a few lines: what failed and how to reproduce it, the verdict, the cleanup, the log.

The last run's summary again, and whether its log is still the one that it wrote (incident I10).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.report import phrases
from hub_runner.report.log import sha256
from hub_runner.report.result_file import from_json
from hub_runner.result import Outcome, Problem, Result
from hub_runner.settings import LOG, RESULT
from hub_runner.text import Careful, harmless, shorten

Line = tuple[str, str]  # text, and its style: good, bad, warn, dim or nothing

FAILURES = 10  # shown in full; the log and result.json have all
NAMES = 20
DETAILS = 20
NOTES = 4
WIDTH = 300


def lines(result: Result, troubles: Iterable[str] = ()) -> Iterator[Line]:
    """All text in it is harmless to show."""
    for text, style in _all(result, troubles):
        yield harmless(text), style


def _all(result: Result, troubles: Iterable[str]) -> Iterator[Line]:
    yield "", ""
    yield from _failures(result)
    for problem in result.verdict.problems:
        if problem.kind != "tests_failed" or not result.verdict.failures:
            yield from _problem(problem)
    yield from _notes(result.verdict.notes)
    for trouble in troubles:
        yield f"trouble: {shorten(trouble, WIDTH)}", "warn"
    if result.info.stand_in:
        yield f"STAND-IN: {result.info.stand_in}", "warn"
    yield phrases.verdict(result), "good" if result.verdict.passed else "bad"
    if result.phases:
        yield f"  phases:  {phrases.phases(result)}", "dim"
    yield f"  cleanup: {result.cleanup}", "bad" if result.leftovers else ""
    for leftover in result.leftovers:
        yield f"  left behind: {leftover}", "bad"
    yield f"  log:     {phrases.path(result.info.log, result.info.root)} (exit code {result.return_code})", ""


def _failures(result: Result) -> Iterator[Line]:
    failures = result.verdict.failures
    for failure in failures[:FAILURES]:
        yield from _failure(result, failure)
    rest = failures[FAILURES:]
    for failure in rest[:NAMES]:
        yield f"{failure.status.value.upper()} {failure.name} {phrases.place(failure)}".rstrip(), "bad"
        yield f"  reproduce: {phrases.reproduce(result.info, failure)}", ""
    if rest[NAMES:]:
        yield f"... and {len(rest[NAMES:])} more failures: the log names them", "bad"


def _failure(result: Result, failure: Outcome) -> Iterator[Line]:
    yield f"{failure.status.value.upper()} {failure.name} {phrases.place(failure)}".rstrip(), "bad"
    for subtest in failure.subtests[:NAMES]:
        yield f"  subtest {shorten(subtest, WIDTH)}", ""
    for line in phrases.relevant(failure):
        yield f"  {line}", ""
    yield f"  reproduce: {phrases.reproduce(result.info, failure)}", ""
    yield "", ""


def _problem(problem: Problem) -> Iterator[Line]:
    where = "" if not problem.file else f" ({problem.file}:{problem.line})" if problem.line else f" ({problem.file})"
    yield f"PROBLEM {problem.kind}{where}: {problem.message}", "bad"
    for detail in problem.details[:DETAILS]:
        yield f"  {shorten(detail, WIDTH)}", ""
    if problem.details[DETAILS:]:
        yield f"  ... and {len(problem.details) - DETAILS} lines more: see the log", ""
    yield "", ""


def _notes(notes: tuple[str, ...]) -> Iterator[Line]:
    for note in notes[:NOTES]:
        yield f"note: {shorten(note, WIDTH)}", "dim"
    if notes[NOTES:]:
        yield f"... and {len(notes[NOTES:])} notes more: see the log", "dim"


def show(output: Path, stream: TextIO) -> int:
    """Prints the summary; the exit code of that run, or 4 where its log is not as the run left it. Raises UsageError."""
    document = _read(output / RESULT)
    try:
        result = from_json(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{output / RESULT} cannot be read: {error!r}. Run the tests again.") from error
    careful = Careful(stream)
    for text, _ in lines(result):
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
