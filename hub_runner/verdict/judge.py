"""The one verdict of a run.

What is said about a run without being held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from hub_runner.checkout.modules import Module
from hub_runner.checkout.testfiles import TestFile
from hub_runner.odoo.command import Execution
from hub_runner.result import Problem, Status, Verdict
from hub_runner.settings import Settings
from hub_runner.text import counted, listed
from hub_runner.verdict import completeness, failures, install, process
from hub_runner.verdict.completeness import is_nowhere, vanished
from hub_runner.verdict.evidence import Evidence, described
from hub_runner.verdict.failures import unexpected_errors
from hub_runner.verdict.outcomes import outcomes
from hub_runner.verdict.record import Recording

Check = Callable[[Evidence], Iterable[Problem]]

# What went wrong first hides or explains what comes after it: an install that failed is why no test ran.
STAGES: tuple[tuple[Check, ...], ...] = (
    (process.record_forged, process.recorder_failed),
    (process.not_started, process.refused_tags, process.another_copy),
    (
        process.cut_off,
        install.ignored,
        install.failed,
        install.errors,
        failures.failed_tests,
        failures.logged_errors,
        process.log_blinded,
    ),
    (process.odoo_failed,),
    (completeness.no_tests,),
    (completeness.all_skipped, completeness.forgotten_files, completeness.not_run),
)
# Completeness is asked of a run that came to its end, be its tests green or red.
ALWAYS_COMPLETE = ("tests_failed", "test_logged_error", "log_blinded")


def judge(
    module: Module,
    execution: Execution,
    settings: Settings,
    test_files: tuple[TestFile, ...],
    copied: tuple[Module, ...],
) -> Verdict:
    """Green only if each check found nothing.

    ``test_files`` are those that were tested, ``copied`` all modules of the checkout that Odoo was given: the disk has
    moved on by now.
    """
    recording = Recording.parse(execution.record, execution.secret)
    if execution.oversized:
        recording = replace(recording, wrong="it is too long to be read")
    evidence = Evidence(
        module=module,
        execution=execution,
        settings=settings,
        recording=recording,
        outcomes=outcomes(module, recording, settings),
        test_files=test_files,
        copied=copied,
    )
    return Verdict(
        problems=tuple(_problems(evidence)),
        outcomes=evidence.outcomes,
        notes=tuple(notes(evidence)),
        odoo_version=recording.odoo_version,
    )


def _problems(evidence: Evidence) -> list[Problem]:
    problems: list[Problem] = []
    for stage in STAGES:
        if all(problem.kind in ALWAYS_COMPLETE for problem in problems):
            problems += [problem for check in stage for problem in check(evidence)]
    return problems


def notes(evidence: Evidence) -> Iterator[str]:
    yield from _skipped(evidence)
    yield from _deselected(evidence)
    if not evidence.claims_completeness:
        yield f"narrowed by test-tags {evidence.settings.test_tags!r}: forgotten tests were not looked for"
    elif evidence.was_installed and (gone := vanished(evidence)):
        yield (
            f"{counted(len(gone), 'test method')} written, and not there at run time (a condition, a decorator, a del): "
            + "; ".join(listed(gone, 5))
        )
    yield from _lenient_logs(evidence)
    if evidence.was_installed:
        yield from _warnings(evidence)
        yield from _of_dependencies(evidence)


def _skipped(evidence: Evidence) -> Iterator[str]:
    """By their reasons: a browser that is missing skips the same tests in each run, and nobody notices."""
    names: dict[str, list[str]] = {}
    for outcome in evidence.outcomes:
        if outcome.status is Status.SKIPPED:
            names.setdefault(" ".join(outcome.reason.split()) or "no reason given", []).append(outcome.name)
    for reason, tests in () if evidence.only_skips else names.items():  # that would be a problem of its own
        yield f"{counted(len(tests), 'test')} skipped ({reason[:200]}): {', '.join(listed(tests, 5))}"


def _deselected(evidence: Evidence) -> Iterator[str]:
    names = [test.name for test in evidence.recording.found if not test.selected and not is_nowhere(test)]
    if names and evidence.came_to_its_end:
        shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
        yield f"{counted(len(names), 'test')} deselected by tags: {shown}"


def _lenient_logs(evidence: Evidence) -> Iterator[str]:
    errors = unexpected_errors(evidence)
    if errors and not evidence.settings.strict_logs:
        number = counted(len(errors), "error")
        yield f"{number} logged by passing tests (strict-logs is off), the first: {described(errors[0])}"


def _warnings(evidence: Evidence) -> Iterator[str]:
    """Only the module's own: Odoo and its dependencies warn of many things that nobody here can change."""
    name = evidence.module.name
    for log in evidence.recording.logs:
        if log.level == "WARNING" and log.loading == name and not log.test:
            yield f"warning while {name} was installed: {' '.join(log.message.split())[:200]}"


def _of_dependencies(evidence: Evidence) -> Iterator[str]:
    for log in evidence.recording.logs:
        if log.is_error and log.loading not in (evidence.module.name, None):
            yield f"logged while {log.loading} was installed: {described(log)}"
