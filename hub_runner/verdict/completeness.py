"""Whether the tests that exist are those that ran (I5)."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import NoTestsRan
from hub_runner.result import Problem, Status
from hub_runner.verdict.evidence import Evidence


def no_tests(evidence: Evidence) -> Iterator[Problem]:
    if not evidence.outcomes:
        yield _problem("no_tests", f"No test of {evidence.module.name} ran.")


def all_skipped(evidence: Evidence) -> Iterator[Problem]:
    if evidence.outcomes and all(outcome.status is Status.SKIPPED for outcome in evidence.outcomes):
        yield _problem("all_skipped", f"All {len(evidence.outcomes)} tests of {evidence.module.name} were skipped.")


def forgotten_files(evidence: Evidence) -> Iterator[Problem]:
    yield from ()


def not_run(evidence: Evidence) -> Iterator[Problem]:
    yield from ()


def _problem(kind: str, message: str, *details: str, file: str | None = None, line: int | None = None) -> Problem:
    return Problem(kind=kind, message=message, return_code=NoTestsRan.return_code, details=details, file=file, line=line)
