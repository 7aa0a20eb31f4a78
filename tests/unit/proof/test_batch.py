"""Several runs of one command: each is verified, and whether batch.json tells of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hub_runner.checkout import snapshot
from hub_runner.errors import UsageError
from hub_runner.exit_codes import Kind
from hub_runner.report import batch_report
from hub_runner.report.module_end import ModuleEnd
from hub_runner.result import Problem, Result, Status
from hub_runner.settings import BATCH_JSON, BATCH_XML, LOG, REPORT
from tests.unit.proof import honest
from tests.unit.proof.honest import Run
from tests.unit.report import samples

ID = "hub-agent-test-rocks-1767323045-cd34"


@pytest.fixture
def batch(run: Run) -> Run:
    """The run of traction, and one of rocks in the same command."""
    return written(run)


def written(run: Run, status: Status = Status.PASSED) -> Run:
    (run.root / "addons/rocks/tests").mkdir()
    (run.root / "addons/rocks/tests/__init__.py").write_text("from . import test_hard\n")
    text = "class TestHard(TransactionCase):\n    def test_hard(self):\n        pass\n"
    (run.root / "addons/rocks/tests/test_hard.py").write_text(f"from odoo.tests import TransactionCase\n\n\n{text}")
    commit = honest.commit(run.root)
    test = samples.outcome("test_hard", status, cls="TestHard", file="addons/rocks/tests/test_hard.py", module="rocks")
    of_rocks = honest.result(run.root, commit, test)
    info = replace(of_rocks.info, run_id=ID, module="rocks", module_folder=run.root / "addons/rocks")
    trees = honest.trees(run.root, "rocks")
    info = replace(info, trees=trees, module_tree=snapshot.digest(trees["rocks"].files))
    problems = (Problem.of(Kind.TESTS_FAILED, "1 of 1 test failed."),) if status is Status.FAILED else ()
    of_rocks = replace(of_rocks, info=info, verdict=replace(of_rocks.verdict, unrun={}, problems=problems))
    return finished(run, honest.result(run.root, commit), of_rocks)


def located(run: Run, result: Result) -> Result:
    """With its log where a run has it."""
    log = run.output / ".hub-runner/runs" / result.info.run_id / LOG
    return replace(result, info=replace(result.info, log=log))


def finished(run: Run, *results: Result) -> Run:
    """All files of these runs, and those of the command."""
    shutil.rmtree(run.output)
    results = tuple(located(run, result) for result in results)
    for result in results:
        honest.write(result, run.output)
    ends = [ModuleEnd.of(result, run.output) for result in results]
    assert batch_report.write(ends, 1.0, batch_report.exit_code(ends), run.output) == []
    return run


def edited(run: Run, change: Callable[[Any], object]) -> tuple[int, str]:
    path = run.output / BATCH_JSON
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return run.verify(target=str(path))


@pytest.mark.parametrize("target", [None, ".", BATCH_JSON])
def test_each_run_of_a_command_is_verified_and_one_verdict_said(target: str | None, batch: Run) -> None:
    code, said = batch.verify(target=target and str(batch.output / target))
    assert code == 0, said
    assert "traction: proven" in said
    assert "rocks: proven" in said
    assert said.count("L0 whole: ") == 2
    assert said.rstrip().rpartition("\n")[2].startswith("PROVEN at level 0.")


def test_one_run_that_is_not_proven_is_named_and_decides(batch: Run) -> None:
    path = batch.output / ".hub-runner/runs" / ID / REPORT
    path.unlink()
    path.write_text("all is well")
    code, said = batch.verify(target=None)
    assert code == 1
    assert "rocks: NOT PROVEN, see above" in said
    assert "traction: proven" in said
    assert said.rstrip().endswith("NOT PROVEN at level 0.")


def test_a_run_that_failed_is_never_proven_whatever_batch_json_says(run: Run) -> None:
    failed = written(run, Status.FAILED)

    def embellished(document: Any) -> None:
        document |= {"passed": True, "return_code": 0}
        document["modules"][1] |= {"return_code": 0, "failed": 0}

    code, said = edited(failed, embellished)
    assert code == 1
    assert "contradiction: batch.json has return_code 0 of rocks, and its result has 1" in said
    assert "contradiction: batch.json has failed 0 of rocks, and its result has 1" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it.update(return_code=1), "batch.json has exit code 1 for all, not 0"),
        (lambda it: it["modules"][0].update(tests=400), "has tests 400 of traction, and its result has 4"),
        (lambda it: it["modules"][0].update(module="fraction"), "names a run of traction as that of fraction"),
        (lambda it: it["modules"][0].update(folder="."), "names a run of rocks as that of traction"),
        (lambda it: it["modules"][0].update(folder="../.."), "there is no folder ../.. in"),
        (lambda it: it["modules"][0].update(folder=None), "it has left no files"),
        (
            lambda it: it["modules"].append({"module": "gone", "return_code": None, "summary": "NOT RUN gone"}),
            "NOT RUN gone",
        ),
        (lambda it: it["modules"][0].update(folder="x" * 5000), "there is no folder xxx"),
        (
            lambda it: it["modules"][0].update(summary="FAILED"),
            'has summary "FAILED" of traction, and its result has "PASSED',
        ),
        (lambda it: it["modules"][0].update(coverable=9, covered=9), "has covered 9 of traction, and its result has 0"),
        (lambda it: it.update(summary="PASSED: 400 modules in 1 s"), "and its modules come to 'PASSED: 2 modules, 5 tests'"),
        (lambda it: it.update(return_code=False), "batch.json has exit code False for all, not 0"),
        (lambda it: it.update(hub_runner="0.9"), "batch.json is of hub-runner 0.9, and its runs are of"),
        (lambda it: it["modules"].pop(), "proof_of_execution_tests.log beside batch.json is that of none of its runs"),
    ],
)
def test_each_forgery_of_batch_json_is_told(change: Callable[[Any], object], words: str, batch: Run) -> None:
    code, said = edited(batch, change)
    assert code == 1
    assert words in said


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("<testcase ", '<testcase name="dream" classname="x"/><testcase ', "contradiction: batch.xml does not hold what"),
        ("</testsuites>", "", "unreadable: batch.xml is cut off, or no XML"),
    ],
)
def test_batch_xml_holds_the_suites_of_the_runs(before: str, after: str, words: str, batch: Run) -> None:
    path = batch.output / BATCH_XML
    path.write_text(path.read_text().replace(before, after, 1))
    code, said = batch.verify(target=None)
    assert code == 1
    assert words in said


def test_a_batch_xml_of_another_tool_is_none_of_the_command(batch: Run) -> None:
    (batch.output / BATCH_XML).write_text("<testsuites/>")
    assert batch.verify(target=None)[0] == 0


def test_a_module_is_named_once(batch: Run) -> None:
    with pytest.raises(UsageError, match="it names a module twice"):
        edited(batch, lambda it: it["modules"].append(it["modules"][0]))


def test_a_command_that_was_interrupted_between_two_runs_is_not_accused_of_a_contradiction(batch: Run) -> None:
    first = honest.result(batch.root, honest.git(batch.root, "rev-parse", "HEAD").strip())
    finished(batch, first)
    ends = [ModuleEnd.of(located(batch, first), batch.output), ModuleEnd.never_run("rocks", "the batch was stopped before")]
    assert batch_report.write(ends, 1.0, 130, batch.output) == []
    code, said = batch.verify(target=None)
    assert code == 1
    assert "not_passed: The command was interrupted (exit code 130)." in said
    assert "batch.json has exit code" not in said
    assert "Not all modules passed" not in said


@pytest.mark.parametrize("claim", [{"return_code": 130}, {"return_code": "130", "passed": False}, {"return_code": True}])
def test_only_a_number_and_a_command_that_did_not_pass_are_an_interrupt(claim: dict[str, Any], batch: Run) -> None:
    code, said = edited(batch, lambda document: document.update(claim))
    assert code == 1
    assert f"contradiction: batch.json has exit code {claim['return_code']} for all, not 0" in said


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 9}', '{"schema": 1, "modules": []}', '{"schema": 1, "modules": [{}]}']
)
def test_what_is_no_batch_json_is_refused(text: str, batch: Run) -> None:
    (batch.output / BATCH_JSON).write_text(text)
    with pytest.raises(UsageError, match=r"batch\.json cannot be read"):
        batch.verify(target=None)


def test_runs_of_two_commits_are_no_batch(batch: Run) -> None:
    before = (batch.output / BATCH_JSON).read_bytes()
    honest.write(located(batch, batch.honest), batch.output)  # that of traction, on the commit before
    (batch.output / BATCH_JSON).write_bytes(before)  # a run removes that of the command before
    code, said = batch.verify(target=None)
    assert code == 1
    assert "The runs are not of one command on one commit" in said


def test_two_commands_are_not_compared(batch: Run) -> None:
    with pytest.raises(UsageError, match="--against"):
        batch.verify(target=None, against=str(batch.folder))


def test_one_run_is_compared_with_that_of_its_module_in_a_command_of_several(batch: Run) -> None:
    code, said = batch.verify(target="traction", against=str(batch.output))
    assert (code, "0 differences" in said) == (0, True), said
    document = json.loads((batch.output / BATCH_JSON).read_text())
    document["modules"] = [end for end in document["modules"] if end["module"] != "traction"]
    (batch.output / BATCH_JSON).write_text(json.dumps(document))
    with pytest.raises(UsageError, match="has no run of traction"):
        batch.verify(target="traction", against=str(batch.output))
