"""Odoo's process itself: whether its tests could be recorded, whether it started, and what its exit code says."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.result import Problem
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.words import last

BAD_OPTION = 2
FAILED_TESTS = 1


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


def refused_tags(evidence: Evidence) -> Iterator[Problem]:
    """Odoo passes over such a tag: what ran then is not what was asked for."""
    logs = [log for log in evidence.recording.logs if log.logger.startswith("odoo.tests.")]
    if refused := {log.message: None for log in logs if log.message.startswith("Invalid tag ")}:
        yield Problem(
            kind="odoo_usage",
            message=f"Odoo {evidence.recording.odoo_version} does not know each of the test-tags, and ran the others only. "
            "Parameters in [] need a late 17.0; a file's path takes letters, digits and _ only up to 18.0.",
            return_code=UsageError.return_code,
            details=tuple(refused),
        )


def record_forged(evidence: Evidence) -> Iterator[Problem]:
    if evidence.recording.wrong:
        yield _problem(
            "record_forged",
            f"The record of the tests is not as it was written ({evidence.recording.wrong}), so nothing in it can be "
            "believed. Look for what the module or its tests write below /tmp, and for a disk that is full.",
        )


def log_blinded(evidence: Evidence) -> Iterator[Problem]:
    if evidence.recording.blind:
        yield _problem(
            "log_blinded",
            f"Errors that were logged could not be seen: {evidence.recording.blind}. Let the module and its tests leave "
            "Python's logging as Odoo has set it up (odoo.tools.mute_logger hides what a test expects), and let odoo-args "
            "keep errors in it.",
        )


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


def _problem(kind: str, message: str, *details: str) -> Problem:
    return Problem(kind=kind, message=message, return_code=EnvironmentFailure.return_code, details=details)
