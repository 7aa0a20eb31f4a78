"""Whether the tests that exist are those that ran (I5).

What Odoo itself looked at, found and selected decides; the text of the files is asked only about what was never imported.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import NoTestsRan
from hub_runner.result import Problem
from hub_runner.testfiles import TestFile
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.missing import missing
from hub_runner.verdict.words import counted, listed


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
    yield _problem("no_tests", f"No test of {name} ran, so nothing is proven: {why}", *listed(details))


def all_skipped(evidence: Evidence) -> Iterator[Problem]:
    outcomes = evidence.outcomes
    if evidence.only_skips:
        yield _problem(
            "all_skipped",
            f"All tests of {evidence.module.name} ({len(outcomes)}) were skipped, so nothing is proven. Let at least one "
            "of them run; their reasons are below.",
            *listed([f"{outcome.name}: {outcome.reason or 'no reason given'}" for outcome in outcomes]),
            file=outcomes[0].file,
            line=outcomes[0].line,
        )


def forgotten_files(evidence: Evidence) -> Iterator[Problem]:
    files = _forgotten(evidence)
    if files and evidence.claims_completeness:
        yield _problem(
            "forgotten_files",
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
        yield _problem(
            "not_run",
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


def _problem(kind: str, message: str, *details: str, file: str | None = None, line: int | None = None) -> Problem:
    return Problem(kind=kind, message=message, return_code=NoTestsRan.return_code, details=details, file=file, line=line)
