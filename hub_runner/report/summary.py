"""The end of a run in a few lines: what failed and how to reproduce it, the verdict, the cleanup, the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hub_runner.report import frames, words
from hub_runner.report.harmless import harmless, shorten
from hub_runner.result import Outcome, Problem, Result

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
    yield words.verdict(result), "good" if result.verdict.passed else "bad"
    if result.phases:
        yield f"  phases:  {words.phases(result)}", "dim"
    yield f"  cleanup: {result.cleanup}", "bad" if result.leftovers else ""
    for leftover in result.leftovers:
        yield f"  left behind: {leftover}", "bad"
    yield f"  log:     {words.path(result.info.log, result.info.root)} (exit code {result.return_code})", ""


def _failures(result: Result) -> Iterator[Line]:
    failures = result.verdict.failures
    for failure in failures[:FAILURES]:
        yield from _failure(result, failure)
    rest = failures[FAILURES:]
    for failure in rest[:NAMES]:
        yield f"{failure.status.value.upper()} {failure.name} {words.place(failure)}".rstrip(), "bad"
        yield f"  reproduce: {words.reproduce(result.info, failure)}", ""
    if rest[NAMES:]:
        yield f"... and {len(rest[NAMES:])} more failures: the log names them", "bad"


def _failure(result: Result, failure: Outcome) -> Iterator[Line]:
    yield f"{failure.status.value.upper()} {failure.name} {words.place(failure)}".rstrip(), "bad"
    for subtest in failure.subtests[:NAMES]:
        yield f"  subtest {shorten(subtest, WIDTH)}", ""
    for line in frames.relevant(failure):
        yield f"  {line}", ""
    yield f"  reproduce: {words.reproduce(result.info, failure)}", ""
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
