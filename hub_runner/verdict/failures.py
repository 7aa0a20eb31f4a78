"""Tests that failed, and tests that passed but logged an error."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import TestsFailed
from hub_runner.recording import Logged
from hub_runner.result import Problem, Status
from hub_runner.verdict.evidence import Evidence

NAMED_AT_MOST = 20


def failed_tests(evidence: Evidence) -> Iterator[Problem]:
    failures = [o for o in evidence.outcomes if o.status in (Status.FAILED, Status.ERROR)]
    if not failures:
        return
    ran = sum(outcome.method.startswith("test") for outcome in evidence.outcomes)
    names = [outcome.name + (f" ({len(outcome.subtests)} subtests)" if outcome.subtests else "") for outcome in failures]
    yield Problem(
        kind="tests_failed",
        message=f"{len(failures)} of {ran} tests of {evidence.module.name} failed. Each traceback, and the command "
        "that repeats just that test, stands in the summary and in the log.",
        return_code=TestsFailed.return_code,
        details=shortened_list(names),
        file=failures[0].file,
        line=failures[0].line,
    )


def logged_errors(evidence: Evidence) -> Iterator[Problem]:
    """A failure by default (strict-logs): an error in the log of a green test is a failure that nobody reads (I8)."""
    errors = errors_of_passed_tests(evidence)
    if not errors or not evidence.settings.strict_logs:
        return
    first = errors[0]
    yield Problem(
        kind="test_logged_error",
        message=f"{len({e.test.key for e in errors if e.test})} passing tests logged errors. Let the test expect them "
        "(self.assertLogs, or odoo.tools.mute_logger), correct what logs them, or set strict-logs to false.",
        return_code=TestsFailed.return_code,
        details=shortened_list([described(error) for error in errors]),
        file=evidence.in_checkout(first.test.file) if first.test else None,
        line=first.test.line if first.test else None,
    )


def errors_of_passed_tests(evidence: Evidence) -> list[Logged]:
    """A failed test may log what it likes: its failure is already told."""
    good = {(o.cls, o.method) for o in evidence.outcomes if o.status in (Status.PASSED, Status.SKIPPED)}
    logs = (log for log in evidence.recording.logs if log.is_error and log.test)
    return [
        log
        for log in logs
        if log.test and log.test.module == evidence.module.name and (log.test.cls, log.test.method) in good
    ]


def described(log: Logged) -> str:
    """A log record in one line."""
    message = next((line for line in log.message.splitlines() if line.strip()), "")
    where = f"{log.test.name}: " if log.test else ""
    return f"{where}{log.level} {log.logger}: {message[:300]}"


def shortened_list(names: list[str], at_most: int = NAMED_AT_MOST) -> tuple[str, ...]:
    more = len(names) - at_most
    return (*names[:at_most], *((f"... and {more} more",) if more > 0 else ()))
