"""No test of the module ran, or all that ran were skipped: nothing is proven (incident I5), and the reason is looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.text import closest, counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.forgotten_tests import (
    NEVER_ASKED,
    POSITIONS,
    described,
    missing,
    never_asked_for,
    never_imported,
)
from hub_runner.verdict.strictness import Finding, Lenient, held_against, ruled

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
    forgotten = never_imported(evidence)
    if choice.places and found:  # other files were imported
        forgotten = [file for file in forgotten if file.path in {place.file for place in choice.places}]
    elif choice.narrows and found:
        forgotten = []
    if forgotten:
        why = f"{tests}__init__.py imports none of its test files. Import each of those named below there."
        return why, [described(file) for file in forgotten]
    if never_asked_for(evidence):
        return f"{NEVER_ASKED}.", missing(evidence)
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
    tags = dict.fromkeys(
        tag for item in evidence.record.found for tag in item.tags or () if tag not in POSITIONS | {"standard"}
    )
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
