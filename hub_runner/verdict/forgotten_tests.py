"""Whether the tests that exist are those that ran (incident I5: "0 failed", and no test had run).

What Odoo itself looked at, found and selected decides. The text of the files is asked only about what was never imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub_runner.checkout.testfiles import TestFile
from hub_runner.errors import Kind
from hub_runner.result import Problem
from hub_runner.text import closest, counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.record import BAD
from hub_runner.verdict.recorded import Found, Loose, TestId
from hub_runner.verdict.strictness import Finding, Lenient, held_against, ruled

MAX_FAILED = "ODOO_TEST_MAX_FAILED_TESTS"  # known to Odoo from late builds of 17.0 on
POSITIONS = {"at_install", "post_install"}
USUAL = POSITIONS | {"standard"}


def no_tests(evidence: Evidence) -> Iterator[Problem]:
    """No test of the module ran."""
    if evidence.outcomes:
        return
    why, details = _why_none(evidence)
    ran = f"No test of {evidence.module.name} ran, so nothing is proven: {why}"
    yield Problem.of(Kind.NO_TESTS, ran, *listed(details))


def _why_none(evidence: Evidence) -> tuple[str, list[str]]:
    """A sentence, and what it speaks of."""
    found, tests, choice = evidence.record.found, f"{evidence.in_checkout('tests')}/", evidence.choice
    forgotten = _forgotten(evidence)
    if choice.places and found:  # other files were imported
        forgotten = [file for file in forgotten if file.path in {place.file for place in choice.places}]
    elif choice.narrows and found:
        forgotten = []
    if forgotten:
        why = f"{tests}__init__.py imports none of its test files. Import each of those named below there."
        return why, [_described(file) for file in forgotten]
    if found and not any(item.selected for item in found):
        if choice.narrows:
            return _chose_none(evidence), []
        asked = evidence.settings.test_tags
        tags = f"test-tags {asked!r} selects" if asked else "Odoo's standard tags select"
        likely = _likely(evidence)
        advice = f"Did you mean --test-tags {' or '.join(likely)}?" if likely else "See their @tagged for tags of their own."
        return f"{tags} none of its {counted(len(found), 'test')}. {advice}", []
    if unrun := missing(evidence):
        return "what looks like its tests are none for Odoo. Each is named below with the reason.", unrun
    return f"there are none in {tests}. Write {tests}test_something.py and import it in {tests}__init__.py.", []


def _chose_none(evidence: Evidence) -> str:
    """Why the choice left nothing, and what was likely meant."""
    tests = [item.test for item in evidence.record.found]
    none = f"{evidence.part} leaves none of its {counted(len(tests), 'test')}."
    known, choice = evidence.choice.only_failed, evidence.choice
    others = choice.places or choice.keywords or evidence.settings.test_tags
    if known and not others and not any((old.cls, old.method) in {(it.cls, it.method) for it in tests} for old in known):
        return f"{none} Those that failed last are no longer there, and are forgotten now: run it again without --lf."
    close = evidence.choice.likely([(test.home or "", test.cls, test.method) for test in tests])
    return f"{none} Did you mean {' or '.join(close)}?" if close else none


def _likely(evidence: Evidence) -> list[str]:
    """How the words of test-tags were likely meant: a class or a method needs a colon or a point before its name."""
    tests = [item.test for item in evidence.record.found]
    spellings = {name: f":{name}" for test in tests for name in (test.name, test.cls)}
    spellings |= {test.method: f":{test.name}" for test in tests}
    words = re.split(r"[,\s]+", evidence.settings.test_tags)
    asked = [re.split("[/:]", word)[-1].strip("+*.") for word in words if not word.startswith("-")]
    close = [match for word in asked for match in closest(word, spellings)]
    tags = dict.fromkeys(tag for item in evidence.record.found for tag in item.tags or () if tag not in USUAL)
    return list(dict.fromkeys(spellings[match] for match in close)) or list(tags)[:3]


def all_skipped(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Tests ran, and each of them was skipped (the setting all-skipped)."""
    if not evidence.only_skips:
        return
    findings = [
        Finding(text=f"{outcome.name}: {outcome.reason or 'no reason given'}", file=outcome.file, line=outcome.line)
        for outcome in evidence.outcomes
    ]
    held, lenient = ruled("all_skipped", findings, evidence.settings)
    yield from lenient
    if held:
        yield held_against(
            Kind.ALL_SKIPPED,
            f"All tests of {evidence.module.name} ({len(findings)}) were skipped, so nothing is proven. Let at least one "
            "of them run; their reasons are below.",
            held,
        )


def forgotten_files(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Test files that nothing imports (the setting forgotten-tests)."""
    files = _forgotten(evidence) if evidence.claims_completeness else []
    findings = [
        Finding(
            text=_described(file),
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


def _forgotten(evidence: Evidence) -> list[TestFile]:
    known = evidence.record.imported | evidence.record.looked_at
    return [file for file in evidence.test_files if file.holds_tests and file.path not in known]


def _described(file: TestFile) -> str:
    names = ", ".join(test.name for test in file.tests[:3]) + (" ..." if len(file.tests) > 3 else "")
    return f"{file.path}: {file.unreadable or counted(len(file.tests), 'test') + f' ({names})'}"


def missing(evidence: Evidence) -> list[str]:
    """A line for each test method that is defined and did not run, unless a tag deselected it."""
    unfindable = [*_loose(evidence), *_nowhere(evidence), *_shadowed(evidence)] if evidence.claims_completeness else []
    return [*unfindable, *_dropped(evidence), *_replaced(evidence), *_never_started(evidence)]


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
    """A standard test that Odoo runs neither after its module's install nor after all of them; or no test at all."""
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
