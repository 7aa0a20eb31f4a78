"""Odoo's process itself: whether its tests could be recorded, whether it started, and what its exit code says.

Also whether Odoo tested the checkout's modules, or others of the same names that its image brings.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.text import last, relative
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.record import BAD

BAD_OPTION = 2
FAILED_TESTS = 1


def recorder_failed(evidence: Evidence) -> Iterator[Problem]:
    """The recorder could not be set into this Odoo."""
    failure = evidence.record.hook_failure
    if failure is None and evidence.record.ended and not evidence.record.hooked:
        failure = "Odoo came to its end, and the recorder was never called."
    if failure is not None:
        yield Problem.of(
            Kind.RECORDER_FAILED,
            f"The outcomes of the tests could not be recorded in Odoo {evidence.record.odoo_version or '(unknown)'}, so "
            "nothing is known of them, and nothing is guessed. The recorder is built for Odoo 16.0 to 19.0: check the "
            "image (odoo-image), and report the lines below.",
            *last(failure),
        )


def not_started(evidence: Evidence) -> Iterator[Problem]:
    """Odoo refused its options, or its process ended before it loaded anything."""
    code, record = evidence.execution.exit_code, evidence.record
    if record.hooked or record.hook_failure or evidence.timed_out or evidence.execution.container_died:
        return
    if record.started and code == BAD_OPTION:
        yield Problem.of(
            Kind.ODOO_USAGE,
            "Odoo refused its options. Check odoo-args, test-tags and languages in the settings; its own words are below.",
            *evidence.last_lines(),
        )
    elif not evidence.came_to_its_end:
        yield Problem.of(
            Kind.NOT_STARTED,
            f"Odoo could not be started: its process ended with exit code {code} before it loaded anything. Its last "
            "lines are below; the image (odoo-image) must hold an `odoo` command and its Python.",
            *evidence.last_lines(),
        )


def refused_tags(evidence: Evidence) -> Iterator[Problem]:
    """Odoo passes over such a tag: what ran then is not what was asked for."""
    logs = [log for log in evidence.record.logs if log.logger.startswith("odoo.tests.")]
    if refused := {log.message: None for log in logs if log.message.startswith("Invalid tag ")}:
        yield Problem.of(
            Kind.ODOO_USAGE,
            f"Odoo {evidence.record.odoo_version} does not know each of the test-tags, and ran the others only. "
            "Parameters in [] need a late 17.0; a file's path takes letters, digits and _ only up to 18.0.",
            *refused,
        )


def record_forged(evidence: Evidence) -> Iterator[Problem]:
    """Somebody else wrote into the record, or lines of it are missing."""
    if evidence.record.wrong:
        yield Problem.of(
            Kind.RECORD_FORGED,
            f"The record of the tests is not as it was written ({evidence.record.wrong}), so nothing in it can be "
            "believed. Look for what the module or its tests write below /tmp, and for a disk that is full.",
        )


def log_blinded(evidence: Evidence) -> Iterator[Problem]:
    """Python's logging was changed, so that errors may have been logged and not seen."""
    if evidence.record.blind:
        yield Problem.of(
            Kind.LOG_BLINDED,
            f"Errors that were logged could not be seen: {evidence.record.blind}. Let the module and its tests leave "
            "Python's logging as Odoo has set it up (odoo.tools.mute_logger hides what a test expects), and let odoo-args "
            "keep errors in it.",
        )


def odoo_failed(evidence: Evidence) -> Iterator[Problem]:
    """Odoo's exit code says that something failed, and no failed test explains it."""
    code = evidence.execution.exit_code or evidence.record.end_code or 0
    if code and not (code == FAILED_TESTS and evidence.outcomes and _someone_failed(evidence)):
        yield Problem.of(
            Kind.ODOO_FAILED,
            f"Odoo ended with exit code {code}, and nothing that was recorded explains it. Its last lines are below; look "
            "for the first error above them in the log.",
            *evidence.last_lines(),
        )


def _someone_failed(evidence: Evidence) -> bool:
    """Tests of other modules run only if tags ask for them, and then may fail without touching this verdict."""
    outcomes = [*evidence.record.outcomes.items(), *evidence.record.class_outcomes]
    return any(outcome["status"] in BAD for test, outcome in outcomes if test.module in evidence.record.loading)


def another_copy(evidence: Evidence) -> Iterator[Problem]:
    """Odoo takes the first of a name on its addons path, and its own folder always comes first."""
    elsewhere = evidence.record.elsewhere
    others = [module for module in evidence.copied if module.name in elsewhere]
    if others:
        names = ", ".join(module.name for module in others)
        yield Problem.of(
            Kind.ANOTHER_COPY,
            f"Odoo did not take {names} from this checkout, but from the image, so nothing is proven of the code "
            "here. Odoo's own modules come first on its addons path, then those that the image lists before the folder "
            "of the checkout: give the module a name of its own, or take the other one out of the image.",
            *(
                f"{module.name}: taken from {elsewhere[module.name] or 'an unknown place'}, and not from "
                f"{relative(module.folder, evidence.settings.root)}"
                for module in others
            ),
        )
