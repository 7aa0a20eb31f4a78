"""Whether the tests that exist are those that ran (I5).

What Odoo itself looked at, found and selected decides; the text of the files is asked only about what was never imported.

Test methods that are defined and did not run, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.checkout.testfiles import TestFile
from hub_runner.errors import Kind
from hub_runner.result import Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.entries import Found, Loose, TestId
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.outcomes import same_class


def no_tests(evidence: Evidence) -> Iterator[Problem]:
    if evidence.outcomes:
        return
    name, found, forgotten = evidence.module.name, evidence.recording.found, _forgotten(evidence)
    tests = f"{evidence.in_checkout('tests')}/"
    if forgotten:
        why = f"{tests}__init__.py imports none of its test files. Import each of those named below there."
    elif found and not any(test.selected for test in found):
        asked = evidence.settings.test_tags
        tags = f"test-tags {asked!r} selects" if asked else "Odoo's standard tags select"
        why = f"{tags} none of its {counted(len(found), 'test')}. Name the tag that their @tagged gives them in --test-tags."
    elif missing(evidence):
        why = "What looks like its tests are none for Odoo: the reasons are below."
    else:
        why = f"there are none in {tests}. Write {tests}test_something.py and import it in {tests}__init__.py."
    details = [_described(file) for file in forgotten] or [test.name for test in found] or missing(evidence)
    yield Problem.of(Kind.NO_TESTS, f"No test of {name} ran, so nothing is proven: {why}", *listed(details))


def all_skipped(evidence: Evidence) -> Iterator[Problem]:
    outcomes = evidence.outcomes
    if evidence.only_skips:
        yield Problem.of(
            Kind.ALL_SKIPPED,
            f"All tests of {evidence.module.name} ({len(outcomes)}) were skipped, so nothing is proven. Let at least one "
            "of them run; their reasons are below.",
            *listed([f"{outcome.name}: {outcome.reason or 'no reason given'}" for outcome in outcomes]),
            file=outcomes[0].file,
            line=outcomes[0].line,
        )


def forgotten_files(evidence: Evidence) -> Iterator[Problem]:
    files = _forgotten(evidence)
    if files and evidence.claims_completeness:
        yield Problem.of(
            Kind.FORGOTTEN_FILES,
            f"{counted(len(files), 'test file')} of {evidence.module.name} never imported, so no test in there can "
            f"run. Import each in {evidence.in_checkout('tests/__init__.py')} (Odoo takes tests only from modules named "
            "test_*), or delete it.",
            *listed([_described(file) for file in files]),
            file=evidence.in_checkout(files[0].path),
            line=files[0].tests[0].line if files[0].tests else None,
        )


def not_run(evidence: Evidence) -> Iterator[Problem]:
    tests = missing(evidence)
    if tests:
        yield Problem.of(
            Kind.NOT_RUN,
            f"{counted(len(tests), 'test method')} of {evidence.module.name} did not run, and no tag deselected them: each "
            "is named below with the reason: change what keeps it from running, or delete it.",
            *listed(tests),
        )


def _forgotten(evidence: Evidence) -> list[TestFile]:
    known = evidence.recording.imported | evidence.recording.looked_at
    return [file for file in evidence.test_files if file.holds_tests and file.path not in known]


def _described(file: TestFile) -> str:
    names = ", ".join(test.name for test in file.tests[:3]) + (" ..." if len(file.tests) > 3 else "")
    return f"{file.path}: {file.unreadable or counted(len(file.tests), 'test') + f' ({names})'}"


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
