"""A file with results was edited, cut off, taken away, or exchanged for that of another run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from hub_runner.proof.disagreement import Reason
from hub_runner.report import statement
from hub_runner.settings import COVERAGE_XML, JUNIT, LOG, PROOF, REPORT, RESULT
from tests.unit.proof import honest
from tests.unit.proof.forgeries.forgery import Act, Forgery, mended
from tests.unit.proof.honest import Run


def set_value(key: str, value: Any) -> Act:
    def act(run: Run) -> None:
        def change(document: dict[str, Any]) -> None:
            *way, last = key.split(".")
            holder: Any = document
            for step in way:
                holder = holder[int(step) if step.isdecimal() else step]
            holder[last] = value

        run.edit_result(change)

    return act


FIELDS: tuple[tuple[str, Any, str], ...] = (  # key, its forged value, what it is called
    ("passed", False, "passed"),
    ("return_code", 1, "return_code"),
    ("summary", "PASSED traction: 400 tests in 1.0 s", "summary"),
    ("counts", {"passed": 9, "failed": 0, "error": 0, "skipped": 0, "total": 9}, "counts"),
    ("odoo_version", "17.0", "odoo_version"),
    ("notes", ["all is well"], "notes"),
    ("waived", ["warnings: x"], "waived"),
    ("unrun", {}, "unrun"),
    ("finished", "2026-01-02T03:04:18+00:00", "finished"),
    ("phases", {"tests": 1.0}, "phases"),
    ("cleanup", "verified", "cleanup"),
    ("leftovers", ["a network"], "leftovers"),
    ("tests.0.status", "failed", r"test TestRock\.test_00"),
    ("tests.1.duration", 0.0, r"test TestRock\.test_01"),
    ("tests.2.file", "addons/x.py", r"test TestRock\.test_02"),
    ("run.commit", "d" * 40, r"run\.commit"),
    ("run.dirty", True, r"run\.dirty"),
    ("run.module", "other", r"run\.module"),
    ("run.module_tree", "sha256:" + "1" * 64, r"run\.module_tree"),
    ("run.command", ["true"], r"run\.command"),
    ("run.project", "hub-agent-test-traction-1-aaaa", r"run\.project"),
    ("run.started", "2026-01-02T03:04:06+00:00", r"run\.started"),
    ("run.packages", ["left-pad 1.0"], r"run\.packages"),
    ("run.images", {}, r"run\.images"),
)


def edited_result_fields() -> Iterator[Forgery]:
    """Only result.json is edited: the field, or the test, is named."""
    for key, value, shown in FIELDS:
        yield Forgery(
            f"result {key}", set_value(key, value), Reason.CHANGED, rf"{RESULT}: {shown} was changed since the run ended"
        )
    yield Forgery(
        "result without a test",
        lambda run: run.edit_result(lambda it: it["tests"].pop()),
        Reason.CHANGED,
        rf"{RESULT}: test TestIssue.test_open is missing",
    )
    yield Forgery(
        "result with one test more",
        lambda run: run.edit_result(lambda it: it["tests"].append({**it["tests"][0], "name": "TestRock.test_03"})),
        Reason.CHANGED,
        rf"{RESULT}: test TestRock.test_03 was added",
    )


def edited_result_whose_sums_were_mended() -> Iterator[Forgery]:
    mend = mended(Run.mend_proof)
    for key, value, shown in FIELDS:
        if key == "unrun":
            continue
        place = rf"contradiction: .*({RESULT}: {shown} says otherwise|{LOG}, line|{LOG} has no line|{PROOF}: |{JUNIT}: what)"
        yield Forgery(f"result {key}, sums mended", mend(set_value(key, value)), Reason.CONTRADICTION, place)
    yield Forgery(
        "result unrun, sums mended",
        mend(set_value("unrun", {})),
        Reason.OTHER_TESTS,
        "TestIssue.test_nightly is in the commit",
    )
    yield Forgery(
        "a test dropped from the result, sums mended",
        mend(lambda run: run.edit_result(lambda it: it["tests"].pop())),
        Reason.CONTRADICTION,
        rf"{LOG}, line \d+: TestIssue.test_open ran; {RESULT} does not have it",
    )


def edited_junit() -> Iterator[Forgery]:
    def remove(text: str) -> str:
        return re.sub(r"<testcase [^>]*test_01[^>]*/>", "", text)

    def fail(text: str) -> str:
        return re.sub(r"(<testcase [^>]*test_01[^>]*)/>", r'\1><failure message="x">x</failure></testcase>', text)

    def rename(text: str) -> str:
        return text.replace('name="test_01"', 'name="test_77"')

    edits: tuple[tuple[str, Callable[[str], str], str], ...] = (
        ("a case removed", remove, rf"{JUNIT} has no traction.tests.test_rock.TestRock.test_01"),
        (
            "a case failed",
            fail,
            rf"{JUNIT}: traction.tests.test_rock.TestRock.test_01 failure; {RESULT} says that it passed",
        ),
        ("a case renamed", rename, rf"{JUNIT} has traction.tests.test_rock.TestRock.test_77"),
        ("its commit", lambda text: text.replace('"commit"', '"comit"', 1), f"{JUNIT}: what it says of <properties>"),
        ("its numbers", lambda text: text.replace('tests="4"', 'tests="5"'), f"{JUNIT}: what it says of <testsuite"),
        ("a duration", lambda text: text.replace('time="0.25"', 'time="9"', 1), f"{JUNIT}: what it says of traction.tests"),
    )
    first = '<testcase classname="traction.tests.test_rock.TestRock" name="test_01"><failure/></testcase><testcase '
    suite = '<testsuite name="traction" tests="400"/><testsuite '
    edits += (
        (
            "a case twice",
            lambda text: text.replace("<testcase ", first, 1),
            f"{JUNIT}: .*test_01 failure; {RESULT} says that",
        ),
        ("a suite twice", lambda text: text.replace("<testsuite ", suite, 1), f"{JUNIT} has <testsuite> once more"),
        (
            "a case in another namespace",
            lambda text: text.replace("<testcase ", '<x:testcase xmlns:x="y" name="dream"/><testcase ', 1),
            f"{JUNIT} holds more than {RESULT} comes to",
        ),
    )
    for name, change, place in edits:
        edit = partial(_edit_junit, change=change)
        yield Forgery(f"junit: {name}", edit, Reason.CHANGED, f"{JUNIT} was changed")
        yield Forgery(f"junit: {name}, sums mended", mended(Run.mend_proof)(edit), Reason.CONTRADICTION, place)


def _edit_junit(run: Run, change: Callable[[str], str]) -> None:
    run.edit(JUNIT, change)


def edited_report() -> Iterator[Forgery]:
    edit = partial(Run.edit, name=REPORT, change=lambda text: text.replace("4 tests", "400 tests"))
    yield Forgery("the report for people", edit, Reason.CHANGED, f"{REPORT} was changed since the run ended")

    def without_sum(run: Run) -> None:
        edit(run)
        run.edit_proof(lambda it: it["predicate"][statement.OWN]["files"].pop(REPORT))

    yield Forgery("the report, its sum removed", without_sum, Reason.CHANGED, f"{PROOF} has no checksum of {REPORT}")
    coverage = '<?xml version="1.0"?>\n<!-- hub-runner -->\n<coverage line-rate="1"/>\n'
    yield Forgery(
        "coverage that nobody measured",
        lambda run: (run.folder / COVERAGE_XML).write_text(coverage),
        Reason.CHANGED,
        f"{PROOF} has no checksum of {COVERAGE_XML}",
    )


def edited_statement() -> Iterator[Forgery]:
    def forged(way: str, value: Any) -> Act:
        def change(document: dict[str, Any]) -> None:
            *steps, last = way.split(".")
            holder = document
            for step in steps:
                holder = holder[step]
            holder[last] = value

        return lambda run: run.edit_proof(change)

    own = f"predicate.{statement.OWN}"
    for way, value, place in (
        ("predicate.result", "FAILED", f"{PROOF}: predicate.result is FAILED; {RESULT} comes to PASSED"),
        ("predicate.passedTests", [], f"{PROOF}: predicate.passedTests"),
        ("predicate.failedTests", ["x"], f"{PROOF}: predicate.failedTests"),
        ("predicate.configuration", [], f"{PROOF}: predicate.configuration"),
        ("subject", [{"name": "other", "digest": {"sha256": "0" * 64}}], f"{PROOF}: subject"),
        (f"{own}.run", "hub-agent-test-x", f"{PROOF}: {own}.run"),
        (f"{own}.commit", "d" * 40, f"{PROOF}: {own}.commit"),
        (f"{own}.dirty", True, f"{PROOF}: {own}.dirty"),
        (f"{own}.return_code", 1, f"{PROOF}: {own}.return_code"),
        (f"{own}.command", ["true"], f"{PROOF}: {own}.command"),
        (f"{own}.finished", "2026-01-09T00:00:00+00:00", f"{PROOF}: {own}.finished"),
    ):
        yield Forgery(f"statement {way}", forged(way, value), Reason.CONTRADICTION, place)
    yield Forgery(
        "a size",
        lambda run: run.edit_proof(lambda it: it["predicate"][statement.OWN]["files"][LOG].update(size=5)),
        Reason.CONTRADICTION,
        f"files.{LOG}.size is 5; {RESULT} comes to",
    )
    yield Forgery("statement without sums", forged(f"{own}.files", {}), Reason.CHANGED, f"{PROOF} has no checksum of")
    yield Forgery(
        "statement of another type", forged("_type", "x"), Reason.UNREADABLE, f"{PROOF} is not an in-toto statement"
    )
    yield Forgery("predicate of another type", forged("predicateType", "x"), Reason.UNREADABLE, f"{PROOF} is not an in-toto")
    yield Forgery("statement without modules", forged(f"{own}.modules", None), Reason.UNREADABLE, f"{PROOF} does not list")
    yield Forgery("statement without files", forged(f"{own}.files", []), Reason.UNREADABLE, f"{PROOF} has no checksums")


def truncated() -> Iterator[Forgery]:
    for name, words in ((LOG, "cut off"), (RESULT, "cut off|no JSON"), (JUNIT, "cut off"), (PROOF, "cut off|no JSON")):
        for part in (0.3, 0.7):
            act = partial(_truncate, name=name, part=part)
            yield Forgery(f"{name} cut at {part}", act, Reason.UNREADABLE, f"{name}.*({words})")
    yield Forgery("empty log", partial(_truncate, name=LOG, part=0.0), Reason.UNREADABLE, f"{LOG} is cut off")


def _truncate(run: Run, name: str, part: float) -> None:
    run.edit(name, lambda text: text[: int(len(text) * part)])


def missing() -> Iterator[Forgery]:
    for name in (LOG, RESULT, JUNIT, PROOF):
        yield Forgery(f"{name} missing", partial(_remove, name=name), Reason.MISSING, f"{name} is not there")


def _remove(run: Run, name: str) -> None:
    (run.folder / name).unlink()


def of_another_run() -> Iterator[Forgery]:
    """One file is that of another run, which was honest, too."""
    for name in (LOG, RESULT, JUNIT, PROOF):
        reason, place = Reason.CHANGED, name
        if name == PROOF:
            place = f"{LOG}: line"
        yield Forgery(f"{name} of another run", partial(_exchange, name=name), reason, place)


def _exchange(run: Run, name: str) -> None:
    other = replace(run.honest, info=replace(run.honest.info, run_id="hub-agent-test-traction-1767323999-ffff", port=8091))
    folder = honest.write(other, run.root / "other")
    shutil.copy(folder / name, run.folder / name)
