"""What several stages prove together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from hub_runner.checkout.past import Past
from hub_runner.exit_codes import Kind
from hub_runner.lifecycle.stages import changes, stages
from hub_runner.lifecycle.whole_verdict import Seen, goes_on, told
from hub_runner.odoo.command import Stage
from hub_runner.plan import Plan
from hub_runner.result import Outcome, Problem, Status, Verdict
from hub_runner.settings import Settings
from hub_runner.verdict.events import Contents
from hub_runner.verdict.halves import both
from hub_runner.verdict.record import Record
from hub_runner.verdict.strictness import Finding, ruled
from hub_runner.verdict.upgrade import vanished
from tests.unit.warm.worlds import world

TEST = Outcome(module="probe", cls="TestProbe", method="test_it", status=Status.PASSED)
OK = Verdict(odoo_version="18.0-x")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Of a module that was 1.0 at v1.0 and is 1.1 today."""
    today = world(tmp_path, lifecycle=True).plan
    module = replace(today.module, manifest={**today.module.manifest, "version": "1.1"})
    old = replace(module, manifest={**module.manifest, "version": "1.0"})
    closure = replace(today.closure, local=(module,))
    past = Past(
        ref="v1.0",
        commit="c" * 40,
        module=old,
        closure=replace(closure, local=(old,)),
        files={"probe": {"a.py": b"1"}},
        as_today=(),
    )
    return replace(today, module=module, closure=closure, files={"probe": {"a.py": b"2"}}, past=past)


def contents(**values: object) -> Record:
    empty = {"event": "contents", "states": [], "external_ids": [], "columns": [], "fields": [], "unowned": []}
    return Record(contents=cast(Contents, {**empty, **values}))


def seen(stage: Stage, *kinds: Kind, record: Record | None = None, **verdict: object) -> Seen:
    problems = tuple(Problem.of(kind, f"it is {kind}", file="a.py", line=3) for kind in kinds)
    return Seen(stage=stage, verdict=replace(OK, problems=problems, **verdict), record=record or Record())  # type: ignore[arg-type]


def test_the_stages_are_those_that_were_asked_for(plan: Plan) -> None:
    assert stages(plan) == (Stage.INSTALL, Stage.UPGRADE, Stage.UNINSTALL)
    assert stages(replace(plan, past=None)) == (Stage.TESTS, Stage.UNINSTALL)
    settings = replace(plan.settings, lifecycle=False)
    assert stages(replace(plan, settings=settings)) == (Stage.INSTALL, Stage.UPGRADE)
    assert stages(replace(plan, settings=settings, past=None)) == (Stage.TESTS,)


def test_a_run_of_one_process_has_its_verdict(plan: Plan) -> None:
    alone = replace(plan, settings=replace(plan.settings, lifecycle=False), past=None)
    first = seen(Stage.TESTS, Kind.TESTS_FAILED)
    assert told(alone, [first]) is first.verdict


@pytest.mark.parametrize(
    ("stage", "kind", "on"),
    [
        (Stage.INSTALL, None, True),
        (Stage.INSTALL, Kind.INSTALL_ERRORS, False),
        (Stage.INSTALL, Kind.WARNINGS, False),
        (Stage.UPGRADE, Kind.TESTS_FAILED, True),
        (Stage.UPGRADE, Kind.NO_TESTS, True),
        (Stage.UPGRADE, Kind.MIGRATIONS_NOT_RUN, True),
        (Stage.UPGRADE, Kind.UPGRADE_ERRORS, False),
        (Stage.TESTS, Kind.KILLED, False),
        (Stage.TESTS, Kind.INTERRUPTED, False),
    ],
)
def test_what_follows_after_a_stage(stage: Stage, kind: Kind | None, on: bool) -> None:
    assert goes_on([seen(stage, *([kind] if kind else []))]) is on


def test_all_is_told_of_a_lifecycle_that_went_well(plan: Plan) -> None:
    before = contents(columns=["p.a", "p.b"], fields=["p.b"], external_ids=[["probe.x", "p"], ["probe.y", "p"]])
    after = replace(
        contents(columns=["p.a"], external_ids=[["probe.y", "p"]]), migrations=(("probe", "migrations/1.1/pre-a.py"),)
    )
    verdict = told(
        plan,
        [
            seen(Stage.INSTALL, record=before, notes=("a note",)),
            seen(Stage.UPGRADE, record=after, outcomes=(TEST,), notes=("a note",)),
            seen(Stage.UNINSTALL),
        ],
    )
    assert verdict.passed
    assert verdict.outcomes == (TEST,)
    assert verdict.lifecycle
    assert verdict.lifecycle.stages == {"install": "passed", "upgrade": "passed", "uninstall": "passed"}
    assert verdict.lifecycle.vanished == ("field p.b", "column p.b", "external id probe.x (p)")
    assert verdict.notes == (
        f"installed probe 1.0, as it was at v1.0 ({'c' * 10})",
        "upgraded to 1.1: 1 migration script ran: probe/migrations/1.1/pre-a.py",
        "gone after the upgrade: field p.b; column p.b; external id probe.x (p)",
        "uninstalled probe: nothing of it is left in the database",
        "a note",
    )


def test_a_failure_of_the_old_release_has_no_place_in_todays_files(plan: Plan) -> None:
    verdict = told(plan, [seen(Stage.INSTALL, Kind.INSTALL_FAILED)])
    (problem,) = verdict.problems
    assert problem.message.startswith("As it was at v1.0 (cccccccccc), before any upgrade: it is install_failed")
    assert (problem.file, problem.line, problem.return_code) == (None, None, 7)
    assert verdict.lifecycle
    assert verdict.lifecycle.stages == {"install": "failed"}
    assert verdict.notes == ()


def test_tests_that_failed_are_no_failure_of_the_upgrade(plan: Plan) -> None:
    verdict = told(
        plan, [seen(Stage.INSTALL), seen(Stage.UPGRADE, Kind.TESTS_FAILED), seen(Stage.UNINSTALL, Kind.UNINSTALL_FAILED)]
    )
    assert verdict.lifecycle
    assert verdict.lifecycle.stages == {"install": "passed", "upgrade": "passed", "uninstall": "failed"}
    assert [problem.kind for problem in verdict.problems] == ["tests_failed", "uninstall_failed"]


@pytest.mark.parametrize("field", ["waived", "notes"])
@pytest.mark.parametrize("halves", [("on", "off"), ("off",)])
def test_what_was_let_pass_is_not_called_nothing(plan: Plan, halves: tuple[str, ...], field: str) -> None:
    settings = Settings(root=Path("/checkout"), uninstall_leftovers="note")
    _, (lenient,) = ruled("uninstall_leftovers", [Finding(text="table t")], settings)
    left = replace(OK, **{field: (lenient.text,)})  # type: ignore[arg-type]  # a field of texts
    last = both({demo: left if demo in halves else OK for demo in ("on", "off")})
    verdict = told(plan, [seen(Stage.INSTALL), seen(Stage.UPGRADE), replace(seen(Stage.UNINSTALL), verdict=last)])
    assert "uninstalled probe" in verdict.notes


def test_a_release_that_is_todays_says_so(plan: Plan) -> None:
    same = replace(plan, files=plan.past.files) if plan.past else plan
    notes = told(same, [seen(Stage.INSTALL), seen(Stage.UPGRADE)]).notes
    assert "nothing differs between v1.0 and today: the upgrade had nothing to do" in notes


def test_an_upgrade_that_broke_off_lost_nothing_that_is_known() -> None:
    assert list(vanished(contents(columns=["p.a"]), Record())) == []


def test_changes_are_the_module_and_what_differs(plan: Plan) -> None:
    (change,) = changes(plan)
    assert (change.old.version, change.new.version) == ("1.0", "1.1")
    assert changes(replace(plan, past=None)) == ()


def test_what_is_installed_first_is_the_past(plan: Plan) -> None:
    assert plan.first.module.version == "1.0"
    assert plan.first.archive != plan.archive
    assert replace(plan, past=None).first.module.version == "1.1"
