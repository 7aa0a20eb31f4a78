"""Whether enough of the module was run: the setting coverage-fail-under."""

from __future__ import annotations

from dataclasses import replace

from hub_runner.exit_codes import Kind
from hub_runner.result import Coverage, FileCoverage, Problem, Verdict
from hub_runner.settings import Settings
from hub_runner.text import listed, percentage

LEAST = 1e-9  # percent: less is the noise of a division


def with_coverage(verdict: Verdict, coverage: Coverage | str, settings: Settings) -> Verdict:
    """The verdict with what was measured; a text says why nothing was. Too little is a problem, and the last one told.

    Nothing is asked of a run of chosen tests: what the others would run, nobody knows.
    """
    if verdict.part and settings.coverage_fail_under:
        note = "coverage-fail-under was not asked for: only a part of the tests was run"
        verdict, settings = replace(verdict, notes=(*verdict.notes, note)), replace(settings, coverage_fail_under=0.0)
    if isinstance(coverage, str):
        if not settings.coverage_fail_under or verdict.problems:
            return replace(verdict, notes=(*verdict.notes, f"coverage was not measured: {coverage}"))
        message = f"Nobody knows whether coverage-fail-under ({settings.coverage_fail_under:g} %) is reached: {coverage}."
        return replace(verdict, problems=(Problem.of(Kind.LOW_COVERAGE, message),))
    problems = (*verdict.problems, *_missed(coverage, settings))
    return replace(verdict, coverage=coverage, problems=problems)


def _missed(coverage: Coverage, settings: Settings) -> tuple[Problem, ...]:
    files, what = coverage.files, "the module's statements and branches" if coverage.branch else "the module's statements"
    reached = coverage.percent
    if coverage.since:
        files, reached = coverage.changed, coverage.percent_of_changed
        what = f"what has changed in the module since {coverage.since}"
    if reached >= settings.coverage_fail_under - LEAST:
        return ()
    message = (
        f"The tests run {percentage(reached)} of {what}, and coverage-fail-under asks for "
        f"{settings.coverage_fail_under:g} %. Write tests for the lines below, or lower the setting."
    )
    return (Problem.of(Kind.LOW_COVERAGE, message, *listed([_line(file) for file in files if not file.whole])),)


def _line(file: FileCoverage) -> str:
    return f"{file.file}: {percentage(file.percent)}, never ran: {file.missing}"
