"""No honest run is called a forgery, whatever is in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub_runner.proof import bundle
from hub_runner.proof.disagreement import Kind
from hub_runner.proof.verify import whole_disagreements
from hub_runner.result import Coverage, FileCoverage, Lifecycle, Outcome, Result, SetUp, Status
from hub_runner.settings import LOG, RESULT
from tests.unit.proof import honest
from tests.unit.proof.honest import Run, outcome
from tests.unit.report import samples

TRACEBACK = """\
Traceback (most recent call last):
  File "/mnt/extra-addons/traction/models.py", line 1, in escalate
    ESCALATE = 3
AssertionError: a\u2028b \x1b[31mred\x00 \ud800 <tag> & "quotes"
  of several lines
"""


def failed(cls: str, method: str, status: Status = Status.FAILED) -> Outcome:
    return outcome(
        cls,
        method,
        status,
        traceback=TRACEBACK,
        server_traceback=TRACEBACK.replace("ESCALATE", "SERVER"),
        logged=("one\tline", "another"),
        subtests=("(group='a')", "(group='b')"),
        queries=7,
    )


RED = (
    outcome("TestRock", "test_00"),
    failed("TestRock", "test_01"),
    failed("TestRock", "test_02", Status.ERROR),
    outcome("TestIssue", "test_open", Status.SKIPPED, reason="no\nbrowser"),
)


def red(result: Result) -> Result:
    problem = samples.problem(details=("TestRock.test_01", "  TestRock.test_02"))
    return replace(result, verdict=replace(result.verdict, outcomes=RED, problems=(problem,)))


def with_a_set_up_that_failed(result: Result) -> Result:
    broken = replace(failed("TestRock", "setUpClass", Status.ERROR), line=None)
    unrun = {f"tests/test_rock.py:TestRock.test_0{number}": "its class failed" for number in range(3)}
    verdict = replace(result.verdict, outcomes=(broken, RED[3]), problems=(samples.problem(),))
    return replace(result, verdict=replace(verdict, unrun={**verdict.unrun, **unrun}))


def with_all_that_a_run_may_say(result: Result) -> Result:
    files = (FileCoverage(file="addons/traction/models.py", statements=3, missed=1, branches=2, missing="2, 3->4"),)
    verdict = replace(
        result.verdict,
        notes=("a note\nof two lines", "ü"),
        waived=("warnings: x",),
        coverage=Coverage(version="7.10", branch=True, files=files, since="main", changed=files),
        set_ups=(SetUp(cls="TestRock", file=honest.FILE, duration=1.5),),
        lifecycle=Lifecycle(
            ref="v1",
            commit="c" * 40,
            version="1.0",
            stages={"install": "passed", "upgrade": "passed"},
            migrations=("1.1/post.py",),
            vanished=("column x",),
        ),
        durations=3,
    )
    info = replace(
        result.info,
        stand_in="odoo:18.0 is not here: tested on another",
        packages=("requests 2.0", "chromium 130"),
        along={"rocks": "sha256:" + "1" * 64},
        warm="ee5f5626cd54: mail (27 modules)",
        command=("python", "-m", "hub_runner", "run", "traction", "--with", "rocks", "a b"),
    )
    return replace(result, info=info, verdict=verdict, leftovers=("network x",), cleanup="two\nlines")


def with_two_classes_of_one_name(result: Result) -> Result:
    again = outcome("TestRock", "test_00")
    return replace(result, verdict=replace(result.verdict, outcomes=(*result.verdict.outcomes, again, again)))


def with_tests_whose_file_nobody_knows(result: Result) -> Result:
    tests = tuple(replace(test, file=None, line=None) for test in result.verdict.outcomes)
    return replace(result, verdict=replace(result.verdict, outcomes=tests))


VARIANTS = (
    red,
    with_a_set_up_that_failed,
    with_all_that_a_run_may_say,
    with_two_classes_of_one_name,
    with_tests_whose_file_nobody_knows,
)


@pytest.mark.parametrize("variant", VARIANTS, ids=[variant.__name__ for variant in VARIANTS])
def test_an_honest_run_agrees_with_itself(variant: object, run: Run) -> None:
    assert callable(variant)
    run.anew(variant(replace(run.honest, info=replace(run.honest.info, root=run.root))))
    read = bundle.find(run.output, str(run.folder))
    assert {item.kind for item in whole_disagreements(read, run.root, None)} <= {Kind.NOT_PASSED}, run.verify()[1]


def test_a_log_level_that_tells_of_failures_alone_is_no_disagreement(run: Run) -> None:
    outcomes = (*run.honest.verdict.outcomes[:3], outcome("TestIssue", "test_open", Status.FAILED))
    problem = samples.problem()
    run.anew(replace(run.honest, verdict=replace(run.honest.verdict, outcomes=outcomes, problems=(problem,))))
    run.edit(LOG, lambda text: "".join(line for line in text.splitlines(keepends=True) if ": Starting " not in line))
    run.mend_all()
    read = bundle.find(run.output, str(run.folder))
    assert {item.kind for item in whole_disagreements(read, run.root, None)} == {Kind.NOT_PASSED}


def test_the_files_are_verified_in_another_checkout_that_has_the_commit(run: Run) -> None:
    elsewhere = run.root.parent / "clone"
    honest.git(run.root, "clone", "-q", str(run.root), str(elsewhere))
    code, said = Run(elsewhere, run.folder, run.honest).verify()
    assert code == 0, said


def test_of_another_version_of_the_tool_sentences_are_not_compared_and_numbers_are(run: Run) -> None:
    def older(document: dict[str, object]) -> None:
        document.update(hub_runner="0.0.9", summary="traction has passed: in other words")

    run.edit_result(older)
    run.mend_proof()
    run.edit_proof(lambda document: document["predicate"]["hubRunner"].update(version="0.0.9"))
    told = [item.text for item in whole_disagreements(bundle.find(run.output, str(run.folder)), run.root, None)]
    assert [text for text in told if "summary" in text or "VERDICT" in text] == []
    run.edit_result(lambda document: document.update(counts={"passed": 9}))
    run.mend_proof()
    assert f"{RESULT}: counts says otherwise" in run.verify()[1]
