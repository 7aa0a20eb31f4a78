"""Test methods that are defined and did not run, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.recorded import Found, Loose, TestId
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.outcomes import same_class

POSITIONS = {"at_install", "post_install"}


def missing(evidence: Evidence) -> list[str]:
    """One line for each; deselected ones are none of them."""
    unfindable = [*_loose(evidence), *_nowhere(evidence), *_shadowed(evidence)] if evidence.claims_completeness else []
    return [*unfindable, *_dropped(evidence), *_replaced(evidence), *_never_started(evidence)]


def vanished(evidence: Evidence) -> list[str]:
    """What stands in the text of an imported file and was not there once it was imported."""
    present, imported = evidence.recording.present, evidence.recording.imported
    return [
        f"{test.name} ({file.path}:{test.line})"
        for file in evidence.test_files
        for test in (file.tests if file.path in imported else ())
        if not test.nested
        and f"{file.path}:{test.name}" not in present
        and test.name not in {shadowed.name for shadowed in file.shadowed}
    ]


def is_nowhere(test: Found) -> bool:
    """A standard test that Odoo runs neither after its module's install nor after all of them; or no test at all."""
    return test.tags is None or ("standard" in test.tags and not POSITIONS & set(test.tags))


def _loose(evidence: Evidence) -> Iterator[str]:
    for test in evidence.recording.loose:
        yield f"{_at(test)}: {_why(test, evidence)}"


def _why(test: Loose, evidence: Evidence) -> str:
    if test.kind == "function":
        return "a function, and Odoo runs methods of test cases only. Another name, if it is no test"
    if test.kind == "class":
        return f"{test.cls} is no test case. Derive it from odoo.tests.TransactionCase, or let a test case call it"
    if test.file in evidence.recording.looked_at:
        return "inherited, and Odoo runs only what stands in a class's own body (or allow_inherited_tests_method)"
    return "Odoo takes tests only from modules named test_* that tests/__init__.py imports"


def _nowhere(evidence: Evidence) -> Iterator[str]:
    for test in evidence.recording.found:
        if test.tags is None:
            yield f"{_at(test)}: no test case of Odoo's. Derive it from odoo.tests.BaseCase or TransactionCase"
        elif is_nowhere(test):
            yield f"{_at(test)}: its tags hold neither at_install nor post_install"


def _shadowed(evidence: Evidence) -> Iterator[str]:
    for file in evidence.test_files:
        for test in file.shadowed if file.path in evidence.recording.imported else ():
            yield f"{test.name} ({file.path}:{test.line}): the same name is defined again further down"


def _dropped(evidence: Evidence) -> Iterator[str]:
    """Such a test passes, whatever stands in it: its body never runs."""
    for test in evidence.recording.found:
        if test.selected and test.dropped and _mine(test, evidence):
            yield f"{_at(test)}: its call makes a {test.dropped} that Odoo drops, so its body never runs: make it plain"


def _replaced(evidence: Evidence) -> Iterator[str]:
    for test in evidence.recording.replaced:
        if _mine(test, evidence):
            yield f"{_at(test)}: put in the place of the test that was collected, which never ran"


def _never_started(evidence: Evidence) -> Iterator[str]:
    """Selected, but Odoo stopped before; a class whose setUpClass failed or skipped explains itself."""
    recording = evidence.recording
    ran = {outcome.key for outcome in recording.outcomes}
    broken = recording.class_outcomes
    for test in recording.found:
        if not test.selected or not _mine(test, evidence) or test.key in ran:
            continue
        if not any(same_class(test, outcome) for outcome in broken):
            yield f"{_at(test)}: selected, and never started"


def _mine(test: TestId, evidence: Evidence) -> bool:
    return test.module == evidence.module.name


def _at(test: TestId) -> str:
    return f"{test.name} ({test.file}:{test.line})"
