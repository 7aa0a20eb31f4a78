"""The one verdict of a run: each check is asked in its step, and green is a run in which none found anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from hub_runner.checkout.lint.module_text import Finding as Noticed
from hub_runner.checkout.migrations import Change
from hub_runner.exit_codes import Kind
from hub_runner.odoo.command import Execution, Stage
from hub_runner.plan import Plan
from hub_runner.result import Problem, Verdict
from hub_runner.text import listed
from hub_runner.verdict import (
    failed_tests,
    forgotten_tests,
    install,
    logged_messages,
    no_tests,
    process,
    process_ending,
    uninstall,
    upgrade,
)
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.notes import notes
from hub_runner.verdict.outcomes import outcomes, set_ups
from hub_runner.verdict.record import Record
from hub_runner.verdict.second_opinion import doubt
from hub_runner.verdict.strictness import Finding, Lenient
from hub_runner.verdict.undeclared import undeclared
from hub_runner.verdict.unrun import unrun

Check = Callable[[Evidence], Iterable[Problem | Lenient]]

# What went wrong first hides or explains what comes after it: an install that failed is why no test ran.
USUAL: tuple[tuple[Check, ...], ...] = (
    (process.record_forged, process.recorder_failed),
    (process.not_started, process.refused_tags, process.another_copy),
    (
        process_ending.cut_off,
        install.ignored,
        install.failed,
        install.errors,
        failed_tests.failed_tests,
        undeclared,
        logged_messages.logged_errors,
        logged_messages.logged_warnings,
        process.log_blinded,
        upgrade.migrations_not_run,
    ),
    (process.odoo_failed,),
    (no_tests.no_tests,),
    (
        forgotten_tests.unlisted_files,
        no_tests.all_skipped,
        forgotten_tests.forgotten_files,
        forgotten_tests.not_run,
    ),
)
WITHOUT_TESTS: tuple[tuple[Check, ...], ...] = (
    (process.record_forged, process.recorder_failed),
    (process.not_started, process.another_copy),
    (process_ending.cut_off, install.ignored, install.failed, install.errors),
    (process.odoo_failed,),
)
UNINSTALL: tuple[tuple[Check, ...], ...] = (
    (process.record_forged, process.recorder_failed),
    (process.not_started,),
    (process_ending.cut_off, install.failed, install.errors),
    (process.odoo_failed, uninstall.still_there),
    (uninstall.leftovers,),
)
CHECKS = {Stage.TESTS: USUAL, Stage.UPGRADE: USUAL, Stage.INSTALL: WITHOUT_TESTS, Stage.UNINSTALL: UNINSTALL}
# Odoo came to its end in spite of these, and they explain nothing else that is wrong: later checks are still worth asking.
HIDES_NOTHING = frozenset(
    {
        Kind.TESTS_FAILED,
        Kind.UNDECLARED,
        Kind.TEST_LOGGED_ERROR,
        Kind.WARNINGS,
        Kind.LOG_BLINDED,
        Kind.MIGRATIONS_NOT_RUN,
        Kind.UNLISTED_FILES,
        Kind.ALL_SKIPPED,
        Kind.FORGOTTEN_FILES,
        Kind.NOT_RUN,
    }
)


def judge(
    plan: Plan,
    execution: Execution,
    *,
    stage: Stage = Stage.TESTS,
    changes: tuple[Change, ...] = (),
    tables: frozenset[str] = frozenset(),
) -> Verdict:
    """What a process of Odoo proved of the plan's module. Green only if each check found nothing.

    ``stage`` says what the process did; ``changes`` is what was upgraded, ``tables`` what the database held before there was
    anything to uninstall.
    """
    record = _record(execution)
    evidence = Evidence(
        module=plan.module,
        execution=execution,
        settings=plan.settings,
        record=record,
        outcomes=outcomes(plan.module, record, plan.settings),
        test_files=plan.test_files,
        copied=plan.closure.local,
        along=plan.along,
        choice=plan.choice,
        stage=stage,
        changes=changes,
        tables=tables,
        noticed=tuple(_finding(noticed, plan.settings.root) for noticed in plan.noticed),
    )
    problems, lenient = _checked(evidence)
    return Verdict(
        problems=(process_ending.interrupted(evidence),) if execution.interrupted else tuple(problems),
        outcomes=evidence.outcomes,
        notes=tuple(_notes(evidence, problems, lenient)),
        waived=tuple(finding.text for finding in lenient if finding.waived),
        unrun=unrun(evidence),
        odoo_version=record.odoo_version,
        part=evidence.part,
        left_out=evidence.left_out,
        durations=plan.choice.durations,
        set_ups=set_ups(plan.module, record, plan.settings),
        doubt="" if execution.interrupted else doubt(evidence, problems),
    )


def _record(execution: Execution) -> Record:
    record = Record.parse(execution.record, execution.secret)
    return replace(record, wrong="it is too long to be read") if execution.oversized else record


def _finding(noticed: Noticed, root: Path) -> Finding:
    return Finding(text=noticed.shown(root), file=noticed.path(root), line=noticed.line)


def _notes(evidence: Evidence, problems: list[Problem], lenient: list[Lenient]) -> Iterator[str]:
    if evidence.stage.runs_tests:
        yield from notes(evidence)
    yield from listed([finding.text for finding in lenient if finding.noted])
    if evidence.stage.runs_tests and not _may_go_on(problems):  # what the files alone show may well be the reason
        yield from listed([finding.text for finding in evidence.noticed])


def _checked(evidence: Evidence) -> tuple[list[Problem], list[Lenient]]:
    """What is held against the run, and what the repository's settings let pass."""
    problems: list[Problem] = []
    lenient: list[Lenient] = []
    for step in CHECKS[evidence.stage]:
        if _may_go_on(problems):
            found = [finding for check in step for finding in check(evidence)]
            problems += [finding for finding in found if isinstance(finding, Problem)]
            lenient += [finding for finding in found if isinstance(finding, Lenient)]
    return problems, lenient


def _may_go_on(problems: list[Problem]) -> bool:
    """Whether what was found so far leaves the checks of the next step something to find."""
    return all(problem.kind in HIDES_NOTHING for problem in problems)
