"""The end of a run in a few lines: what failed and how to repeat it, the verdict, the cleanup, the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hub_runner.report import phrases, tracebacks
from hub_runner.result import Outcome, Problem, Result
from hub_runner.text import one_line, shorten

Line = tuple[str, str]  # a text without line ends, and its style: good, bad, warn, dim or nothing

FAILURES = 10  # shown in full; the log and result.json have all
NAMES = 20  # failures that are only named, and subtests of one test
DETAILS = 20  # lines below a problem
NOTES = 4
WIDTH = 300  # characters


def lines(result: Result, troubles: Iterable[str] = ()) -> Iterator[Line]:
    """The summary, harmless to show. ``troubles`` are what kept other reports from being written."""
    for text, style in _all(result, troubles):
        first, *more = text.split("\n")
        for part in (first, *(f"    {part}" for part in more)):  # so that no text looks like a line of the summary
            yield one_line(part), style


def _all(result: Result, troubles: Iterable[str]) -> Iterator[Line]:
    yield "", ""
    yield from _failures(result)
    for problem in result.verdict.shown_problems:
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
    for line in tracebacks.relevant(failure):
        yield f"  {line}", ""
    yield f"  reproduce: {phrases.reproduce(result.info, failure)}", ""
    yield "", ""


def _problem(problem: Problem) -> Iterator[Line]:
    place = "" if not problem.file else f" ({problem.file}:{problem.line})" if problem.line else f" ({problem.file})"
    yield f"PROBLEM {problem.kind}{place}: {problem.message}", "bad"
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
