"""Whether a result follows from its own tests and problems, and whether proof.json says the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from hub_runner.proof.bundle import Bundle
from hub_runner.proof.disagreement import Disagreement, contradiction
from hub_runner.report import sums
from hub_runner.report.causes import distinct
from hub_runner.report.result_file import Json, to_json
from hub_runner.report.statement import OWN, checksums, statement
from hub_runner.result import Status, Verdict
from hub_runner.settings import LOG, PROOF, RESULT
from hub_runner.text import listed, one_line, shorten
from hub_runner.verdict.unrun import DESELECTED, NO_TEST

# What a statement of any version has.
ALWAYS = {
    *(("predicate", "result"), ("predicate", "passedTests"), ("predicate", "failedTests"), ("subject",)),
    *(("predicate", OWN, key) for key in ("version", "run", "return_code", "commit", "dirty")),
}
MOST = 8  # contradictions that are told of one file


def result_with_itself(bundle: Bundle) -> Iterator[Disagreement]:
    """What can be computed from the tests and problems of a result must stand there; a verdict must follow from them."""
    verdict, document = bundle.result.verdict, bundle.document
    if verdict.passed and verdict.failures:
        names = ", ".join(listed([failure.name for failure in verdict.failures], 3))
        yield contradiction(f"{RESULT} has no problem, although these tests failed: {names}")
    if verdict.passed and all(outcome.status is Status.SKIPPED for outcome in verdict.outcomes):
        yield contradiction(f"{RESULT} says that {bundle.result.info.module} passed, and no test of it ran")
    if verdict.passed and not verdict.part:
        yield from _unrun(verdict)
    again = to_json(bundle.result, log_sha256=document.get("log_sha256"))
    if not bundle.is_of_this_version:
        again = {key: again[key] for key in ("passed", "return_code", "counts")}
    if bundle.is_of_this_version:
        yield from _causes(bundle)
    for change in listed(_different({**again, "causes": document.get("causes")}, document), MOST):
        yield contradiction(f"{RESULT}: {change}, which is not what its tests and problems come to")


def _unrun(verdict: Verdict) -> Iterator[Disagreement]:
    """Why a test did not run is a problem of the run, unless a tag deselected it, or a setting let it pass."""
    for key, why in verdict.unrun.items():
        file, _, test = key.partition(":")
        if why not in (DESELECTED, NO_TEST) and not any(test in finding or file in finding for finding in verdict.waived):
            yield contradiction(f"{RESULT} says that the module passed, although {test} did not run ({why})")


def _causes(bundle: Bundle) -> Iterator[Disagreement]:
    """Files and lines were looked up in the checkout; the rest follows from the tracebacks."""
    told, expected = (
        [(cause.exception, cause.advice, [failure.title for failure in cause.failures]) for cause in causes]
        for causes in (bundle.causes, distinct(bundle.result))
    )
    for cause in told:
        if cause not in expected:
            yield contradiction(
                f"{RESULT}: no traceback of its tests comes to the cause {shorten(one_line(cause[0]), 100)!r}"
            )
    for cause in expected:
        if cause not in told:
            yield contradiction(
                f"{RESULT}: {', '.join(cause[2])} met {shorten(one_line(cause[0]), 100)!r}, and no cause says so"
            )


def _different(expected: Json, document: Json) -> list[str]:
    """The parts of a result that say something else than expected; what a later version has added is passed over."""
    known = sums.of_document({key: value for key, value in document.items() if key in expected})
    return [f"{name} says otherwise" for name, value in sums.of_document(expected).items() if known.get(name) != value]


def statement_with_result(bundle: Bundle) -> Iterator[Disagreement]:
    """Each value of proof.json that the result does not come to. Raises Unreadable."""
    expected = statement(bundle.result, _files(bundle), bundle.version)
    flat_claimed, flat_expected = dict(_flat(bundle.statement)), dict(_flat(expected))
    keys = flat_claimed.keys() | flat_expected.keys()
    if not bundle.is_of_this_version:
        keys = (flat_claimed.keys() & flat_expected.keys()) | ALWAYS
    for key in sorted(keys):
        said, result = (it.get(key, "nothing") for it in (flat_claimed, flat_expected))
        if said != result:
            said, result = (shorten(one_line(text.strip('"')), 100) for text in (said, result))
            yield contradiction(f"{PROOF}: {'.'.join(key)} is {said}; {RESULT} comes to {result}")


def _files(bundle: Bundle) -> Json:
    """What the statement should say of the files, as far as they are here: of one that was changed its sums say where.

    Another version may sum otherwise: then nothing but the sha256 of each file is compared, elsewhere.
    """
    claimed: Json = bundle.statement["predicate"][OWN]["files"] if bundle.sums else {}
    if not bundle.is_of_this_version:
        return claimed
    known = {name: claimed[name] for name in bundle.sums}
    here = {name: data for name, data in bundle.contents.items() if name in known}
    if {LOG, RESULT} <= here.keys():
        made = checksums(here, bundle.document)
        known |= {name: values for name, values in made.items() if values["sha256"] == bundle.sums[name].sha256}
    return known


def _flat(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each value of a JSON document that is no object, as JSON (in which 0 is not false), by the keys that lead to it."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, (*path, key))
    else:
        yield path, json.dumps(value, sort_keys=True)
