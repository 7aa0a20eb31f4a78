"""Whether the tests that exist are those that ran (incident I5: "0 failed", and no test had run).

What Odoo itself looked at, found and selected decides. The text of the files is asked only about what was never imported.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.checkout.testfiles import TestFile
from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.record import BAD
from hub_runner.verdict.recorded import Found, Loose, TestId
from hub_runner.verdict.strictness import Finding, Lenient, held_against, ruled

MAX_FAILED = "ODOO_TEST_MAX_FAILED_TESTS"  # known to Odoo from late builds of 17.0 on
POSITIONS = {"at_install", "post_install"}
NEVER_ASKED = (
    "Odoo loaded its registry anew, as it does when a hook or a migration uninstalls a module, and asked for no "
    "post_install tests any more"
)


def forgotten_files(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Test files that nothing imports (the setting forgotten-tests)."""
    files = never_imported(evidence) if evidence.claims_completeness else []
    findings = [
        Finding(
            text=described(file),
            file=evidence.in_checkout(file.path),
            line=file.tests[0].line if file.tests else None,
        )
        for file in files
    ]
    held, lenient = ruled("forgotten_tests", findings, evidence.settings)
    yield from lenient
    if held:
        verb = "is" if len(held) == 1 else "are"
        yield held_against(
            Kind.FORGOTTEN_FILES,
            f"{counted(len(held), 'test file')} of {evidence.module.name} {verb} never imported, so no test in there can "
            f"run. Import each in {evidence.in_checkout('tests/__init__.py')} (Odoo takes tests only from modules named "
            "test_*), delete it, or name it in waive (forgotten-tests:FILE).",
            held,
        )


def unlisted_files(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """What the module's files alone show to be wrong, and Odoo passed over (the setting unlisted-files)."""
    held, lenient = ruled("unlisted_files", evidence.noticed, evidence.settings)
    yield from lenient
    if held:
        yield held_against(
            Kind.UNLISTED_FILES,
            f"{counted(len(held), 'mistake')} in the files of {evidence.module.name}, which Odoo passed over: each is named "
            "below. Correct it, or name it in waive (unlisted-files:FILE).",
            held,
        )


def not_run(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Test methods that are written and did not run (the setting unrun-tests)."""
    held, lenient = ruled("unrun_tests", [Finding(text=text) for text in missing(evidence)], evidence.settings)
    yield from lenient
    if held:
        yield held_against(
            Kind.NOT_RUN,
            f"{counted(len(held), 'test method')} of {evidence.module.name} did not run, and no tag deselected them: each "
            "is named below with the reason. Change what keeps it from running, delete it, or name it in waive "
            "(unrun-tests:TEST).",
            held,
        )


def never_imported(evidence: Evidence) -> list[TestFile]:
    known = evidence.record.imported | evidence.record.looked_at
    return [file for file in evidence.test_files if file.holds_tests and file.path not in known]


def described(file: TestFile) -> str:
    names = ", ".join(test.name for test in file.tests[:3]) + (" ..." if len(file.tests) > 3 else "")
    return f"{file.path}: {file.unreadable or counted(len(file.tests), 'test') + f' ({names})'}"


def missing(evidence: Evidence) -> list[str]:
    """A line for each test method that is defined and did not run, unless a tag deselected it."""
    unfindable = [*_loose(evidence), *_nowhere(evidence), *_shadowed(evidence)] if evidence.claims_completeness else []
    never_asked = [f"{_at(found.test)}: {NEVER_ASKED}" for found in never_asked_for(evidence)]
    return [*unfindable, *_dropped(evidence), *_replaced(evidence), *never_asked, *_never_started(evidence)]


def never_asked_for(evidence: Evidence) -> list[Found]:
    """Tests for after the installation of all modules, if Odoo collected none of these.

    Once a hook or a migration has uninstalled a module, Odoo loads its registry anew, and asks no module for them.
    """
    if "post_install" in evidence.record.suites or not evidence.claims_completeness or not evidence.came_to_its_end:
        return []
    found = (it for it in evidence.record.found if evidence.is_own(it.test) and not it.selected)
    return [it for it in found if {"standard", "post_install"} <= set(it.tags or ())]


def vanished(evidence: Evidence) -> list[str]:
    """Test methods that stand in the text of an imported file and were not there once it was imported."""
    present, imported = evidence.record.present, evidence.record.imported
    return [
        f"{test.name} ({file.path}:{test.line})"
        for file in evidence.test_files
        for test in (file.tests if file.path in imported else ())
        if not test.nested
        and f"{file.path}:{test.name}" not in present
        and test.name not in {shadowed.name for shadowed in file.shadowed}
    ]


def is_nowhere(found: Found) -> bool:
    """Whether Odoo never runs it: it has neither of the two positions among its tags, or is no test case of Odoo's."""
    return found.tags is None or ("standard" in found.tags and not POSITIONS & set(found.tags))


def _loose(evidence: Evidence) -> Iterator[str]:
    for loose in evidence.record.loose:
        yield f"{_at(loose.test)}: {_why(loose, evidence)}"


def _why(loose: Loose, evidence: Evidence) -> str:
    if loose.kind == "function":
        return "a function, and Odoo runs methods of test cases only. Another name, if it is no test"
    if loose.kind == "class":
        return f"{loose.test.cls} is no test case. Derive it from odoo.tests.TransactionCase, or let a test case call it"
    if loose.test.file in evidence.record.looked_at:
        return "inherited, and Odoo runs only what stands in a class's own body (or allow_inherited_tests_method)"
    if heirs := _heirs(loose.test.cls, evidence):
        names = ", ".join(listed(heirs, 3))
        return (
            f"inherited by {names}, and Odoo runs only what stands in a class's own body (or allow_inherited_tests_method)"
        )
    return "Odoo takes tests only from modules named test_* that tests/__init__.py imports"


def _heirs(name: str, evidence: Evidence) -> list[str]:
    """Classes in files of tests that derive from the class ``name``."""
    files = [file for file in evidence.test_files if file.path in evidence.record.looked_at]
    return sorted(heir for file in files for heir, bases in file.bases.items() if name in bases)


def _nowhere(evidence: Evidence) -> Iterator[str]:
    for found in evidence.record.found:
        if found.tags is None:
            yield f"{_at(found.test)}: no test case of Odoo's. Derive it from odoo.tests.BaseCase or TransactionCase"
        elif is_nowhere(found):
            yield f"{_at(found.test)}: its tags hold neither at_install nor post_install"


def _shadowed(evidence: Evidence) -> Iterator[str]:
    for file in evidence.test_files:
        for test in file.shadowed if file.path in evidence.record.imported else ():
            yield f"{test.name} ({file.path}:{test.line}): the same name is defined again further down"


def _dropped(evidence: Evidence) -> Iterator[str]:
    """Such a test passes, whatever stands in it: its body never runs."""
    for found in evidence.record.found:
        if found.selected and found.dropped and evidence.is_own(found.test):
            made = f"its call makes a {found.dropped} that Odoo drops, so its body never runs"
            yield f"{_at(found.test)}: {made}: make it a plain method"


def _replaced(evidence: Evidence) -> Iterator[str]:
    for test in evidence.record.replaced:
        if evidence.is_own(test):
            yield f"{_at(test)}: put in the place of the test that was collected, which never ran"


def _never_started(evidence: Evidence) -> Iterator[str]:
    """Selected, but Odoo stopped before. A class whose setUpClass failed or skipped explains itself."""
    record = evidence.record
    if record.gave_up and evidence.failures:  # as the command asked; the verdict is red
        return
    failed = any(outcome["status"] in BAD for outcome in record.outcomes.values())
    limited = failed and MAX_FAILED in evidence.execution.variables
    why = f": Odoo gives up after as many failures as {MAX_FAILED} in the odoo service's environment says" if limited else ""
    if record.gave_up:
        why = f": given up after {counted(record.gave_up, 'failed test')}, and the settings excuse what failed"
    for found in record.found:
        if not found.selected or not evidence.is_own(found.test) or found.test in record.outcomes:
            continue
        if not any(found.test.is_in_class_of(holder) for holder, _ in record.class_outcomes):
            yield f"{_at(found.test)}: selected, and never started{why}"


def _at(test: TestId) -> str:
    return f"{test.name} ({test.file}:{test.line})"
