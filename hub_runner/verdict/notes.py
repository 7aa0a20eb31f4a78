"""What is said about a run without being held against it."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.result import Status
from hub_runner.text import counted, listed, shorten
from hub_runner.verdict.completeness import is_nowhere, vanished
from hub_runner.verdict.evidence import Evidence, described

NAMES = 3  # of deselected tests: more are only counted


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
    names = [item.test.name for item in evidence.record.found if not item.selected and not is_nowhere(item)]
    if names and evidence.came_to_its_end:
        shown = f": {', '.join(names)}" if len(names) <= NAMES else ""
        yield f"{counted(len(names), 'test')} deselected by tags{shown}"


def _of_dependencies(evidence: Evidence) -> Iterator[str]:
    for log in evidence.record.logs:
        if log.is_error and log.loading not in (evidence.module.name, *evidence.along, None):
            yield f"logged while {log.loading} was installed: {described(log)}"
