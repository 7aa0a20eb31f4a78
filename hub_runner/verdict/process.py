"""Odoo's process itself: whether it could be observed, started, and came to its end by itself."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.result import Problem
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.words import last

BAD_OPTION = 2
FAILED_TESTS = 1
INTERRUPTED = 130
KILLED = 137


def recorder_failed(evidence: Evidence) -> Iterator[Problem]:
    failure = evidence.recording.hook_failure
    if failure is None and evidence.recording.ended and not evidence.recording.hooked:
        failure = "Odoo came to its end, and the recorder was never called."
    if failure is not None:
        yield _problem(
            "recorder_failed",
            f"The outcomes of the tests could not be recorded in Odoo {evidence.recording.odoo_version or '(unknown)'}, so "
            "nothing is known of them, and nothing is guessed. Recording is built for Odoo 16.0 to 19.0: check the "
            "image (odoo-image), and report the lines below.",
            *last(failure),
        )


def not_started(evidence: Evidence) -> Iterator[Problem]:
    code, recording = evidence.execution.exit_code, evidence.recording
    if recording.hooked or recording.hook_failure or evidence.execution.timed_out or evidence.execution.container_died:
        return
    if recording.started and code == BAD_OPTION:
        yield Problem(
            kind="odoo_usage",
            message="Odoo refused its options. Check odoo-args, test-tags and languages in the settings; its own words "
            "are below.",
            return_code=UsageError.return_code,
            details=evidence.last_lines(),
        )
    elif not evidence.came_to_its_end:
        yield _problem(
            "not_started",
            f"Odoo could not be started: its process ended with exit code {code} before it loaded anything. Its last "
            "lines are below; the image (odoo-image) must hold an `odoo` command and its Python.",
            *evidence.last_lines(),
        )


def cut_off(evidence: Evidence) -> Iterator[Problem]:
    """At most one of these: what the engine says explains more than the clock, the clock more than a missing end."""
    execution = evidence.execution
    if execution.container_died:
        yield _container_died(evidence, execution.container_died)
    elif execution.timed_out:
        yield _time_limit(evidence)
    elif not evidence.recording.ended:
        yield _left_early(evidence)


def odoo_failed(evidence: Evidence) -> Iterator[Problem]:
    code = evidence.execution.exit_code or evidence.recording.end_code or 0
    if code and not (code == FAILED_TESTS and evidence.outcomes and _someone_failed(evidence)):
        yield _problem(
            "odoo_failed",
            f"Odoo ended with exit code {code}, and nothing that was recorded explains it. Its last lines are below; "
            "the log holds everything.",
            *evidence.last_lines(),
        )


def _someone_failed(evidence: Evidence) -> bool:
    """Tests of other modules run only where tags ask for them, and then may fail without touching this verdict."""
    every = (*evidence.recording.outcomes, *evidence.recording.class_outcomes)
    return any(outcome.status in ("failed", "error") for outcome in every)


def _container_died(evidence: Evidence, died: str) -> Problem:
    return _problem(
        "container_died",
        f"A container went away in the middle of the run ({died}){_where(evidence)}. Out of memory: raise mem_limit in "
        "the compose file, or make the test need less. The last lines are below.",
        *evidence.last_lines(),
    )


def _time_limit(evidence: Evidence) -> Problem:
    limit = f"{evidence.settings.test_timeout:g}"
    if evidence.recording.ended:
        seen = "Odoo had finished, and a thread or child process that it left behind kept its process alive."
    else:
        seen = f"It was still at work{_where(evidence)}."
    return _problem(
        "time_limit",
        f"The time limit of {limit} s passed. {seen} Look for a loop, a lock or a wait without an end there, or raise "
        "test-timeout.",
        *evidence.last_lines(),
        test=evidence,
    )


def _left_early(evidence: Evidence) -> Problem:
    code = evidence.execution.exit_code
    raised = evidence.recording.raised
    return _problem(
        "left_early",
        f"The process left early (exit code {code}{_by_signal(code)}){_where(evidence)}: it never came to Odoo's own end, "
        "so what it did not run proves nothing. Look for os._exit, sys.exit or a crash of native code there, or for "
        "what killed it.",
        *(last(raised) if raised else evidence.last_lines()),
        test=evidence,
    )


def _by_signal(code: int) -> str:
    """Odoo itself ends with 130 on INT and TERM alike."""
    if code == INTERRUPTED:
        return ": it was interrupted by SIGINT or SIGTERM"
    if code == KILLED:
        return ": killed by SIGKILL, as the kernel does it when memory runs out (mem_limit)"
    return f": killed by signal {code - 128}" if 128 < code < 160 else ""


def _where(evidence: Evidence) -> str:
    recording = evidence.recording
    if recording.running:
        return f" during {recording.running.name}"
    if recording.loading and not recording.suites:
        return f" while {recording.loading[-1]} was being loaded"
    return " outside of any test"


def _problem(kind: str, message: str, *details: str, test: Evidence | None = None) -> Problem:
    running = test.recording.running if test else None
    return Problem(
        kind=kind,
        message=message,
        return_code=EnvironmentFailure.return_code,
        details=details,
        file=test.in_checkout(running.file) if test and running else None,
        line=running.line if running else None,
    )
