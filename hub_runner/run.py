"""One run, from its first second to the verified cleanup.

The guard is set, dead runs are swept, images and a database are made ready, a port is leased, the environment starts, Odoo
becomes healthy and runs the module's tests, the verdict is judged, and all is removed again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from hub_runner.checkout import snapshot
from hub_runner.cleanup import owner
from hub_runner.cleanup.guard import Guard
from hub_runner.cleanup.owner import Owner
from hub_runner.cleanup.sweep import sweep
from hub_runner.cleanup.teardown import Cleanup, teardown
from hub_runner.engine import disturbance
from hub_runner.engine.client import Failures, connect
from hub_runner.engine.environment import Environment
from hub_runner.engine.provision import provision
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.signals import Signals
from hub_runner.lifecycle.tries import Phases, Tries
from hub_runner.observers import Observers
from hub_runner.odoo import keep as keeping
from hub_runner.odoo.keep import Kept
from hub_runner.plan import Plan
from hub_runner.requirements.provide import equipped
from hub_runner.result import Result, RunInfo, Verdict
from hub_runner.settings import LOG
from hub_runner.verdict.conclusion import cannot_install, concluded, failed

Report = Callable[[RunInfo], Observers]


def run(plan: Plan, report: Report, arrived: Signals) -> Result:
    """Tests one module. Expected failures are part of the result; ``arrived`` are the signals that came so far."""
    me, lock = owner.claim(plan.module.name, plan.settings.prefix)
    story = Run(plan, me, report)
    guard, kept = Guard(me.run, story.tries.info.log, lock), None
    try:
        seen = story.until_verdict(arrived, guard)
        kept = story.keep(seen, arrived, guard)
    finally:  # from here on signals are only counted: nothing breaks off a teardown
        cleanup = story.put_off(kept) if kept else story.tear_down()
    try:
        return story.end(concluded(seen, cleanup, arrived.received, guarded=guard.is_alive), cleanup)
    finally:  # the guard stays until the log has its last lines, or else writes them itself
        if kept:
            guard.keep(kept.deadline)
            lock.leave()
        else:
            guard.end(engine_away=bool(cleanup.engine_away))


class Run:
    """What happens in a run, and what is known of it by then."""

    def __init__(self, plan: Plan, me: Owner, report: Report) -> None:
        self.plan, self.me = plan, me
        info = _header(plan, me.run)
        self.observers = report(info)
        self.phases = Phases(self.observers)
        self.tries = Tries(plan=plan, run_id=me.run, observers=self.observers, phases=self.phases, info=info)
        self.kept: Kept | None = None
        self.engine_answered = False  # before that nothing can have been made
        self.observers.started(info)

    def until_verdict(self, arrived: Signals, guard: Guard) -> Verdict:
        """From the guard to the verdict; whatever goes wrong becomes one."""
        try:
            guard.start()  # before signals may raise: a guard whose start is interrupted would take its runner for dead
            return arrived.interruptible(self._test)
        except Exception as error:  # noqa: BLE001  # expected or a defect: either way the cleanup comes next
            return failed(error)

    def _test(self) -> Verdict:
        if self.plan.mistakes:
            self.phases.begin("checks")
            return cannot_install(self.plan)
        try:
            return self._attempt()
        except (EnvironmentFailure, *Failures) as error:
            if self.tries.tests_began or not disturbance.may_be_over(error):
                raise
            why = failed(error).problems[0].message.partition("\n")[0]
            self._begin_anew(error, why)
        seen = self._attempt()
        return replace(
            seen, notes=(*seen.notes, f"this was the second try: the first was disturbed before any test ({why})")
        )

    def _begin_anew(self, error: Exception, why: str) -> None:
        """Nothing of the first try is left. Raises its error if that cannot be said."""
        self.observers.note(f"No test had begun, so once more from the start: {why}")
        self.phases.begin("teardown")
        if not teardown(self.me.run).is_clean:
            raise error
        self.tries.forget()

    def _attempt(self) -> Verdict:
        """From images that are here to the verdict."""
        plan = self.plan
        with equipped(self._environment(), plan.wanted, plan.settings, labels=self.me.labels) as (environment, packages):
            self.tries.learned(replace(self.tries.info, packages=packages))
            return self.tries.verdict(environment)

    def _environment(self) -> Environment:
        """What dead runs have left is removed, the images are here, and nothing of the run's own is started yet."""
        plan, settings = self.plan, self.plan.settings
        self.phases.begin("sweep")
        engine = connect()
        self.engine_answered = True
        sweep(engine, settings.prefix, self.observers.note)
        self.phases.begin("images")
        provided = provision(
            plan.model,
            settings,
            engine,
            run_id=self.me.run,
            labels=self.me.labels,
            environ=plan.environ,
            observers=self.observers,
        )
        used = replace(self.tries.info, images=provided.images, stand_in=provided.stand_in)
        self.tries.learned(replace(used, engine=engine.version(), compose=plan.compose))
        return provided.environment

    def keep(self, seen: Verdict, arrived: Signals, guard: Guard) -> Kept | None:
        """If ``--keep`` asks for it and the run failed, lets people into its environment.

        On a terminal it waits, and the environment ends with the wait. Elsewhere the guard is to end what is returned.
        """
        seconds = self.plan.settings.keep_seconds
        if not seconds or not self.tries.environment or not self.tries.info.port or not keeping.is_worth_a_look(seen):
            return None
        try:
            return arrived.interruptible(
                partial(self._keep, self.tries.environment, self.tries.info.port, seconds, seen, guard)
            )
        except Exception as error:  # noqa: BLE001  # whatever it is, the verdict stands, and the cleanup comes next
            self.observers.note(f"The environment is not kept: {error}")
            return None

    def _keep(self, environment: Environment, port: int, seconds: float, seen: Verdict, guard: Guard) -> Kept | None:
        self.phases.begin("keep")
        kept = keeping.keep(environment, port=port, seconds=seconds)
        if keeping.can_wait():
            for line in (*keeping.failures(seen), *kept.lines):
                self.observers.kept(line)
            self.observers.kept(f"The environment is kept until {kept.until}. Enter ends it before.")
            keeping.wait(kept)
            return None
        if not guard.is_alive:
            self.observers.note("The environment is not kept: its guard was killed, and nobody else would end it.")
            return None
        self.kept = kept
        return kept

    def put_off(self, kept: Kept) -> Cleanup:
        self.phases.end()
        return Cleanup(self.me.run, kept_until=kept.until)

    def tear_down(self) -> Cleanup:
        self.phases.begin("teardown")
        everything_is_up = self.tries.info.port is not None  # then nothing is made any more
        if self.engine_answered:
            cleanup = teardown(self.me.run, settled=everything_is_up)
        else:
            cleanup = Cleanup(self.me.run, idle=True)
        self.phases.end()
        return cleanup

    def end(self, final: Verdict, cleanup: Cleanup) -> Result:
        notes = (*(self.kept.notes if self.kept else ()), *self.plan.notes, *final.notes)  # a summary shows the first ones
        result = Result(
            info=self.tries.info,
            verdict=replace(final, notes=notes),
            finished=dt.datetime.now(dt.UTC),
            phases=self.phases.durations,
            cleanup=str(cleanup),
            leftovers=tuple(cleanup.left),
        )
        self.observers.finished(result)
        return result


def _header(plan: Plan, run_id: str) -> RunInfo:
    """What the header of the log says of a run before anything has happened."""
    trees = plan.trees
    return RunInfo(
        run_id=run_id,
        module=plan.module.name,
        module_version=plan.module.version,
        module_folder=plan.module.folder,
        module_tree=snapshot.digest(trees[plan.module.name].files),
        along={name: snapshot.digest(trees[name].files) for name in plan.along},
        trees=trees,
        root=plan.settings.root,
        started=dt.datetime.now(dt.UTC),
        command=plan.command,
        log=plan.settings.run_folder(run_id) / LOG,
        commit=plan.commit,
        dirty=plan.dirty,
        demo=plan.settings.demo,
    )
