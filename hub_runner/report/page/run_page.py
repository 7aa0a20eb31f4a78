"""What the page of one run shows, from its result and its log."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from hub_runner.report import phrases, tracebacks
from hub_runner.report.causes import Cause, distinct
from hub_runner.report.log_lines import header, moment
from hub_runner.report.page.bar import Segment, bar
from hub_runner.report.page.pictures import Picture, embedded
from hub_runner.report.page.render import render
from hub_runner.result import Coverage, FileCoverage, Lifecycle, Outcome, Problem, Result
from hub_runner.text import one_line, percentage, shorten

CAUSES, PROBLEMS, DETAILS, NAMES = 30, 30, 40, 20  # shown; result.json has all
TESTS, SLOWEST = 600, 25  # rows of tests in all, and of those that are shown at once
FILES = 200  # of coverage
LOG_LINES, LOG_BYTES, WIDTH = 150, 24_000, 400  # of the log's end; characters of a line
MESSAGE = 4000  # characters of a problem's message


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A cause of failed tests, told once."""

    title: str
    place: str
    advice: str  # what to do about it; may be empty
    source: tuple[tuple[int, str, bool], ...]  # number, text, and whether it is the failing line
    tests: tuple[str, ...]
    more_tests: int
    story: tuple[str, ...]  # the traceback of the first test
    logged: tuple[str, ...]
    reproduce: str


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """The names are those of the template."""

    title: str
    word: str  # PASSED, FAILED or INTERRUPTED
    passed: bool
    return_code: int
    started: str
    stand_in: str
    problems: tuple[Problem, ...]
    failures: tuple[Failure, ...]
    more_failures: int
    reproduce: str
    pictures: tuple[Picture, ...]
    lifecycle: Lifecycle | None
    parts: tuple[Segment, ...]
    counts: str
    tests: tuple[Outcome, ...]
    slowest: int
    more_tests: int
    knows_queries: bool
    coverage: Coverage | None
    coverage_words: str
    files: tuple[FileCoverage, ...]
    facts: dict[str, str]
    notes: tuple[str, ...]
    waived: tuple[str, ...]
    cleanup: str
    leftovers: tuple[str, ...]
    log: tuple[str, ...]

    @staticmethod
    def percent(file: FileCoverage) -> str:
        return percentage(file.percent)

    @staticmethod
    def place(outcome: Outcome) -> str:
        return phrases.place(outcome)

    @staticmethod
    def seconds(value: float) -> str:
        return phrases.seconds(value)


def run_page(result: Result, *, with_pictures: bool = False) -> bytes:
    """The page as bytes. The log is read where the result says that it is; without one the page has no end of a log."""
    return render("run.html", page_of(result, with_pictures=with_pictures))


def page_of(result: Result, *, with_pictures: bool = False) -> RunPage:
    verdict, causes = result.verdict, distinct(result)
    tests = sorted(verdict.outcomes, key=lambda outcome: outcome.duration, reverse=True)
    facts = {label: value for label, value in header(result.info).items() if label not in ("started", "STAND-IN")}
    return RunPage(
        title=phrases.verdict(result),
        word=phrases.head(result),
        passed=verdict.passed,
        return_code=result.return_code,
        started=moment(result.info.started),
        stand_in=result.info.stand_in or "",
        problems=tuple(map(_short, verdict.shown_problems[:PROBLEMS])),
        failures=tuple(failure(result, cause) for cause in causes[:CAUSES]),
        more_failures=len(causes[CAUSES:]),
        reproduce=phrases.reproduce(result.info, *verdict.failures) if verdict.failures else "",
        pictures=embedded(result.pictures) if with_pictures else (),
        lifecycle=verdict.lifecycle,
        parts=bar(result.phases),
        counts=phrases.counts(verdict),
        tests=tuple(tests[:TESTS]),
        slowest=SLOWEST,
        more_tests=len(tests[TESTS:]),
        knows_queries=any(outcome.queries is not None for outcome in tests),
        coverage=verdict.coverage,
        coverage_words=phrases.coverage(verdict.coverage) if verdict.coverage else "",
        files=_files(verdict.coverage) if verdict.coverage else (),
        facts={**facts, "odoo": verdict.odoo_version or "unknown"},
        notes=tuple(shorten(note, MESSAGE) for note in verdict.notes),
        waived=verdict.waived,
        cleanup=result.cleanup,
        leftovers=result.leftovers,
        log=end_of(result.info.log),
    )


def failure(result: Result, cause: Cause, *, lines: int = tracebacks.LINES, names: int = NAMES) -> Failure:
    """``lines`` bounds the story, which is the traceback of the first test without frames of Odoo."""
    first = cause.failures[0]
    return Failure(
        title=cause.exception or "a failure without a message",
        place=cause.place + (f" in {cause.function}" if cause.function and cause.place else ""),
        advice=cause.advice,
        source=tuple((number, text, number == cause.line) for number, text in cause.source),
        tests=tuple(f"{it.status.value}: {it.title} {phrases.place(it)}".rstrip() for it in cause.failures[:names]),
        more_tests=len(cause.failures[names:]),
        story=tuple(tracebacks.relevant(first, lines)) if lines else (),
        logged=tuple(shorten(one_line(line), WIDTH) for line in first.logged[:DETAILS]) if lines else (),
        reproduce=phrases.reproduce(result.info, first),
    )


def _short(problem: Problem) -> Problem:
    details = tuple(shorten(one_line(line), WIDTH) for line in problem.details[:DETAILS])
    if (more := len(problem.details) - DETAILS) > 0:
        details += (f"... and {more} lines more in result.json",)
    return replace(problem, message=shorten(problem.message, MESSAGE), details=details)


def _files(coverage: Coverage) -> tuple[FileCoverage, ...]:
    files = coverage.changed if coverage.since else coverage.files
    return tuple(sorted(files, key=lambda file: (file.percent, file.file))[:FILES])


def end_of(log: Path) -> tuple[str, ...]:
    """The last lines of a log; nothing if it cannot be read."""
    try:
        with log.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - LOG_BYTES))
            text = file.read(LOG_BYTES).decode(errors="replace")
    except OSError:
        return ()
    lines = text.splitlines()[1 if size > LOG_BYTES else 0 :]
    return tuple(shorten(one_line(line), WIDTH) for line in lines[-LOG_LINES:])
