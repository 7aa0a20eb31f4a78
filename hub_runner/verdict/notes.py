"""What is said about a run without being held against it."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.result import Status
from hub_runner.text import counted, listed, shorten
from hub_runner.verdict.evidence import Evidence, described
from hub_runner.verdict.forgotten_tests import is_nowhere, never_asked_for, vanished

NAMES = 3  # of deselected tests: more are only counted


def notes(evidence: Evidence) -> Iterator[str]:
    """Of skipped, deselected and chosen tests, of what was written and not there, of errors of dependencies."""
    yield from _skipped(evidence)
    yield from _deselected(evidence)
    yield from _chosen(evidence)
    if not evidence.claims_completeness:
        yield f"a part of the module ({evidence.part}): forgotten tests were not looked for"
    elif evidence.was_installed and (gone := vanished(evidence)):
        yield (
            f"{counted(len(gone), 'test method')} written, and not there at run time (a condition, a decorator, a del): "
            + "; ".join(listed(gone, 5))
        )
    if evidence.was_installed:
        yield from _of_dependencies(evidence)


def _skipped(evidence: Evidence) -> Iterator[str]:
    """By their reasons: a missing browser skips the same tests in each run, and nobody would notice."""
    if evidence.only_skips:
        return  # that is a problem of its own
    names: dict[str, list[str]] = {}
    for outcome in evidence.outcomes:
        if outcome.status is Status.SKIPPED:
            names.setdefault(" ".join(outcome.reason.split()) or "no reason given", []).append(outcome.name)
    for reason, tests in names.items():
        yield f"{counted(len(tests), 'test')} skipped ({shorten(reason, 200)}): {', '.join(listed(tests, 5))}"


def _deselected(evidence: Evidence) -> Iterator[str]:
    told = never_asked_for(evidence)
    found = [item for item in evidence.record.found if not (item.selected or is_nowhere(item) or item in told)]
    if not evidence.came_to_its_end:
        return
    for why, items in (
        ("deselected by tags", [item for item in found if not item.left_out and not evidence.chosen_by_tags]),
        ("left out", [item for item in found if item.left_out or evidence.chosen_by_tags]),
    ):
        if items:
            shown = f": {', '.join(item.test.name for item in items)}" if len(items) <= NAMES else ""
            yield f"{counted(len(items), 'test')} {why}{shown}"


def _chosen(evidence: Evidence) -> Iterator[str]:
    """What became of wishes that leave no test out on purpose."""
    choice, known = evidence.choice, counted(len(evidence.choice.known_failures), "test")
    if choice.last_failed and not choice.known_failures:
        yield "--lf: no failure of an earlier run is known, so no test was left out because of it"
    elif choice.failed_first:
        yield f"--ff: {known} that failed last ran first" if choice.known_failures else "--ff: no failure is known"
    if evidence.record.gave_up:
        failed = counted(evidence.record.gave_up, "failed test")
        yield f"given up after {failed}, as asked for: {counted(len(evidence.not_begun), 'test')} did not run"
    if choice.rounds > 1 and evidence.outcomes:
        runs = {outcome.runs for outcome in evidence.outcomes}
        rounds = ("up to " if len(runs) > 1 else "") + counted(max(runs), "time")
        flaky = [outcome for outcome in evidence.outcomes if outcome.is_flaky]
        told = [f"{outcome.name} was green in {outcome.green} of {outcome.runs} runs" for outcome in flaky]
        both = "; ".join(listed(told, 5)) or "none was both green and red"
        yield f"each test ran {rounds}: {both}"


def _of_dependencies(evidence: Evidence) -> Iterator[str]:
    for log in evidence.record.logs:
        if log.is_error and log.loading not in (evidence.module.name, *evidence.along, None):
            yield f"logged while {log.loading} was installed: {described(log)}"
