"""Odoo's process itself: whether its tests could be recorded, whether it started, and what its exit code says.

A process that did not come to Odoo's own end: died with its container, ran out of time or memory, or left early.

Whether Odoo tested the checkout's modules, or others of the same names that its image brings.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

from hub_runner.errors import Kind
from hub_runner.result import Problem
from hub_runner.text import last
from hub_runner.verdict.causes import place
from hub_runner.verdict.evidence import Evidence, relative

BAD_OPTION = 2
FAILED_TESTS = 1


def recorder_failed(evidence: Evidence) -> Iterator[Problem]:
    failure = evidence.recording.hook_failure
    if failure is None and evidence.recording.ended and not evidence.recording.hooked:
        failure = "Odoo came to its end, and the recorder was never called."
    if failure is not None:
        yield Problem.of(
            Kind.RECORDER_FAILED,
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
    logs = [log for log in evidence.recording.logs if log.logger.startswith("odoo.tests.")]
    if refused := {log.message: None for log in logs if log.message.startswith("Invalid tag ")}:
        yield Problem.of(
            Kind.ODOO_USAGE,
            f"Odoo {evidence.recording.odoo_version} does not know each of the test-tags, and ran the others only. "
            "Parameters in [] need a late 17.0; a file's path takes letters, digits and _ only up to 18.0.",
            *refused,
        )


def record_forged(evidence: Evidence) -> Iterator[Problem]:
    if evidence.recording.wrong:
        yield Problem.of(
            Kind.RECORD_FORGED,
            f"The record of the tests is not as it was written ({evidence.recording.wrong}), so nothing in it can be "
            "believed. Look for what the module or its tests write below /tmp, and for a disk that is full.",
        )


def log_blinded(evidence: Evidence) -> Iterator[Problem]:
    if evidence.recording.blind:
        yield Problem.of(
            Kind.LOG_BLINDED,
            f"Errors that were logged could not be seen: {evidence.recording.blind}. Let the module and its tests leave "
            "Python's logging as Odoo has set it up (odoo.tools.mute_logger hides what a test expects), and let odoo-args "
            "keep errors in it.",
        )


def odoo_failed(evidence: Evidence) -> Iterator[Problem]:
    code = evidence.execution.exit_code or evidence.recording.end_code or 0
    if code and not (code == FAILED_TESTS and evidence.outcomes and _someone_failed(evidence)):
        yield Problem.of(
            Kind.ODOO_FAILED,
            f"Odoo ended with exit code {code}, and nothing that was recorded explains it. Its last lines are below; "
            "the log holds everything.",
            *evidence.last_lines(),
        )


def _someone_failed(evidence: Evidence) -> bool:
    """Tests of other modules run only where tags ask for them, and then may fail without touching this verdict."""
    every = (*evidence.recording.outcomes, *evidence.recording.class_outcomes)
    return any(outcome.status in ("failed", "error") for outcome in every)


# Exit codes: 128 and the number of the signal. Odoo itself ends with 130 on INT and TERM alike.
KILLED = 128 + signal.SIGKILL
ENDED_FROM_OUTSIDE = {128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)} | {KILLED}


def cut_off(evidence: Evidence) -> Iterator[Problem]:
    """At most one of these: what the engine says explains more than the clock, the clock more than a missing end."""
    execution = evidence.execution
    if execution.container_died:
        yield _container_died(evidence, execution.container_died)
    elif execution.timed_out:
        yield _time_limit(evidence)
    elif execution.out_of_memory and execution.exit_code == KILLED:
        yield _out_of_memory(evidence)
    elif not evidence.recording.ended:
        yield _killed(evidence) if execution.exit_code in ENDED_FROM_OUTSIDE else _left_early(evidence)


def _container_died(evidence: Evidence, died: str) -> Problem:
    return _cut_off_problem(
        Kind.CONTAINER_DIED,
        f"A container went away in the middle of the run ({died}){_where(evidence)}. Out of memory: raise mem_limit in "
        "the compose file, or make the test need less. The last lines are below.",
        *evidence.last_lines(),
        evidence=evidence,
    )


def _time_limit(evidence: Evidence) -> Problem:
    limit = f"{evidence.settings.test_timeout:g}"
    if evidence.recording.ended:
        seen = "Odoo had finished, and a thread or child process that it left behind kept its process alive."
    else:
        seen = f"It was still at work{_where(evidence)}."
    return _cut_off_problem(
        Kind.TIME_LIMIT,
        f"The time limit of {limit} s passed. {seen} Look for a loop, a lock or a wait without an end there, or raise "
        "test-timeout.",
        *evidence.last_lines(),
        evidence=evidence,
    )


def _out_of_memory(evidence: Evidence) -> Problem:
    return _cut_off_problem(
        Kind.OUT_OF_MEMORY,
        f"Memory ran out{_where(evidence)}: the kernel killed Odoo's process, for its container had no more, so what it did "
        "not run proves nothing. Make the test need less, or raise mem_limit of the odoo service in the compose file.",
        *evidence.last_lines(),
        evidence=evidence,
    )


def _killed(evidence: Evidence) -> Problem:
    """Who sent the signal is not known: it may have been the module's own code."""
    code = evidence.execution.exit_code
    if code == KILLED:
        by = "killed by SIGKILL, as the kernel does it when memory runs out (mem_limit)"
    else:
        by = "interrupted by SIGINT or SIGTERM" if code != 128 + signal.SIGHUP else "ended by SIGHUP"
    return _cut_off_problem(
        Kind.KILLED,
        f"Odoo's process was {by} (exit code {code}){_where(evidence)}, so what it did not run proves nothing. Run it "
        "again; if it ends there again, look for what the test does to its own process. The last lines are below.",
        *evidence.last_lines(),
        evidence=evidence,
    )


def _left_early(evidence: Evidence) -> Problem:
    code = evidence.execution.exit_code
    signalled = f", signal {code - 128}" if 128 < code < 160 else ""
    raised = evidence.recording.raised
    return _cut_off_problem(
        Kind.LEFT_EARLY,
        f"The process left early (exit code {code}{signalled}){_where(evidence)}: it never came to Odoo's own end, "
        "so what it did not run proves nothing. Look for os._exit, sys.exit or a crash of native code there.",
        *(last(raised) if raised else evidence.last_lines()),
        evidence=evidence,
    )


def _where(evidence: Evidence) -> str:
    recording = evidence.recording
    if recording.running:
        return f" during {recording.running.name}"
    if recording.loading and not recording.suites:
        return f" while {recording.loading[-1]} was being loaded"
    return " outside of any test"


def _cut_off_problem(kind: Kind, message: str, *details: str, evidence: Evidence) -> Problem:
    file, line = _place(evidence)
    return Problem.of(kind, message, *details, file=file, line=line if file else None)


def _place(evidence: Evidence) -> tuple[str | None, int | None]:
    """The test that was running, else the line of the module that was left by an exception."""
    running, raised = evidence.recording.running, evidence.recording.raised
    if running:
        return evidence.in_checkout(running.file), running.line
    file, line = place([raised or ""], evidence.module.name) or (None, None)
    return evidence.in_checkout(file), line


def another_copy(evidence: Evidence) -> Iterator[Problem]:
    """Odoo takes the first of a name on its addons path, and its own folder always comes first."""
    elsewhere = dict(evidence.recording.elsewhere)
    found = [module for module in evidence.copied if module.name in elsewhere]
    if found:
        names = ", ".join(module.name for module in found)
        yield Problem.of(
            Kind.ANOTHER_COPY,
            f"Odoo did not take {names} from this checkout, but from the image, so nothing is proven of the code "
            "here. Odoo's own modules come first on its addons path, then those that the image lists before the folder "
            "of the checkout: give the module a name of its own, or take the other one out of the image.",
            *(
                f"{module.name}: taken from {elsewhere[module.name] or 'an unknown place'}, and not from "
                f"{relative(module.folder, evidence.settings.root)}"
                for module in found
            ),
        )
