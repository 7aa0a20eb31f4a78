"""The one verdict of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hub_runner.modules import Module
from hub_runner.odoo import Execution
from hub_runner.recording import Recording
from hub_runner.result import Problem, Verdict
from hub_runner.settings import Settings
from hub_runner.testfiles import TestFile
from hub_runner.verdict import completeness, cutoff, failures, install, notes, places, process
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.outcomes import outcomes

Check = Callable[[Evidence], Iterable[Problem]]

# What went wrong first hides or explains what comes after it: an install that failed is why no test ran.
STAGES: tuple[tuple[Check, ...], ...] = (
    (process.record_forged, process.recorder_failed),
    (process.not_started, process.refused_tags, places.another_copy),
    (
        cutoff.cut_off,
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
    recording = Recording.parse(execution.recording, execution.secret)
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
        notes=tuple(notes.notes(evidence)),
        odoo_version=recording.odoo_version,
    )


def _problems(evidence: Evidence) -> list[Problem]:
    problems: list[Problem] = []
    for stage in STAGES:
        if all(problem.kind in ALWAYS_COMPLETE for problem in problems):
            problems += [problem for check in stage for problem in check(evidence)]
    return problems
