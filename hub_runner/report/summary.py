"""The end of a run in a few lines: each cause of failures once, each failure in a line, the verdict, the cleanup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hub_runner.exit_codes import Kind
from hub_runner.report import javascript, phrases, tracebacks
from hub_runner.report.causes import Cause, distinct
from hub_runner.result import Outcome, Problem, Result
from hub_runner.text import file_line, one_line, relative, shorten

Line = tuple[str, str]  # a text without line ends, and its style: good, bad, warn, dim or nothing

CAUSES = 10  # told in full; the log and result.json have all
FAILURES = 3  # named for each cause
LINES = 60  # of a summary; what a cause needs is never left out
FIXED = 8  # lines of a cause that are always there, and of the end of a summary
EXTRA = 24  # lines of a cause beyond those, at most
DETAILS = 20  # lines below a problem
NOTES = 4
SO_FAR = 3  # causes that are named before a second opinion
PICTURES = 6
WIDTH = 300  # characters


def lines(result: Result, troubles: Iterable[str] = (), *, quiet: bool = False) -> Iterator[Line]:
    """The summary, harmless to show. ``troubles`` are what kept other reports from being written.

    With ``quiet`` only what is wrong, the verdict, and the place of the log.
    """
    return _harmless((*_findings(result, troubles, quiet), *_ending(result, quiet=quiet)))


def only_failures(result: Result) -> Iterator[Line]:
    """What went wrong, and the verdict in a line, harmless to show."""
    return _harmless((*_failures(result), (phrases.verdict(result), "good" if result.verdict.passed else "bad")))


def so_far(result: Result) -> Iterator[Line]:
    """The first causes, a line each, of a verdict that is going to be judged anew: the summary at the end tells all."""
    causes = [
        f"{cause.exception} ({', '.join(filter(None, (cause.place, _met_by(cause.failures))))})"
        for cause in distinct(result)
    ]
    problems = [
        problem.message
        if not problem.file or problem.file in problem.message
        else f"{problem.message} ({file_line(problem.file, problem.line)})"
        for problem in result.verdict.shown_problems
    ]
    for text in [*problems, *causes][:SO_FAR]:
        yield shorten(one_line(f"so far: {text}"), WIDTH), "bad"


def _harmless(lines: Iterable[Line]) -> Iterator[Line]:
    for text, style in lines:
        first, *more = text.split("\n")
        for part in (first, *(f"    {part}" for part in more)):  # so that no text looks like a line of the summary
            yield one_line(part), style


def _failures(result: Result) -> Iterator[Line]:
    """What went wrong, and nothing else: problems, the causes of failures, and each failure in a line."""
    causes = distinct(result)
    extra = min(EXTRA, max(0, LINES - FIXED * (1 + len(causes)) - FAILURES * len(causes)) // max(1, len(causes)))
    for number, cause in enumerate(causes[:CAUSES], 1):
        yield from _cause(cause, f"CAUSE {number} of {len(causes)}" if len(causes) > 1 else "CAUSE", extra)
        if len(causes) > 1:
            yield f"  met by {_met_by(cause.failures)}", "dim"
    for problem in result.verdict.shown_problems:
        yield from _problem(problem)
    for cause in causes:
        yield from _named(cause)
    if result.verdict.failures:
        yield from _never_begun(result)
        yield f"repeat: {phrases.reproduce(result.info, *result.verdict.failures)}", ""


def _never_begun(result: Result) -> Iterator[Line]:
    """How many tests a broken ``setUpClass`` kept from running: they are not among the failures (U10)."""
    for problem in result.verdict.problems:
        if problem.kind == Kind.TESTS_FAILED and "did not run" in problem.message:
            yield problem.message.partition(". ")[0], "bad"


def _ending(result: Result, *, quiet: bool = False) -> Iterator[Line]:
    """The verdict, and what belongs to it."""
    if result.verdict.slowest:
        yield f"slowest {len(result.verdict.slowest)}, seconds:", ""
        for slow in result.verdict.slowest:
            yield f"  {slow.duration:8.2f}  {slow.name}" + (f"  {slow.file}" if slow.file else ""), ""
    if result.info.stand_in:
        yield f"STAND-IN: {result.info.stand_in}", "warn"
    yield phrases.verdict(result), "good" if result.verdict.passed else "bad"
    if result.phases and not quiet:
        yield f"  phases:  {phrases.phases(result)}", "dim"
    if coverage := result.verdict.coverage:
        yield f"  coverage: {phrases.coverage(coverage)}", ""
        yield from ((f"    {line}", "dim") for line in ([] if quiet else phrases.covered_files(coverage)))
    if result.leftovers or not quiet:
        yield f"  cleanup: {result.cleanup}", "bad" if result.leftovers else ""
    for leftover in result.leftovers:
        yield f"  left behind: {leftover}", "bad"
    for picture in result.pictures[:PICTURES]:
        yield f"  picture: {relative(Path(picture), result.info.root)}", ""
    yield f"  log:     {relative(result.info.log, result.info.root)} (exit code {result.return_code})", ""


def _findings(result: Result, troubles: Iterable[str], quiet: bool) -> Iterator[Line]:
    if not quiet:
        yield "", ""
    yield from _failures(result)
    if not quiet:
        yield from _notes(result.verdict.notes)
    for trouble in troubles:
        yield f"trouble: {shorten(trouble, WIDTH)}", "warn"


def _cause(cause: Cause, title: str, extra: int) -> Iterator[Line]:
    count = len(cause.failures)
    yield f"{title}: {cause.exception}" + (f" ({count} tests)" if count > 1 else ""), "bad"
    if cause.place:
        yield f"  {cause.place}" + (f" in {cause.function}" if cause.function else ""), ""
    for number, source in cause.source:
        yield f"  {'>' if number == cause.line else ' '} {number:>4} | {source}", "" if number == cause.line else "dim"
    if cause.advice:
        yield f"  {shorten(cause.advice, WIDTH)}", ""
    first = cause.failures[0]
    more = _more(first)
    for line in more[:extra]:
        yield f"  {line}", ""
    if more[extra:]:
        yield f"  ... {len(more) - extra} lines more: see the log", "dim"


def _more(failure: Outcome) -> list[str]:
    """What else helps with one failure: the rest of its message, how the module came there, what it logged."""
    callers = [
        f"called from {_seen(frame.file, failure)}:{frame.line} in {frame.function}" for frame in tracebacks.callers(failure)
    ]
    of_browser = tracebacks.exception(failure).startswith(javascript.MARK)
    lines = javascript.telling(failure.logged) if of_browser else failure.logged
    logged = [f"logged: {shorten(line, WIDTH)}" for line in lines]
    subtests = [f"subtest {shorten(subtest, WIDTH)}" for subtest in failure.subtests]
    told = tracebacks.exception(failure)
    outside = [] if tracebacks.deepest(failure) else [line for line in tracebacks.relevant(failure) if line != told]
    return [*subtests, *tracebacks.message(failure), *callers, *outside, *logged]


def _seen(file: str, failure: Outcome) -> str:
    """A file of the module, without the folder that it has in the container."""
    return failure.module + "/" + file.partition(f"/{failure.module}/")[2]


def _met_by(failures: Sequence[Outcome]) -> str:
    more = len(failures) - FAILURES
    return ", ".join(failure.title for failure in failures[:FAILURES]) + (f" and {more} more" if more > 0 else "")


def _named(cause: Cause) -> Iterator[Line]:
    """One line a failure, as pytest's short summary."""
    for failure in cause.failures[:FAILURES]:
        place = file_line(failure.file, tracebacks.failing_line(failure))
        yield (
            shorten(f"{failure.status.value.upper()} {failure.title} {place}".rstrip() + _how(failure, cause), WIDTH),
            "bad",
        )
    if more := cause.failures[FAILURES:]:
        yield f"... and {len(more)} more of this cause: the log names them", "bad"


def _how(failure: Outcome, cause: Cause) -> str:
    flaky = phrases.flaky(failure)
    return f" - {cause.exception}" + (f" ({flaky})" if flaky else "")


def _problem(problem: Problem) -> Iterator[Line]:
    place = f" ({file_line(problem.file, problem.line)})" if problem.file else ""
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
        yield f"... and {len(notes) - NOTES} notes more: see the log", "dim"
