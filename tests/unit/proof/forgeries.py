"""Forgeries by kind. Each is done to an honest run, with the kind of disagreement and the place that must be named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from hub_runner.proof.disagreement import Kind
from hub_runner.report import statement
from hub_runner.result import Outcome, Problem, Result, Status
from hub_runner.settings import JUNIT, LOG, PROOF, REPORT, RESULT
from tests.unit.proof import honest
from tests.unit.proof.honest import NAMES, Run, outcome

Act = Callable[[Run], object]


@dataclass(frozen=True)
class Forgery:
    name: str
    act: Act
    kind: Kind
    place: str  # a regular expression for what must be said


def forgeries() -> Iterator[Forgery]:
    yield from edited_log_lines()
    yield from added_and_removed_log_lines()
    yield from edited_log_whose_sums_were_mended()
    yield from edited_result_fields()
    yield from edited_result_whose_sums_were_mended()
    yield from edited_junit()
    yield from edited_report()
    yield from edited_statement()
    yield from truncated()
    yield from missing()
    yield from of_another_run()
    yield from of_other_files()
    yield from of_other_tests()
    yield from of_another_commit()
    yield from unpinned()


# Every line of the log, named by what stands in it.
HEADER = ("run", "hub-runner", "module", "started", "command", "commit", "module tree", "engine", "compose", "image db")
FOOTER = ("VERDICT", "exit code", "tests", "odoo", "phases", "finished", "cleanup")


def edited_log_lines() -> Iterator[Forgery]:
    """Only the log is edited, and nothing else: its line is named."""
    for label in (*HEADER, "image odoo", "port", *FOOTER):
        place = rf"{LOG}: line \d+ was changed since the run ended"
        yield Forgery(f"log line {label}", partial(edit_line, label=label), Kind.CHANGED, place)
    for _, method in NAMES:
        act = partial(_edit_log, before=f"Starting TestRock.{method}", after="Starting TestRock.test_xx")
        if method != "test_open":
            yield Forgery(f"log line of Odoo {method}", act, Kind.CHANGED, rf"{LOG}: line \d+ was changed")


def edit_line(run: Run, label: str) -> None:
    pattern = rf"(?m)^(hub-runner \| {re.escape(label):<12} ).*$"
    run.edit(LOG, lambda text: re.sub(pattern, r"\1something else", text, count=1))


def _edit_two_lines(run: Run) -> None:
    edit_line(run, "engine")
    edit_line(run, "exit code")


def _edit_log(run: Run, before: str, after: str) -> None:
    run.edit(LOG, lambda text: text.replace(before, after))


def added_and_removed_log_lines() -> Iterator[Forgery]:
    yield Forgery(
        "log line removed",
        lambda run: run.edit(LOG, lambda text: re.sub(r".*Starting TestRock.test_01.*\n", "", text)),
        Kind.CHANGED,
        rf"{LOG}: 1 line is missing before line \d+",
    )
    yield Forgery(
        "log lines removed",
        lambda run: run.edit(LOG, lambda text: re.sub(r".*Starting .*\n", "", text)),
        Kind.CHANGED,
        rf"{LOG}: 4 lines are missing before line \d+",
    )
    yield Forgery(
        "log line added",
        lambda run: run.edit(LOG, lambda text: text.replace("phase        tests\n", "phase        tests\nall is well\n")),
        Kind.CHANGED,
        rf"{LOG}: line \d+ was added",
    )
    edits: tuple[tuple[str, Callable[[str], str], str], ...] = (
        ("log text appended", lambda text: f"{text}all is well\n", r"line \d+ was added"),
        ("log text before it", lambda text: f"all is well\n{text}", "line 1 was added"),
    )
    for name, edit, place in edits:
        yield Forgery(name, partial(Run.edit, name=LOG, change=edit), Kind.CHANGED, f"{LOG}: {place}")
    yield Forgery(
        "log lines swapped",
        lambda run: run.edit(LOG, lambda text: re.sub(r"(.*test_00.*\n)(.*test_01.*\n)", r"\2\1", text)),
        Kind.CHANGED,
        rf"{LOG}: line \d+",
    )
    yield Forgery(
        "two places of the log",
        _edit_two_lines,
        Kind.CHANGED,
        rf"(?s){LOG}: line \d+ was changed.*{LOG}: line \d+ was changed",
    )


def edited_log_whose_sums_were_mended() -> Iterator[Forgery]:
    """The forger has written all checksums anew: what the log says is then not what result.json says."""
    mended = (("its own sum", _mend(Run.mend_log)), ("all sums", _mend(Run.mend_all)))
    for how, mend in mended:
        for label in (*HEADER, *FOOTER):
            if how == "its own sum" and label not in ("commit", "VERDICT", "exit code"):
                continue  # one is found like all others
            kind, place = Kind.CHANGED, f"{LOG} is not the one that {RESULT} names"
            if how == "all sums":
                kind, place = Kind.CONTRADICTION, rf"{LOG}, line \d+: '{label} +something else'; {RESULT} says"
            yield Forgery(f"log line {label}, {how} mended", mend(partial(edit_line, label=label)), kind, place)
    all_sums = _mend(Run.mend_all)
    for _, method in NAMES[:3]:
        remove = partial(_remove_line, pattern=rf"Starting TestRock\.{method}")
        place = rf"{RESULT} has TestRock.{method}, which never begins in {LOG}"
        yield Forgery(f"Odoo's line of {method} removed, all sums mended", all_sums(remove), Kind.CONTRADICTION, place)
    yield Forgery(
        "Odoo's line added, all sums mended",
        all_sums(partial(_edit_log, before="TestIssue.test_open ... \n", after="TestIssue.test_open ... \n" + ODOO)),
        Kind.CONTRADICTION,
        rf"{LOG}, line \d+: TestRock.test_03 ran; {RESULT} does not have it",
    )
    yield Forgery(
        "footer removed, all sums mended",
        all_sums(lambda run: run.edit(LOG, lambda text: FOOTER_TEXT.sub("", text))),
        Kind.CONTRADICTION,
        f"{LOG} has no footer",
    )
    yield Forgery(
        "line added to the footer, all sums mended",
        all_sums(partial(_edit_log, before="\nhub-runner | exit", after=f"\n{NOTE}hub-runner | exit")),
        Kind.CONTRADICTION,
        rf"{LOG}, line \d+: 'note +all is well', of which {RESULT} says nothing",
    )


NOTE = "hub-runner | note         all is well\n"
FOOTER_TEXT = re.compile(r"hub-runner \| =+\nhub-runner \| VERDICT.*(?=hub-runner \| evidence)", re.DOTALL)
ODOO = "2026-01-02 03:04:05,123 18 INFO db odoo.addons.traction.tests.test_rock: Starting TestRock.test_03 ... \n"


def _remove_line(run: Run, pattern: str) -> None:
    run.edit(LOG, lambda text: re.sub(rf"(?m)^.*{pattern}.*\n", "", text))


def _mend(mend: Callable[[Run], None]) -> Callable[[Act], Act]:
    def first(act: Act) -> Act:
        def both(run: Run) -> None:
            act(run)
            mend(run)

        return both

    return first


def _set(key: str, value: Any) -> Act:
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
        yield Forgery(f"result {key}", _set(key, value), Kind.CHANGED, rf"{RESULT}: {shown} was changed since the run ended")
    yield Forgery(
        "result without a test",
        lambda run: run.edit_result(lambda it: it["tests"].pop()),
        Kind.CHANGED,
        rf"{RESULT}: test TestIssue.test_open is missing",
    )
    yield Forgery(
        "result with one test more",
        lambda run: run.edit_result(lambda it: it["tests"].append({**it["tests"][0], "name": "TestRock.test_03"})),
        Kind.CHANGED,
        rf"{RESULT}: test TestRock.test_03 was added",
    )


def edited_result_whose_sums_were_mended() -> Iterator[Forgery]:
    mend = _mend(Run.mend_proof)
    for key, value, shown in FIELDS:
        if key == "unrun":
            continue
        place = rf"contradiction: .*({RESULT}: {shown} says otherwise|{LOG}, line|{LOG} has no line|{PROOF}: |{JUNIT}: what)"
        yield Forgery(f"result {key}, sums mended", mend(_set(key, value)), Kind.CONTRADICTION, place)
    yield Forgery(
        "result unrun, sums mended",
        mend(_set("unrun", {})),
        Kind.OTHER_TESTS,
        "TestIssue.test_nightly is in the commit",
    )
    yield Forgery(
        "a test dropped from the result, sums mended",
        mend(lambda run: run.edit_result(lambda it: it["tests"].pop())),
        Kind.CONTRADICTION,
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
    for name, change, place in edits:
        edit = partial(_edit_junit, change=change)
        yield Forgery(f"junit: {name}", edit, Kind.CHANGED, f"{JUNIT} was changed")
        yield Forgery(f"junit: {name}, sums mended", _mend(Run.mend_proof)(edit), Kind.CONTRADICTION, place)


def _edit_junit(run: Run, change: Callable[[str], str]) -> None:
    run.edit(JUNIT, change)


def edited_report() -> Iterator[Forgery]:
    edit = partial(Run.edit, name=REPORT, change=lambda text: text.replace("4 tests", "400 tests"))
    yield Forgery("the report for people", edit, Kind.CHANGED, f"{REPORT} was changed since the run ended")


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
        yield Forgery(f"statement {way}", forged(way, value), Kind.CONTRADICTION, place)
    yield Forgery("statement without sums", forged(f"{own}.files", {}), Kind.CHANGED, f"{PROOF} has no checksum of")
    yield Forgery("statement of another type", forged("_type", "x"), Kind.UNREADABLE, f"{PROOF} is not an in-toto statement")
    yield Forgery("predicate of another type", forged("predicateType", "x"), Kind.UNREADABLE, f"{PROOF} is not an in-toto")
    yield Forgery("statement without modules", forged(f"{own}.modules", None), Kind.UNREADABLE, f"{PROOF} does not list")
    yield Forgery("statement without files", forged(f"{own}.files", []), Kind.UNREADABLE, f"{PROOF} has no checksums")


def truncated() -> Iterator[Forgery]:
    for name, words in ((LOG, "cut off"), (RESULT, "cut off|no JSON"), (JUNIT, "cut off"), (PROOF, "cut off|no JSON")):
        for part in (0.3, 0.7):
            act = partial(_truncate, name=name, part=part)
            yield Forgery(f"{name} cut at {part}", act, Kind.UNREADABLE, f"{name}.*({words})")
    yield Forgery("empty log", partial(_truncate, name=LOG, part=0.0), Kind.UNREADABLE, f"{LOG} is cut off")


def _truncate(run: Run, name: str, part: float) -> None:
    run.edit(name, lambda text: text[: int(len(text) * part)])


def missing() -> Iterator[Forgery]:
    for name in (LOG, RESULT, JUNIT, PROOF):
        yield Forgery(f"{name} missing", partial(_remove, name=name), Kind.MISSING, f"{name} is not there")


def _remove(run: Run, name: str) -> None:
    (run.folder / name).unlink()


def of_another_run() -> Iterator[Forgery]:
    """One file is that of another run, which was honest, too."""
    for name in (LOG, RESULT, JUNIT, PROOF):
        kind, place = Kind.CHANGED, name
        if name == PROOF:
            place = f"{LOG}: line"
        yield Forgery(f"{name} of another run", partial(_exchange, name=name), kind, place)


def _exchange(run: Run, name: str) -> None:
    other = replace(run.honest, info=replace(run.honest.info, run_id="hub-agent-test-traction-1767323999-ffff", port=8091))
    folder = honest.write(other, run.root / "other")
    shutil.copy(folder / name, run.folder / name)


def of_other_files() -> Iterator[Forgery]:
    """The run was as it says, but of files that are not those of the commit."""
    for path in ("traction/models.py", "traction/__manifest__.py", "traction/tests/test_rock.py", "rocks/models.py"):
        place = f"addons/{path} is another one: {path.partition('/')[0]} is not as in commit"
        act = partial(_tested_with, path=path, text="{}\n" if path.endswith("manifest__.py") else "# another\n")
        yield Forgery(f"{path} was another one", act, Kind.OTHER_FILES, place)
    yield Forgery(
        "a file more",
        partial(_tested_with, path="traction/secret.py", text=""),
        Kind.OTHER_FILES,
        "addons/traction/secret.py is not committed",
    )
    yield Forgery(
        "a file less",
        partial(_tested_with, path="traction/models.py", text=None),
        Kind.OTHER_FILES,
        "addons/traction/models.py is committed and was not tested",
    )
    yield Forgery("a dirty tree", _dirty, Kind.DIRTY, "had uncommitted changes when it was tested")
    yield Forgery(
        "a module tree that its files do not come to",
        lambda run: run.anew(_informed(run, module_tree="sha256:" + "5" * 64)),
        Kind.CONTRADICTION,
        f"files of traction that {PROOF} lists do not come to the module tree",
    )


def _tested_with(run: Run, path: str, text: str | None) -> None:
    """The files of the run are written by the tool itself, which saw other files than those that are committed."""
    target = run.root / "addons" / path
    target.unlink(missing_ok=True)
    if text is not None:
        target.write_text(text)
    changed = honest.result(run.root, run.honest.info.commit or "")
    honest.git(run.root, "checkout", "-q", "-f", "--", ".")
    run.anew(changed)


def _dirty(run: Run) -> None:
    run.anew(_informed(run, dirty=True))


def _informed(run: Run, **values: Any) -> Result:
    return replace(run.honest, info=replace(run.honest.info, **values))


def of_other_tests() -> Iterator[Forgery]:
    """The files agree in all: the tool itself wrote them for a result that is not true."""
    for cls, method in NAMES:
        place = rf"addons/traction/tests/test_rock.py, line \d+: {cls}.{method} is in the commit, and did not run"
        yield Forgery(f"{method} dropped everywhere", partial(_drop, method=method), Kind.OTHER_TESTS, place)
    yield Forgery(
        "a test that nobody wrote",
        partial(_add, test=outcome("TestDream", "test_all")),
        Kind.OTHER_TESTS,
        rf"{RESULT}: TestDream.test_all is not in addons/traction/tests/test_rock.py",
    )
    yield Forgery(
        "a test of a file that nobody wrote",
        partial(_add, test=replace(outcome("TestRock", "test_all"), file="addons/traction/tests/test_dream.py")),
        Kind.OTHER_TESTS,
        rf"{RESULT}: TestRock.test_all is not in addons/traction/tests/test_dream.py",
    )
    yield Forgery(
        "a failure that makes no problem",
        lambda run: run.anew(_with(run, *_outcomes(run)[:3], outcome("TestIssue", "test_open", Status.FAILED))),
        Kind.CONTRADICTION,
        f"{RESULT} has no problem, although these tests failed: TestIssue.test_open",
    )
    yield Forgery("passed without a test", lambda run: run.anew(_with(run)), Kind.CONTRADICTION, "no test of it ran")
    skipped = [outcome(*name, Status.SKIPPED, reason="x") for name in NAMES]
    yield Forgery("all skipped", lambda run: run.anew(_with(run, *skipped)), Kind.CONTRADICTION, "no test of it ran")
    yield Forgery("a run that failed", _failed, Kind.NOT_PASSED, r"says itself that it did not pass \(exit code 1\)")
    yield Forgery("a failed run made green in the result", _failed_and_edited, Kind.CONTRADICTION, "says otherwise|although")


def _outcomes(run: Run) -> tuple[Outcome, ...]:
    return run.honest.verdict.outcomes


def _with(run: Run, *outcomes: Outcome) -> Result:
    return replace(run.honest, verdict=replace(run.honest.verdict, outcomes=outcomes))


def _drop(run: Run, method: str) -> None:
    run.anew(_with(run, *(test for test in _outcomes(run) if test.method != method)))


def _add(run: Run, test: Outcome) -> None:
    run.anew(_with(run, *_outcomes(run), test))


def _failed(run: Run) -> None:
    tests = (*_outcomes(run)[:3], outcome("TestIssue", "test_open", Status.FAILED, traceback="Traceback"))
    problem = Problem(kind="tests_failed", message="1 of 4 tests failed.", return_code=1)
    run.anew(replace(run.honest, verdict=replace(run.honest.verdict, outcomes=tests, problems=(problem,))))


def _failed_and_edited(run: Run) -> None:
    _failed(run)

    def green(document: dict[str, Any]) -> None:
        document.update(passed=True, return_code=0, problems=[])

    run.edit_result(green)
    run.mend_proof()


def of_another_commit() -> Iterator[Forgery]:
    unknown = "a" * 40
    yield Forgery(
        "a commit that nobody has",
        lambda run: run.anew(_informed(run, commit=unknown)),
        Kind.NO_COMMIT,
        f"no commit {unknown}",
    )
    yield Forgery("no commit", lambda run: run.anew(_informed(run, commit=None)), Kind.NO_COMMIT, "names no commit")
    yield Forgery(
        "an option of git as the commit",
        lambda run: run.anew(_informed(run, commit="--all")),
        Kind.NO_COMMIT,
        "has no commit --all",
    )
    yield Forgery("a later commit is claimed", _claim_later, Kind.OTHER_FILES, "addons/traction/models.py is another one")


def _claim_later(run: Run) -> None:
    (run.root / "addons/traction/models.py").write_text("ESCALATE = 4\n")
    later = honest.commit(run.root)
    run.anew(replace(run.honest, info=replace(run.honest.info, commit=later)))


def unpinned() -> Iterator[Forgery]:
    def images(run: Run, digest: str) -> None:
        odoo = replace(run.honest.info.images["odoo"], digest=digest)
        run.anew(_informed(run, images={**run.honest.info.images, "odoo": odoo}))

    for digest in ("", "latest", "sha256:12", "md5:" + "1" * 64):
        yield Forgery(
            f"image {digest!r}", partial(images, digest=digest), Kind.NOT_PINNED, "image of odoo .* without its digest"
        )
    yield Forgery("no images", lambda run: run.anew(_informed(run, images={})), Kind.NOT_PINNED, "names no image")
    yield Forgery(
        "package without a version",
        lambda run: run.anew(_informed(run, packages=("requests",))),
        Kind.NOT_PINNED,
        "package 'requests' without its version",
    )
