"""Test methods that are defined and did not run, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.recorded import Found, TestId
from hub_runner.verdict.evidence import Evidence

POSITIONS = {"at_install", "post_install"}


def missing(evidence: Evidence) -> list[str]:
    """One line for each; deselected ones are none of them."""
    unfindable = [*_loose(evidence), *_nowhere(evidence), *_shadowed(evidence)] if evidence.claims_completeness else []
    return [*unfindable, *_never_started(evidence)]


def is_nowhere(test: Found) -> bool:
    """A standard test that Odoo runs neither after its module's install nor after all of them; or no test at all."""
    return test.tags is None or ("standard" in test.tags and not POSITIONS & set(test.tags))


def _loose(evidence: Evidence) -> Iterator[str]:
    for test in evidence.recording.loose:
        if test.file in evidence.recording.looked_at:
            why = "inherited, and Odoo runs only what stands in a class's own body (or allow_inherited_tests_method)"
        else:
            why = "Odoo takes tests only from modules named test_* that tests/__init__.py imports"
        yield f"{_at(test)}: {why}"


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


def _never_started(evidence: Evidence) -> Iterator[str]:
    """Selected, but Odoo stopped before; a class whose setUpClass failed or skipped explains itself."""
    recording = evidence.recording
    ran = {outcome.key for outcome in recording.outcomes}
    broken = {(outcome.module, outcome.cls) for outcome in recording.class_outcomes}
    for test in recording.found:
        if test.selected and _mine(test, evidence) and test.key not in ran and (test.module, test.cls) not in broken:
            yield f"{_at(test)}: selected, and never started"


def _mine(test: Found, evidence: Evidence) -> bool:
    return test.module == evidence.module.name


def _at(test: TestId) -> str:
    return f"{test.name} ({test.file}:{test.line})"
