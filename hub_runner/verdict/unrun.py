"""The tests that are written and did not run, each with the reason: `verify` expects an outcome of every other one."""

from __future__ import annotations

from hub_runner.checkout.testfiles import Defined, TestFile
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.forgotten_tests import NEVER_ASKED, never_asked_for
from hub_runner.verdict.recorded import Found

DESELECTED = "deselected by tags"
NO_TEST = "Odoo did not take it for a test"
LEFT_OUT = "not among the tests that the command asked for"
GIVEN_UP = "not begun: enough tests had failed (-x, --max-fail)"


def unrun(evidence: Evidence) -> dict[str, str]:
    """By ``FILE:CLASS.METHOD``, with the file below the module's folder.

    Whether the reason is a good one is not decided here: if it is none, the run has a problem that says so.
    """
    return {
        f"{file.path}:{test.name}": _why(test, file, evidence)
        for file in evidence.test_files
        for test in file.tests
        if not _ran(test, file, evidence)
    }


def _ran(test: Defined, file: TestFile, evidence: Evidence) -> bool:
    """Whether an outcome speaks of it. Odoo cannot tell the file of every test.

    The file of an outcome is where the code stands: a decorator without functools.wraps may stand in another one.
    """
    ended = [
        item.test.file
        for item in _found(test, file, evidence)
        if item.test in evidence.record.outcomes
        or any(item.test.is_in_class_of(holder) for holder, _ in evidence.record.class_outcomes)
    ]
    files = {evidence.in_checkout(path) for path in (file.path, *ended)} | {None}
    return any(
        (outcome.cls, outcome.method) == (test.cls, test.method) and outcome.file in files for outcome in evidence.outcomes
    )


def _found(test: Defined, file: TestFile, evidence: Evidence) -> list[Found]:
    """What Odoo has found of it."""
    return [
        item
        for item in evidence.record.found
        if (item.test.cls, item.test.method) == (test.cls, test.method) and file.path in (item.test.home, item.test.file)
    ]


def _why(test: Defined, file: TestFile, evidence: Evidence) -> str:
    if test.name in {shadowed.name for shadowed in file.shadowed}:
        return "defined twice"
    found = _found(test, file, evidence)
    if any(item in never_asked_for(evidence) for item in found):
        return NEVER_ASKED
    if found and not any(item.selected for item in found):
        return LEFT_OUT if evidence.chosen_by_tags or any(item.left_out for item in found) else DESELECTED
    if any(item.test in evidence.not_begun for item in found):
        return GIVEN_UP
    if found:
        return "selected, and it has no outcome: its class failed or was skipped, or the run ended before"
    if file.path not in evidence.record.imported | evidence.record.looked_at:
        return "its file was not imported"
    return NO_TEST
