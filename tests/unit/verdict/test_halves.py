from __future__ import annotations

from dataclasses import fields
from typing import Any, cast

from hub_runner.exit_codes import Kind
from hub_runner.result import Lifecycle, Outcome, Problem, SetUp, Status, Verdict
from hub_runner.verdict.halves import both

FAILED = Problem.of(Kind.TESTS_FAILED, "1 of 2 tests failed.")
FORGOTTEN = Problem.of(Kind.FORGOTTEN_FILES, "1 test file is never imported.")
LOST = Problem.of(Kind.KILLED, "Odoo was killed.")


def outcome(method: str, status: Status = Status.PASSED) -> Outcome:
    return Outcome(module="rock", cls="TestRock", method=method, status=status)


def test_two_green_halves_are_green_and_hold_all_tests() -> None:
    half = Verdict(outcomes=(outcome("test_a"), outcome("test_b")), notes=("a note",), odoo_version="18.0")
    whole = both({"on": half, "off": half})
    assert whole.passed
    assert [it.title for it in whole.outcomes] == [
        "TestRock.test_a (with demo data)",
        "TestRock.test_b (with demo data)",
        "TestRock.test_a (without demo data)",
        "TestRock.test_b (without demo data)",
    ]
    assert whole.notes == ("a note",)
    assert whole.odoo_version == "18.0"


def test_one_red_half_makes_it_red_and_is_named() -> None:
    red = Verdict(problems=(FAILED,), outcomes=(outcome("test_a", Status.FAILED),), notes=("only here",))
    whole = both({"on": Verdict(outcomes=(outcome("test_a"),)), "off": red})
    assert [problem.message for problem in whole.problems] == ["Without demo data: 1 of 2 tests failed."]
    assert [failure.title for failure in whole.failures] == ["TestRock.test_a (without demo data)"]
    assert whole.notes == ("without demo data: only here",)
    assert whole.return_code == 1


def test_the_gravest_problem_decides_whichever_half_it_comes_from() -> None:
    whole = both({"on": Verdict(problems=(FAILED,)), "off": Verdict(problems=(LOST, FAILED))})
    assert whole.return_code == Kind.KILLED.code
    assert whole.problems[0].message == "Without demo data: Odoo was killed."


def test_what_both_halves_found_is_told_once() -> None:
    half = Verdict(problems=(FORGOTTEN,), waived=("a finding",))
    whole = both({"on": half, "off": half})
    assert [problem.message for problem in whole.problems] == [
        "With demo data and without demo data: 1 test file is never imported."
    ]
    assert whole.waived == ("a finding",)


def test_a_half_alone_is_a_verdict_too() -> None:
    """The second one is not begun if the first was interrupted."""
    whole = both({"on": Verdict(problems=(LOST,), outcomes=(outcome("test_a"),))})
    assert whole.return_code == Kind.KILLED.code
    assert whole.outcomes[0].demo == "on"


def test_no_field_of_a_half_is_forgotten() -> None:
    """Each field of a verdict that one half has set must be found in the whole, but for a doubt that was looked into."""
    half = Verdict(
        problems=(FAILED,),
        outcomes=(outcome("test_a"),),
        notes=("a note",),
        waived=("a finding",),
        unrun={"tests/test_rock.py:TestRock.test_b": "deselected by tags"},
        odoo_version="18.0",
        coverage=cast(Any, "measured"),
        part="-k 'a'",
        left_out=1,
        set_ups=(SetUp(cls="TestRock", file=None, duration=0.5),),
        durations=3,
        lifecycle=Lifecycle(ref="v1", commit="", version="", stages={}),
        doubt="the contents of the database",
    )
    whole, empty = both({"on": half, "off": half}), Verdict()
    unset = {field.name for field in fields(Verdict) if getattr(half, field.name) == getattr(empty, field.name)}
    assert unset == set(), "a new field: set it above"
    lost = {field.name for field in fields(Verdict) if getattr(whole, field.name) == getattr(empty, field.name)}
    assert lost == {"doubt"}


def test_a_test_that_ran_in_one_half_did_run() -> None:
    missing = {"tests/test_rock.py:TestRock.test_a": "its class was skipped"}
    whole = both({"on": Verdict(unrun=missing), "off": Verdict(outcomes=(outcome("test_a"),))})
    assert whole.unrun == {}


def test_the_lifecycle_is_that_of_the_half_in_which_a_stage_failed() -> None:
    good, bad = (
        Verdict(lifecycle=Lifecycle(ref="", commit="", version="", stages={"uninstall": how}))
        for how in ("passed", "failed")
    )
    assert both({"on": good, "off": bad}).lifecycle == both({"on": bad, "off": good}).lifecycle == bad.lifecycle
    assert both({"on": good, "off": good}).lifecycle == good.lifecycle
    assert both({"on": Verdict(), "off": Verdict()}).lifecycle is None
