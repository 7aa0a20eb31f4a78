"""The verdict on a run of several stages: which of them failed, what an upgrade lost, what an uninstallation left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hub_runner.exit_codes import Kind
from hub_runner.odoo.command import Stage
from hub_runner.plan import Plan
from hub_runner.result import Lifecycle, Problem, Verdict
from hub_runner.settings import option
from hub_runner.text import counted, listed
from hub_runner.verdict.judge import HIDES_NOTHING
from hub_runner.verdict.record import Record
from hub_runner.verdict.upgrade import vanished
from hub_runner.verdict.waived import Waived

LEFTOVERS = option("uninstall_leftovers")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one process proved."""

    stage: Stage
    verdict: Verdict
    record: Record


def goes_on(seen: Sequence[Seen]) -> bool:
    """Whether there is a next stage: tests that failed do not keep a module from being uninstalled."""
    latest = seen[-1]
    if latest.stage is Stage.INSTALL:
        return latest.verdict.passed
    return all(problem.kind in HIDES_NOTHING | {Kind.NO_TESTS} for problem in latest.verdict.problems)


def told(plan: Plan, seen: Sequence[Seen]) -> Verdict:
    """The verdict of the run; that of its only process if it had one."""
    first, last = seen[0].verdict, seen[-1].verdict
    if not plan.past and not plan.settings.is_uninstalled:
        return first
    tested = next((it.verdict for it in seen if it.stage.runs_tests), first)
    life = _life(plan, seen)
    return replace(
        tested,
        problems=tuple(problem for it in seen for problem in _problems(plan, it)),
        notes=(*_notes(plan, life, last), *dict.fromkeys(note for it in seen for note in it.verdict.notes)),
        waived=tuple(dict.fromkeys(text for it in seen for text in it.verdict.waived)),
        odoo_version=last.odoo_version or first.odoo_version,
        doubt=first.doubt,
        lifecycle=life,
    )


def _problems(plan: Plan, seen: Seen) -> Iterator[Problem]:
    if seen.stage is not Stage.INSTALL or not plan.past:
        yield from seen.verdict.problems
        return
    for problem in seen.verdict.problems:  # its place in today's file would be another line, or none
        message = f"As it was at {plan.past.name}, before any upgrade: {problem.message}"
        yield replace(problem, message=message, file=None, line=None)


def _life(plan: Plan, seen: Sequence[Seen]) -> Lifecycle:
    by_stage = {it.stage: it for it in seen}
    upgrade = by_stage.get(Stage.UPGRADE)
    return Lifecycle(
        ref=plan.past.ref if plan.past else "",
        commit=plan.past.commit if plan.past else "",
        version=plan.past.module.version if plan.past else "",
        stages={it.stage.value: "failed" if _has_failed(it) else "passed" for it in seen},
        migrations=tuple(f"{module}/{file}" for module, file in upgrade.record.migrations) if upgrade else (),
        vanished=tuple(vanished(by_stage[Stage.INSTALL].record, upgrade.record)) if upgrade else (),
    )


def _has_failed(seen: Seen) -> bool:
    """Tests that failed are told elsewhere: here it counts whether the module was installed, upgraded or uninstalled."""
    return not goes_on([seen]) if seen.stage is not Stage.UNINSTALL else not seen.verdict.passed


def _notes(plan: Plan, life: Lifecycle, latest: Verdict) -> Iterator[str]:
    """What became of the module, stage by stage."""
    name, past = plan.module.name, plan.past
    if past and life.stages.get("install") == "passed":
        yield f"installed {name} {life.version}, as it was at {past.name}"
        if past.as_today:
            yield f"git does not know how these were then, they were installed as they are: {', '.join(past.as_today)}"
        if past.files == {module: plan.files.get(module) for module in past.files}:
            yield f"nothing differs between {past.ref} and today: the upgrade had nothing to do"
    if life.stages.get("upgrade"):
        ran = ", ".join(listed(life.migrations, 8))
        count = counted(len(life.migrations), "migration script") if life.migrations else "no migration script"
        yield f"upgraded to {plan.module.version}: {count} ran" + (f": {ran}" if ran else "")
    if life.vanished:
        yield f"gone after the upgrade: {'; '.join(listed(life.vanished, 12))}"
    if life.stages.get("uninstall") == "passed":
        let = any(Waived.parse(text).setting == LEFTOVERS for text in (*latest.waived, *latest.notes))
        yield f"uninstalled {name}" + ("" if let else ": nothing of it is left in the database")
