"""Tests that failed, and tests that passed but logged an error."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import Kind
from hub_runner.result import Outcome, Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import Evidence, described
from hub_runner.verdict.record import Logged


def failed_tests(evidence: Evidence) -> Iterator[Problem]:
    failures = evidence.failures
    if not failures:
        return
    tests = [failure for failure in failures if _is_test(failure)]
    classes = len(failures) - len(tests)
    ran = sum(map(_is_test, evidence.outcomes))
    counts = [f"{len(tests)} of {counted(ran, 'test')} failed"] if tests else []
    counts += [f"{counted(classes, 'test class')} could not be set up or torn down"] if classes else []
    yield Problem.of(
        Kind.TESTS_FAILED,
        f"{evidence.module.name}: {', and '.join(counts)}. Each traceback, and the command that repeats just "
        "that test, stands in the summary and in the log.",
        *listed([_named(failure) for failure in failures]),
        file=failures[0].file,
        line=failures[0].line,
    )


def logged_errors(evidence: Evidence) -> Iterator[Problem]:
    """A failure by default (strict-logs): an error in the log of a green test is a failure that nobody reads (I8)."""
    errors = unexpected_errors(evidence)
    if not errors or not evidence.settings.strict_logs:
        return
    test = next((error.test for error in errors if error.test), None)
    yield Problem.of(
        Kind.TEST_LOGGED_ERROR,
        f"{counted(len(errors), 'error')} logged by tests that passed. Let the test expect them "
        "(self.assertLogs, or odoo.tools.mute_logger), correct what logs them, or set strict-logs to false.",
        *listed([described(error) for error in errors]),
        file=evidence.in_checkout(test.file) if test else None,
        line=test.line if test else None,
    )


def unexpected_errors(evidence: Evidence) -> list[Logged]:
    """Those of a failed test are left out: its failure is already told."""
    bad = {(failure.cls, failure.method) for failure in evidence.failures}
    logs = [log for log in evidence.logs if log.is_error and log.testing]
    return [log for log in logs if not log.test or (_mine(log, evidence) and (log.test.cls, log.test.method) not in bad)]


def _mine(log: Logged, evidence: Evidence) -> bool:
    return log.test is not None and log.test.module == evidence.module.name


def _is_test(outcome: Outcome) -> bool:
    return outcome.method.startswith("test")


def _named(outcome: Outcome) -> str:
    return outcome.name + (f" ({len(outcome.subtests)} subtests)" if outcome.subtests else "")
