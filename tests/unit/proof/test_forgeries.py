"""A forger who does not hold a key: each forgery is found at the level that promises it, and named."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hub_runner.result import Outcome, Problem
from hub_runner.settings import BATCH_JSON, COVERAGE_XML, LOG, REPORT, RESULT
from tests.unit.proof import honest
from tests.unit.proof.forgeries import Forgery, forgeries
from tests.unit.proof.honest import Run

COMMON = "addons/traction/tests/common.py"
ALL = list(forgeries())
MANY = "class TestMany(TransactionCase):\n    def test_it(self):\n        pass\n"


def test_an_honest_run_is_proven(run: Run) -> None:
    code, said = run.verify()
    assert code == 0, said
    assert "PROVEN at level 0" in said
    assert "NOT PROVEN" not in said


def test_a_report_of_another_tool_is_none_of_the_run(run: Run) -> None:
    (run.folder / COVERAGE_XML).write_text('<coverage line-rate="1"/>')
    code, said = run.verify()
    assert code == 0, said
    assert COVERAGE_XML not in said


def test_a_file_beside_batch_json_is_verified_without_the_reports_on_all_modules(run: Run) -> None:
    for name, text in ((BATCH_JSON, "{}"), (REPORT, "<!-- hub-runner report --> of all modules")):
        (run.output / name).unlink(missing_ok=True)
        (run.output / name).write_text(text)
    code, said = run.verify(target=str(run.output / RESULT))
    assert code == 0, said
    assert REPORT not in said


@pytest.mark.parametrize("written", [True, False], ids=["parameterized_class", "another decorator"])
def test_classes_that_parameterized_makes_are_those_of_the_commit(written: bool, run: Run) -> None:
    decorator = "parameterized_class" if written else "tagged"
    file = run.root / honest.FILE
    file.write_text(f"{file.read_text()}\n\n@{decorator}(('x',), [('a',)])\n{MANY}")
    outcomes = (*run.honest.verdict.outcomes, honest.outcome("TestMany_0_a", "test_it"))
    ran = honest.result(run.root, honest.commit(run.root), *outcomes)
    unrun = {**honest.LEFT_OUT, "tests/test_rock.py:TestMany.test_it": "Odoo did not take it for a test"}
    run.anew(replace(ran, verdict=replace(ran.verdict, unrun=unrun)))
    code, said = run.verify()
    assert (code == 0) is written, said
    assert ("TestMany_0_a.test_it is not in" in said) is not written


@pytest.mark.parametrize("text", ["...", "12", "2026-01-02 "])
def test_a_test_may_write_without_an_end_of_its_line(text: str, run: Run) -> None:
    """Odoo's next line then stands behind it."""
    run.edit(LOG, lambda log: re.sub(r"(?m)^(.* Starting TestRock.test_02 )", rf"{text}\1", log))
    run.mend_all()
    code, said = run.verify()
    assert code == 0, said


HEAD = "2026-01-02 03:04:05,123 18 INFO db odoo.addons.traction.tests.test_rock: "
STARTING = f"{HEAD}Starting TestDream.test_it ..."


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        (STARTING, True),
        (f"some words{STARTING} ", True),
        (f"some words{HEAD}FAIL: TestDream.test_it".replace("INFO", "ERROR"), True),
        (f"{HEAD}the log has {STARTING}", False),
        (f"AssertionError: '{STARTING}' is not in []", False),
        (f"hub-runner | advice       {STARTING}", False),
    ],
)
def test_a_line_that_is_quoted_in_another_begins_no_test(line: str, counts: bool, run: Run) -> None:
    run.edit(LOG, lambda log: re.sub(r"(?m)^2026", f"{line}\n2026", log, count=1))
    run.mend_all()
    code, said = run.verify()
    assert (code == 1) is counts, said
    assert ("TestDream.test_it" in said) is counts, said


def with_common(run: Run, *outcomes: Outcome) -> tuple[int, str]:
    """What is said of a run of these tests, if the commit has a file for what tests share."""
    (run.root / COMMON).write_text("def twice(method):\n    return lambda self: (method(self), method(self))\n")
    run.anew(honest.result(run.root, honest.commit(run.root), *outcomes))
    return run.verify()


def test_a_test_whose_code_stands_in_another_file_is_one_of_the_commit(run: Run) -> None:
    """Inherited, or made by a decorator without functools.wraps."""
    first, *others = run.honest.verdict.outcomes
    code, said = with_common(run, replace(first, file=COMMON), *others)
    assert code == 0, said


def test_a_class_that_nobody_wrote_is_not_excused_by_another_file(run: Run) -> None:
    dream = honest.outcome("TestDream", "test_it")
    code, said = with_common(run, *run.honest.verdict.outcomes, replace(dream, file=COMMON))
    assert code == 1
    assert "other_tests: result.json: TestDream.test_it is not in addons/traction/tests/common.py" in said


def test_a_test_that_two_files_have_is_not_taken_for_both(run: Run) -> None:
    (run.root / "addons/traction/tests/test_more.py").write_text(honest.TESTS)
    code, said = with_common(run, *(replace(test, file=COMMON) for test in run.honest.verdict.outcomes))
    assert code == 1
    assert re.search(
        r"other_tests: .*tests/test_more.py, line \d+: TestRock.test_00 is in the commit, and did not run", said
    )


INNER = """

class TestOuter(TransactionCase):
    def test_outer(self):
        class Inner(TransactionCase):
            def test_inner(self):
                pass

        Inner("test_inner").run(self._outcome.result)
"""


def with_inner(run: Run, text: str, line: str, level: str) -> tuple[int, str]:
    """What is said of a run in whose log the line of a test stands that Odoo did not collect."""
    file = run.root / honest.FILE
    file.write_text(file.read_text() + text)
    outcomes = (*run.honest.verdict.outcomes, honest.outcome("TestOuter", "test_outer"))
    ran = honest.result(run.root, honest.commit(run.root), *outcomes)
    unrun = {**honest.LEFT_OUT, "tests/test_rock.py:Inner.test_inner": "Odoo did not take it for a test"}
    run.anew(replace(ran, verdict=replace(ran.verdict, unrun=unrun)))
    inner = HEAD.replace("INFO", level) + line
    run.edit(LOG, lambda log: re.sub(r"(?m)^2026", f"{inner}\\n2026", log, count=1))
    run.mend_all()
    return run.verify()


QUALIFIED = "TestOuter.test_outer.<locals>.Inner.test_inner"  # as Odoo logs it


@pytest.mark.parametrize("name", ["Inner.test_inner", QUALIFIED])
def test_a_test_that_another_one_runs_may_begin_in_the_log(name: str, run: Run) -> None:
    code, said = with_inner(run, INNER, f"Starting {name} ... ", "INFO")
    assert code == 0, said


@pytest.mark.parametrize("name", ["Inner.test_inner", QUALIFIED])
def test_that_it_failed_is_not_excused(name: str, run: Run) -> None:
    code, said = with_inner(run, INNER, f"FAIL: {name}", "ERROR")
    assert code == 1
    assert "contradiction: proof_of_execution_tests.log, line" in said
    assert "Inner.test_inner failed; result.json does not have it" in said


def test_a_test_that_no_other_one_holds_may_not_begin_without_an_outcome(run: Run) -> None:
    outer = "class TestOuter(TransactionCase):\n    def test_outer(self):\n        pass\n"
    text = f"\n\n{outer}\n\n{outer.replace('TestOuter', 'Inner').replace('outer', 'inner')}"
    code, said = with_inner(run, text, "Starting Inner.test_inner ... ", "INFO")
    assert code == 1
    assert re.search("other_tests: .*: Inner.test_inner begins in proof_of_execution_tests.log, and result.json says", said)


@pytest.mark.parametrize("name", ["make.<locals>.TestMany.test_it", "Outer.TestMany.test_it", "TestMany.test it all"])
def test_odoo_may_log_a_test_by_a_longer_name(name: str, run: Run) -> None:
    """A class in a function or in another class, and a method whose name some code has made."""
    file = run.root / honest.FILE
    file.write_text(f"{file.read_text()}\n\ndef make():\n    {MANY.replace(chr(10), chr(10) + '    ')}")
    method = name.rpartition(".")[2]
    ran = honest.result(run.root, honest.commit(run.root), *run.honest.verdict.outcomes, honest.outcome("TestMany", method))
    unrun = {**honest.LEFT_OUT, "tests/test_rock.py:TestMany.test_it": "Odoo did not take it for a test"}
    run.anew(replace(ran, verdict=replace(ran.verdict, unrun=unrun)))
    run.edit(LOG, lambda log: f"{log}\n".replace(f"Starting TestMany.{method} ...", f"Starting {name} ..."))
    run.mend_all()
    code, said = run.verify()
    assert code == 0, said


def test_the_test_that_ran_when_a_run_was_interrupted_contradicts_nothing(run: Run) -> None:
    """It may be one that a class inherits, or that a decorator has made: no file has its name."""
    problem = Problem(kind="interrupted", message="Interrupted.", return_code=130)
    run.anew(replace(run.honest, verdict=replace(run.honest.verdict, problems=(problem,))))
    starting = f"{HEAD}Starting TestChild.test_inherited ... \n"
    run.edit(LOG, lambda log: re.sub(r"(?m)(^.*Starting TestIssue.test_open ... \n)", lambda it: it[0] + starting, log))
    run.mend_all()
    code, said = run.verify()
    assert code == 1
    assert re.findall(r"(?m)^  (\w+): .*\.$", said) == ["not_passed"], said


@pytest.mark.parametrize("forgery", ALL, ids=[forgery.name for forgery in ALL])
def test_a_forgery_is_found_and_named(forgery: Forgery, run: Run) -> None:
    forgery.act(run)
    code, said = run.verify()
    assert code == 1, said
    assert "NOT PROVEN at level 0" in said
    assert re.search(rf"(?m)^  {forgery.reason}: ", said), said
    assert re.search(forgery.place, said), said


def test_there_are_a_hundred_forgeries() -> None:
    assert len({forgery.name for forgery in ALL}) == len(ALL) >= 100
