"""The stages of one run, one process of Odoo after the other in the same environment and database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from hub_runner import verdict
from hub_runner.checkout.migrations import Change
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE
from hub_runner.lifecycle.whole_verdict import Seen, goes_on, told
from hub_runner.odoo import trial
from hub_runner.odoo.choice import EVERYTHING
from hub_runner.odoo.command import Execution, Stage, install_arguments, odoo_arguments, upgrade_arguments
from hub_runner.plan import Plan
from hub_runner.result import Verdict
from hub_runner.verdict.record import Record

Begin = Callable[[str], None]  # is told the name of each stage when it begins


@contextlib.contextmanager
def booted(
    plan: Plan,
    environment: Environment,
    *,
    mode: tuple[str, ...],
    arguments: tuple[str, ...] = (),
    launcher: bytes | None = None,
) -> Iterator[Callable[[Begin], Verdict]]:
    """Odoo's first process boots and waits until the block calls the function that it gets, which tells of all stages.

    ``mode`` says, as the launcher has it, whether the database holds Odoo's own modules already. The process that runs the
    tests has ``arguments`` before all others, and ``launcher`` in the place of the usual program. Raises EnvironmentFailure.
    """
    life = _Life(plan, environment, mode, arguments, launcher)
    first, *others = stages(plan)
    with life.process(first) as boot:

        def live(begin: Begin) -> Verdict:
            begin(first.value)
            life.judge(first, boot())
            for stage in others:
                if not goes_on(life.seen):
                    break
                begin(stage.value)
                life.lay_out_files(stage)
                with life.process(stage) as test:
                    life.judge(stage, test())
            return told(plan, life.seen)

        yield live


def stages(plan: Plan) -> tuple[Stage, ...]:
    first = (Stage.INSTALL, Stage.UPGRADE) if plan.past else (Stage.TESTS,)
    return (*first, Stage.UNINSTALL) if plan.settings.is_uninstalled else first


class _Life:
    def __init__(
        self, plan: Plan, environment: Environment, mode: tuple[str, ...], arguments: tuple[str, ...], launcher: bytes | None
    ) -> None:
        self.plan, self.environment = plan, environment
        self.seen: list[Seen] = []
        self._first_mode, self._arguments, self._launcher = mode, arguments, launcher
        self._has_stages = len(stages(plan)) > 1

    def process(self, stage: Stage) -> AbstractContextManager[Callable[[], Execution]]:
        settings = self.plan.settings
        started = trial.Trial(
            modules=self.plan.first.archive if stage in (Stage.TESTS, Stage.INSTALL) else b"",
            arguments=self._odoo_arguments(stage),
            mode=self._mode(stage),
            folder="test" if stage.runs_tests else stage.value,
            timeout=settings.test_timeout,
            single=settings.single_test_timeout,
            launcher=self._launcher if stage.runs_tests else None,
            choice=self.plan.choice if stage.runs_tests else EVERYTHING,
        )
        return trial.booted(self.environment, started)

    def _mode(self, stage: Stage) -> str:
        """As the launcher has it. After the first stage, the database is what any database is in an upgrade."""
        words = ["fresh", "listed"] if self.seen else [*self._first_mode]
        words += ["contents"] if self._has_stages else []
        return "+".join([*words, f"uninstall={self.plan.module.name}"] if stage is Stage.UNINSTALL else words)

    def _odoo_arguments(self, stage: Stage) -> tuple[str, ...]:
        plan, settings = self.plan, self.plan.settings
        if stage is Stage.TESTS:
            return (
                *self._arguments,
                *odoo_arguments(plan.module, settings, database=DATABASE, along=plan.along, choice=plan.choice),
            )
        if stage is Stage.UPGRADE:
            others = [change.new.name for change in changes(plan) if change.new.name != plan.module.name]
            return (
                *self._arguments,
                *upgrade_arguments(plan.module, settings, database=DATABASE, others=others, choice=plan.choice),
            )
        names = (plan.module.name, *plan.along) if stage is Stage.INSTALL else ()
        return (*install_arguments(names, settings, database=DATABASE), "--stop-after-init")

    def lay_out_files(self, stage: Stage) -> None:
        """Puts today's files in the place of those that the upgrade begins from."""
        if stage is Stage.UPGRADE:
            target = self.plan.target.rstrip("/")
            self.environment.remove_files([f"{target}/{name}" for name in self.plan.first.files])
            self.environment.copy_in(self.plan.archive)

    def judge(self, stage: Stage, execution: Execution) -> None:
        plan = self.plan.first if stage is Stage.INSTALL else self.plan
        judged = verdict.judge(
            plan,
            execution,
            stage=stage,
            changes=changes(plan) if stage is Stage.UPGRADE else (),
            tables=self.seen[0].record.tables if self.seen else frozenset(),
        )
        record = Record.parse(execution.record, execution.secret) if self._has_stages else Record()
        self.seen.append(Seen(stage=stage, verdict=judged, record=record))


def changes(plan: Plan) -> tuple[Change, ...]:
    """The tested module, and whatever else of the checkout differs between then and now."""
    if not plan.past:
        return ()
    old = {module.name: module for module in plan.past.closure.local}
    return tuple(
        Change(old=old[new.name], new=new, old_files=plan.past.files[new.name], files=plan.files[new.name])
        for new in plan.closure.local
        if new.name in old and (new.name == plan.module.name or plan.past.files[new.name] != plan.files[new.name])
    )
