"""A process that did not come to Odoo's own end: its container died, time or memory ran out, or it left early."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from hub_runner.exit_codes import Kind, signal_exit_code
from hub_runner.result import Problem
from hub_runner.text import counted, last
from hub_runner.verdict import stacks
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.install_cause import place

# Exit codes: 128 and the number of the signal. Odoo itself ends with 130 on INT and TERM alike.
KILLED = signal_exit_code(signal.SIGKILL)
SIGNAL_HANDLER = "in signal_handler\n"  # the function of Odoo's server in a traceback
ENDED_FROM_OUTSIDE = {KILLED, *map(signal_exit_code, (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))}


def cut_off(evidence: Evidence) -> Iterator[Problem]:
    """Why the process did not come to its own end; at most one problem.

    What the engine says explains more than the clock, and the clock explains more than a missing end.
    """
    execution = evidence.execution
    if execution.container_died:
        yield _container_died(evidence, execution.container_died)
    elif evidence.record.stopped and evidence.record.stopped["reason"] == "single-test-timeout":
        yield _single_test_limit(evidence)
    elif evidence.timed_out:
        yield _time_limit(evidence)
    elif execution.out_of_memory and execution.exit_code == KILLED:
        yield _out_of_memory(evidence)
    elif not evidence.record.ended:
        yield _killed(evidence) if _has_ended_from_outside(evidence) else _left_early(evidence)


def _has_ended_from_outside(evidence: Evidence) -> bool:
    """Whether it was a signal: Odoo answers some with an exception, which code of the module may raise without any."""
    raised = evidence.record.raised
    return evidence.execution.exit_code in ENDED_FROM_OUTSIDE and (raised is None or SIGNAL_HANDLER in raised)


def _container_died(evidence: Evidence, died: str) -> Problem:
    return _cut_off_problem(
        Kind.CONTAINER_DIED,
        f"A container went away in the middle of the run{_where(evidence)}. {died}."
        + (" Raise mem_limit in the compose file, or make the test need less." if "out of memory" in died else ""),
        *evidence.last_lines(),
        evidence=evidence,
    )


def interrupted(evidence: Evidence) -> Problem:
    """The only problem of a run that a signal broke off: what had ended by then is shown, and nothing is proven."""
    number, outcomes = evidence.execution.interrupted, evidence.outcomes
    ended = (
        f"{counted(len(outcomes), 'test')} had ended, {len(evidence.failures)} of them failed"
        if outcomes
        else "no test had ended"
    )
    file, line = _place(evidence)
    return Problem(
        kind=Kind.INTERRUPTED,
        message=f"Interrupted by {signal.Signals(number).name}{_where(evidence)}; {ended}. Nothing is proven.",
        return_code=signal_exit_code(number),
        details=stacks.described(evidence),
        file=file,
        line=line if file else None,
    )


def _single_test_limit(evidence: Evidence) -> Problem:
    assert evidence.record.stopped
    return _cut_off_problem(
        Kind.TIME_LIMIT,
        f"The time limit of {evidence.record.stopped['seconds']:g} s for one test passed{_where(evidence)}. Where it was is "
        "below: look for a loop, a lock or a wait without an end there, or raise single-test-timeout.",
        *stacks.described(evidence),
        evidence=evidence,
    )


def _time_limit(evidence: Evidence) -> Problem:
    limit = f"{evidence.settings.test_timeout:g}"
    if evidence.record.ended:
        seen = "Odoo had finished, and a thread or child process that it left behind kept its process alive."
    else:
        seen = f"It was still at work{_where(evidence)}."
    return _cut_off_problem(
        Kind.TIME_LIMIT,
        f"The time limit of {limit} s passed. {seen} Look for a loop, a lock or a wait without an end there, or raise "
        "test-timeout.",
        *(stacks.described(evidence) or evidence.last_lines()),
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
        by = "interrupted by SIGINT or SIGTERM" if code != signal_exit_code(signal.SIGHUP) else "ended by SIGHUP"
    return _cut_off_problem(
        Kind.KILLED,
        f"Odoo's process was {by} (exit code {code}){_where(evidence)}, so what it did not run proves nothing. Run it "
        "again; if it ends there again, look for what the test does to its own process. The last lines are below.",
        *evidence.last_lines(),
        evidence=evidence,
    )


def _left_early(evidence: Evidence) -> Problem:
    code = evidence.execution.exit_code
    raised = evidence.record.raised
    signalled = f", signal {code - 128}" if 128 < code < 160 and raised is None else ""
    return _cut_off_problem(
        Kind.LEFT_EARLY,
        f"The process left early (exit code {code}{signalled}){_where(evidence)}: it never came to Odoo's own end, "
        "so what it did not run proves nothing. Look for os._exit, sys.exit, a KeyboardInterrupt or a crash of native code "
        "there.",
        *(last(raised) if raised else evidence.last_lines()),
        evidence=evidence,
    )


def _where(evidence: Evidence) -> str:
    record = evidence.record
    if record.running:
        return f" during {record.running.name}"
    if record.loading and not record.suites:
        return f" while {record.loading[-1]} was being loaded"
    return " outside of any test"


def _cut_off_problem(kind: Kind, message: str, *details: str, evidence: Evidence) -> Problem:
    file, line = _place(evidence)
    return Problem.of(kind, message, *details, file=file, line=line if file else None)


def _place(evidence: Evidence) -> tuple[str | None, int | None]:
    """The module's line at which it was stopped, the test that was running, or the line that an exception left."""
    if found := stacks.place(evidence):
        return found
    running, raised = evidence.record.running, evidence.record.raised
    if running:
        return evidence.in_checkout(running.file), running.line
    file, line = place([raised or ""], evidence.module.name) or (None, None)
    return evidence.in_checkout(file), line
