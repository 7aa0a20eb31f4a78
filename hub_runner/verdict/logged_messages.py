"""Errors that tests logged though they passed, and warnings of the module: which count, and which nobody here can change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import DEMO_FAILED, Evidence, described
from hub_runner.verdict.recorded import Logged
from hub_runner.verdict.strictness import Finding, Lenient, held_against, ruled

# Loggers of Odoo that warn of what no module can change: its own tests, server and deprecated Python.
OF_ODOO = ("odoo.tests", "odoo.service", "odoo.sql_db", "odoo.tools.config", "py.warnings", "werkzeug")
_CLOSED_PAGE = re.compile(
    r"(?:Error|Exception) received after termination: .*(?:failed to fetch|connectionlosterror|AssetsLoadingError)",
    re.IGNORECASE,
)


def logged_errors(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """A failure by default: an error in the log of a green test is a failure that nobody reads (incident I8)."""
    errors = unexpected_errors(evidence)
    for log in filter(_is_of_a_closed_page, errors):
        yield Lenient(text=f"of a page that was closed while it loaded: {described(log)}", noted=True, waived=False)
    findings = [_of_log(log, evidence) for log in errors if not _is_of_a_closed_page(log)]
    held, lenient = ruled("logged_errors", findings, evidence.settings)
    yield from lenient
    if held:
        place = next((finding for finding in held if finding.file), held[0])
        yield Problem.of(
            Kind.TEST_LOGGED_ERROR,
            f"{counted(len(held), 'error')} logged by tests that passed. Let the test expect them (self.assertLogs, or "
            "odoo.tools.mute_logger), correct what logs them, or name them in waive (logged-errors:PATTERN).",
            *listed([finding.text for finding in held]),
            file=place.file,
            line=place.line,
        )


def logged_warnings(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Only those of the module itself: nobody here can change what Odoo and other modules warn of."""
    findings = [_of_log(log, evidence) for log in evidence.logs if _is_own_warning(log, evidence)]
    held, lenient = ruled("warnings", findings if evidence.was_installed else (), evidence.settings)
    yield from lenient
    if held:
        yield held_against(
            Kind.WARNINGS,
            f"{counted(len(held), 'warning')} logged while {evidence.module.name} was installed or tested. Correct what "
            "logs them, let a test expect its own (self.assertLogs), or name them in waive (warnings:PATTERN).",
            held,
        )


def _is_of_a_closed_page(log: Logged) -> bool:
    """A browser test ends when its page says so, and requests that are under way then fail: by chance, and by no fault.

    Odoo 19.0 leaves out the first two kinds itself, older ones log all of them as errors.
    """
    return log.logger.endswith(".browser") and bool(_CLOSED_PAGE.match(log.message))


def _is_own_warning(log: Logged, evidence: Evidence) -> bool:
    if log.level != "WARNING" or log.logger.startswith(OF_ODOO) or DEMO_FAILED in log.message:
        return False
    return _is_own(log, evidence) if log.testing else log.loading == evidence.module.name


def _of_log(log: Logged, evidence: Evidence) -> Finding:
    file, line = (evidence.in_checkout(log.test.file), log.test.line) if log.test else (None, None)
    return Finding(text=described(log), file=file, line=line if file else None)


def unexpected_errors(evidence: Evidence) -> list[Logged]:
    """Errors that were logged between the tests or after them, or by a test of the module that passed.

    A failed one has its failure. What ended Odoo after the installation has a problem of its own.
    """
    bad, crash = {(failure.cls, failure.method) for failure in evidence.failures}, evidence.crash
    logs = [log for log in evidence.logs if log.is_error and (log.testing or log.late) and log is not crash]
    return [log for log in logs if not log.test or (_is_own(log, evidence) and (log.test.cls, log.test.method) not in bad)]


def _is_own(log: Logged, evidence: Evidence) -> bool:
    return log.test is not None and evidence.is_own(log.test)
