"""A process that did not come to Odoo's own end: died with its container, ran out of time or memory, or left early."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import EnvironmentFailure
from hub_runner.result import Problem
from hub_runner.verdict.causes import place
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.words import last

INTERRUPTED = 130
KILLED = 137


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
        yield _left_early(evidence)


def _container_died(evidence: Evidence, died: str) -> Problem:
    return _problem(
        "container_died",
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
    return _problem(
        "time_limit",
        f"The time limit of {limit} s passed. {seen} Look for a loop, a lock or a wait without an end there, or raise "
        "test-timeout.",
        *evidence.last_lines(),
        evidence=evidence,
    )


def _out_of_memory(evidence: Evidence) -> Problem:
    return _problem(
        "out_of_memory",
        f"Memory ran out{_where(evidence)}: the kernel killed Odoo's process, for its container had no more, so what it did "
        "not run proves nothing. Make the test need less, or raise mem_limit of the odoo service in the compose file.",
        *evidence.last_lines(),
        evidence=evidence,
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
        evidence=evidence,
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


def _problem(kind: str, message: str, *details: str, evidence: Evidence) -> Problem:
    file, line = _place(evidence)
    code = EnvironmentFailure.return_code
    return Problem(kind=kind, message=message, return_code=code, details=details, file=file, line=line if file else None)


def _place(evidence: Evidence) -> tuple[str | None, int | None]:
    """The test that was running, else the line of the module that was left by an exception."""
    running, raised = evidence.recording.running, evidence.recording.raised
    if running:
        return evidence.in_checkout(running.file), running.line
    file, line = place([raised or ""], evidence.module.name) or (None, None)
    return evidence.in_checkout(file), line
