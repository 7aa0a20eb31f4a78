"""No honest run is called a forgery, whatever is in it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.checkout import snapshot
from hub_runner.proof import bundle
from hub_runner.proof.disagreement import Reason
from hub_runner.proof.verify import whole_disagreements
from hub_runner.report import sums
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
        along={"rocks": snapshot.digest(result.info.trees["rocks"].files)},
        warm="ee5f5626cd54: mail (27 modules)",
        command=("python", "-m", "hub_runner", "run", "traction", "--with", "rocks", "a b"),
    )
    return replace(result, info=info, verdict=verdict, leftovers=("network x",), cleanup="two\nlines")


def with_an_advice(result: Result) -> Result:
    tests = tuple(replace(test, advice="Did you mean z?") if test.status is Status.ERROR else test for test in RED)
    return replace(result, verdict=replace(result.verdict, outcomes=tests, problems=(samples.problem(),)))


def with_two_halves_of_which_one_is_red(result: Result) -> Result:
    halves = (*(replace(test, demo="on") for test in RED), *(replace(test, demo="off") for test in RED))
    return replace(result, verdict=replace(result.verdict, outcomes=halves, problems=(samples.problem(),)))


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
    with_an_advice,
    with_two_halves_of_which_one_is_red,
    with_two_classes_of_one_name,
    with_tests_whose_file_nobody_knows,
)


@pytest.mark.parametrize("variant", VARIANTS, ids=[variant.__name__ for variant in VARIANTS])
def test_an_honest_run_agrees_with_itself(variant: object, run: Run) -> None:
    assert callable(variant)
    run.anew(variant(run.honest))
    read = bundle.find(run.output, str(run.folder))
    assert {item.reason for item in whole_disagreements(read, run.root, None)} <= {Reason.NOT_PASSED}, run.verify()[1]


def test_a_log_level_that_tells_of_failures_alone_is_no_disagreement(run: Run) -> None:
    outcomes = (*run.honest.verdict.outcomes[:3], outcome("TestIssue", "test_open", Status.FAILED))
    problem = samples.problem()
    run.anew(replace(run.honest, verdict=replace(run.honest.verdict, outcomes=outcomes, problems=(problem,))))
    run.edit(LOG, lambda text: "".join(line for line in text.splitlines(keepends=True) if ": Starting " not in line))
    run.mend_all()
    read = bundle.find(run.output, str(run.folder))
    assert {item.reason for item in whole_disagreements(read, run.root, None)} == {Reason.NOT_PASSED}


def test_the_files_are_verified_in_another_checkout_that_has_the_commit(run: Run) -> None:
    elsewhere = run.root.parent / "clone"
    honest.git(run.root, "clone", "-q", str(run.root), str(elsewhere))
    code, said = Run(elsewhere, run.folder, run.honest).verify()
    assert code == 0, said


def of_version(run: Run, version: str) -> None:
    """As another version of the tool would have written it: with other sentences, and its own number."""
    run.edit(LOG, lambda text: re.sub(r"(hub-runner \| hub-runner +)\S+", rf"\g<1>{version}", text))
    run.edit(LOG, lambda text: text.replace("PASSED traction: 4 tests in", "PASSED traction with 4 tests in all in"))
    run.mend_log()
    run.edit_result(lambda document: document.update(hub_runner=version, summary="traction has passed"))
    run.mend_result()
    run.mend_proof()
    run.edit_proof(lambda document: document["predicate"]["hubRunner"].update(version=version))


def test_an_honest_run_of_another_version_is_proven(run: Run) -> None:
    of_version(run, "0.0.9")
    code, said = run.verify()
    assert code == 0, said


def test_of_another_version_numbers_and_the_verdict_are_compared_all_the_same(run: Run) -> None:
    of_version(run, "0.0.9")
    run.edit_result(lambda document: document.update(counts={"passed": 9}))
    run.mend_proof()
    assert f"{RESULT}: counts says otherwise" in run.verify()[1]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("VERDICT      PASSED", "VERDICT      FAILED", "VERDICT is 'FAILED'; result.json says 'PASSED'"),
        ("exit code    0", "exit code    7", "exit code is '7'; result.json says '0'"),
        ("tests        4: 4 passed", "tests        4: 3 passed", "tests is '4: 3 passed"),
        ("hub-runner   0.0.9", "hub-runner   0.0.8", "result.json says '0.0.9'"),
    ],
)
def test_a_red_log_beside_a_green_result_is_found_whatever_version_they_name(
    before: str, after: str, place: str, run: Run
) -> None:
    of_version(run, "0.0.9")
    run.edit(LOG, lambda text: text.replace(before, after))
    run.mend_all()
    code, said = run.verify()
    assert code == 1
    assert place in said


def test_result_and_statement_name_one_version(run: Run) -> None:
    of_version(run, "0.0.9")
    run.edit_proof(lambda document: document["predicate"]["hubRunner"].update(version="0.1.0"))
    assert "hubRunner.version is 0.1.0" in run.verify()[1]


def test_a_cause_that_no_traceback_comes_to_is_found(run: Run) -> None:
    run.anew(red(run.honest))
    run.edit_result(lambda document: document["causes"][0].update(exception="ZeroDivisionError: division by zero"))
    run.mend_proof()
    assert "no traceback of its tests comes to the cause 'ZeroDivisionError" in run.verify()[1]


def test_a_tested_module_that_did_not_lie_in_the_checkout_is_no_proof_and_others_are_named(run: Run) -> None:
    def elsewhere(*modules: str) -> Result:
        trees = {
            name: replace(tree, folder=Path("/elsewhere")) if name in modules else tree
            for name, tree in run.honest.info.trees.items()
        }
        return replace(run.honest, info=replace(run.honest.info, trees=trees))

    run.anew(elsewhere("traction"))
    code, said = run.verify()
    assert code == 1
    assert "no_commit: traction did not lie in the checkout" in said
    claimed = elsewhere("rocks")
    shutil.rmtree(run.root / "addons/rocks")  # else the commit itself says that it does not come from elsewhere
    run.anew(replace(claimed, info=replace(claimed.info, commit=honest.commit(run.root))))
    code, said = run.verify()
    assert code == 0, said
    assert "not compared with the commit, because they came from elsewhere: rocks" in said


def test_a_stand_in_is_named(run: Run) -> None:
    run.anew(replace(run.honest, info=replace(run.honest.info, stand_in="odoo:18.0 is not here")))
    assert "STAND-IN: odoo:18.0 is not here" in run.verify()[1]


WAIVED = ("warnings: no access rules for x", "forgotten-tests: tests/test_old.py: 1 test")


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        ("", WAIVED[1:]),
        ('forgotten-tests = "ignore"', ()),
        ('waive = ["forgotten-tests:tests/test_old.py"]', ()),
        ('waive = ["forgotten-tests:tests/test_new.py"]\nwarnings = "fail"', WAIVED),
        ("forgotten-tests = 3", WAIVED[1:]),
        ("[", WAIVED[1:]),
    ],
)
def test_what_was_let_pass_must_be_let_pass_by_the_commit(settings: str, held: tuple[str, ...], run: Run) -> None:
    """On the command line, or in the environment, anybody may say that a check does not count."""
    (run.root / "pyproject.toml").write_text(f'[tool.hub-runner]\noutput = "out"\n{settings}\n')
    commit = honest.commit(run.root)
    changed = replace(run.honest, verdict=replace(run.honest.verdict, waived=WAIVED))
    run.anew(replace(changed, info=replace(changed.info, commit=commit)))
    code, said = run.verify()
    assert code == (1 if held else 0), said
    for finding in WAIVED:
        assert f"let pass: {finding}" in said
        assert (f"weakened: {finding}: this was let pass" in said) == (finding in held)


def test_what_a_stranger_wrote_is_no_command_for_githubs_runner(run: Run) -> None:
    run.edit_result(lambda document: document["run"].update(project="::error title=x::pwned"))
    said = run.verify()[1]
    assert not any(line.lstrip().startswith("::") for line in said.splitlines())


FAIL = "2026-01-02 03:04:05,123 18 ERROR db odoo.addons.traction.tests.test_rock: FAIL: TestRock.test_00\n"


def test_a_test_that_failed_in_the_log_is_not_let_pass_by_calling_it_unrun(run: Run) -> None:
    unrun = {**run.honest.verdict.unrun, "tests/test_rock.py:TestRock.test_00": "deselected by tags"}
    verdict = replace(run.honest.verdict, outcomes=run.honest.verdict.outcomes[1:], unrun=unrun)
    run.anew(replace(run.honest, verdict=verdict))
    begin = FAIL.replace("ERROR", "INFO").replace("FAIL: TestRock.test_00", "Starting TestRock.test_00 ... ")
    run.edit(LOG, lambda text: text.replace("phase        tests\n", f"phase        tests\n{begin}{FAIL}"))
    run.mend_all()
    code, said = run.verify()
    assert code == 1
    assert "TestRock.test_00 ran; result.json does not have it" in said
    assert "TestRock.test_00 failed; result.json does not have it" in said


def test_tests_of_an_upgrade_are_compared_too(run: Run) -> None:
    run.edit(LOG, lambda text: text.replace("phase        tests\n", "phase        upgrade\n"))
    run.mend_all()
    assert run.verify()[0] == 0
    run.edit(LOG, lambda text: text.replace("phase        upgrade\n", f"phase        upgrade\n{FAIL}"))
    run.mend_all()
    assert "TestRock.test_00 failed; result.json says that it passed" in run.verify()[1]


def test_each_half_of_a_run_is_compared_with_its_own_outcomes(run: Run) -> None:
    tests = run.honest.verdict.outcomes
    halves = (*(replace(test, demo="on") for test in tests), *(replace(test, demo="off") for test in tests))
    run.anew(replace(run.honest, verdict=replace(run.honest.verdict, outcomes=halves)))
    note = "hub-runner | note         These are the tests {} demo data.\n"
    assert run.verify()[0] == 0, run.verify()[1]
    run.edit(LOG, lambda text: text.replace(note.format("without"), FAIL + note.format("without")))
    run.mend_all()
    assert "TestRock.test_00 failed; result.json says that it passed" in run.verify()[1]


def test_a_try_that_a_second_opinion_replaced_does_not_count(run: Run) -> None:
    note = "hub-runner | note         A cold start for a second opinion: it was in doubt.\n"
    run.edit(LOG, lambda text: text.replace("phase        tests\n", f"phase        tests\n{FAIL}{note}phase        tests\n"))
    run.mend_all()
    assert run.verify()[0] == 0


@pytest.mark.parametrize(
    "why", ["its file was not imported", "defined twice", "selected, and it has no outcome: its class failed"]
)
def test_a_test_that_did_not_run_for_a_reason_that_is_a_problem_is_no_part_of_a_green_run(why: str, run: Run) -> None:
    unrun = {**run.honest.verdict.unrun, "tests/test_rock.py:TestRock.test_00": why}
    verdict = replace(run.honest.verdict, outcomes=run.honest.verdict.outcomes[1:], unrun=unrun)
    run.anew(replace(run.honest, verdict=verdict))
    code, said = run.verify()
    assert code == 1
    assert f"says that the module passed, although TestRock.test_00 did not run ({why})" in said


def test_of_a_large_log_a_change_is_found_and_not_its_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums, "LARGE", 16)
    run.anew(run.honest)
    code, said = run.verify()
    assert code == 0, said
    run.edit(LOG, lambda text: text.replace("TestRock", "TestRook", 1))
    code, said = run.verify()
    assert code != 0
    assert f"{LOG} was changed since the run ended" in said
