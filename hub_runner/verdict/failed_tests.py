"""Tests that failed, and test classes that could not be set up or torn down."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.exit_codes import Kind
from hub_runner.result import Outcome, Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.record import BAD

# What unittest reports outside of a test. A test may have any other name: a doctest's is runTest.
_FIXTURES = {"setUpClass", "tearDownClass", "setUpModule", "tearDownModule"}


def failed_tests(evidence: Evidence) -> Iterator[Problem]:
    """One problem for all tests that failed, and all classes that could not be set up or torn down."""
    failures = evidence.failures
    if not failures:
        return
    tests = [failure for failure in failures if _is_test(failure)]
    classes = len(failures) - len(tests)
    ran = sum(map(_is_test, evidence.outcomes))
    counts = [f"{len(tests)} of {counted(ran, 'test')} failed"] if tests else []
    if classes:
        unrun = _kept_from_running(evidence)
        kept = f", so {counted(unrun, 'test')} of {'it' if classes == 1 else 'them'} did not run" if unrun else ""
        counts.append(f"{counted(classes, 'test class')} could not be set up or torn down{kept}")
    yield Problem.of(
        Kind.TESTS_FAILED,
        f"{evidence.module.name}: {', and '.join(counts)}. Each traceback, and the command that repeats just "
        "that test, stands in the summary and in the log.",
        *listed([_named(failure) for failure in failures]),
        file=failures[0].file,
        line=failures[0].line,
    )


def _is_test(outcome: Outcome) -> bool:
    return outcome.method not in _FIXTURES


def _kept_from_running(evidence: Evidence) -> int:
    """Tests of classes whose setUpClass failed."""
    record = evidence.record
    broken = [holder for holder, outcome in record.class_outcomes if outcome["status"] in BAD and evidence.is_own(holder)]
    unrun = [found.test for found in record.found if found.selected and found.test not in record.outcomes]
    return sum(any(test.is_in_class_of(holder) for holder in broken) for test in unrun)


def _named(outcome: Outcome) -> str:
    return outcome.name + (f" ({len(outcome.subtests)} subtests)" if outcome.subtests else "")
