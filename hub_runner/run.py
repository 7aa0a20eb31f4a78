"""The story of a run: signals, guard, sweep, images, port, environment, health, tests, verdict, teardown."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from hub_runner import evidence, owner, ports, trial, verdict
from hub_runner.conclude import against, conclude
from hub_runner.connect import connect
from hub_runner.environment import Environment
from hub_runner.guard import Guard
from hub_runner.observer import Observers
from hub_runner.phases import Phases
from hub_runner.plan import Plan
from hub_runner.provision import provision
from hub_runner.result import Result, RunInfo, Verdict
from hub_runner.signals import Signals
from hub_runner.sweep import forget_locks, orphans, sweep
from hub_runner.teardown import Cleanup, teardown

Report = Callable[[RunInfo], Observers]
# How the database begins (`warm/`): takes the environment with an empty one, gives that to start and its cache's name.
Start = Callable[[Plan, Environment], AbstractContextManager[tuple[Environment, str | None]]]


def run(plan: Plan, report: Report, arrived: Signals, start: Start) -> Result:
    """Tests one module, from the first second to the verified cleanup. Expected failures are part of the result."""
    me, lock = owner.claim(plan.module.name, plan.settings.prefix)
    story = Story(plan, me, report, start)
    guard = Guard(me.run, story.info.log, lock)
    try:
        found = story.tell(arrived, guard)
    finally:  # signals only count from here on: nothing breaks off a teardown
        cleanup = story.tear_down()
    try:
        return story.end(conclude(found, cleanup, arrived.received, guarded=guard.is_alive), cleanup)
    finally:  # the guard stays until the log has its last words, or else writes them itself
        guard.hand_over() if cleanup.engine_away else guard.dismiss()
        lock.leave() if cleanup.engine_away else lock.release(remove=True)


class Story:
    """What happens in a run, and what is known of it by then."""

    def __init__(self, plan: Plan, me: owner.Owner, report: Report, start: Start) -> None:
        self.plan, self.me, self.start = plan, me, start
        self.info = evidence.first_page(plan, me.run)
        self.observers = report(self.info)
        self.phases = Phases(self.observers)
        self.touched = False  # whether the engine has answered: before that nothing can have been made
        self.observers.started(self.info)

    def tell(self, arrived: Signals, guard: Guard) -> Verdict:
        """From the sweep to the verdict; whatever goes wrong becomes one."""
        try:
            guard.start()  # no signal may tear this in two: a guard that nobody knows of takes its runner for dead
            with arrived.raising():
                return self._test()
        except Exception as error:  # noqa: BLE001  # expected or a defect: either way the cleanup comes next
            return against(error)

    def _test(self) -> Verdict:
        self.phases.begin("sweep")
        engine = connect()
        self.touched = True
        for cleanup in sweep(orphans(engine, self.plan.settings.prefix)):
            self.observers.note(f"Removed what a dead run had left: {cleanup}")
        forget_locks(self.plan.settings.prefix)
        self.phases.begin("images")
        environment = provision(
            self.plan, self.me, engine, folder=self.info.log.parent, observers=self.observers, learn=self._learn
        )
        self.phases.begin("database")
        wait = self.plan.settings.wait_for_port
        leases = ports.leases(self.plan.settings.port_range, run=self.me.run, published=engine.published_ports, wait=wait)
        with self.start(self.plan, environment) as (environment, warm), contextlib.closing(leases) as offers:
            self._learn(warm=warm)
            self.phases.begin("start")
            self._learn(port=environment.start(offers))
            self.phases.begin("health")
            with trial.booted(self.plan, environment) as test:
                environment.wait_until_healthy(self.plan.settings.health_timeout)
                self.phases.begin("tests")
                execution = test()
        plan = self.plan
        return verdict.judge(plan.module, execution, plan.settings, plan.test_files, plan.closure.local)

    def _learn(self, **values: object) -> None:
        self.info = replace(self.info, **values)  # type: ignore[arg-type]  # each value has the type of its field
        self.observers.learned(self.info)

    def tear_down(self) -> Cleanup:
        self.phases.begin("teardown")
        settled = self.info.port is not None  # all is up, and nothing is made any more
        cleanup = teardown(self.me.run, settled=settled) if self.touched else Cleanup(self.me.run, idle=True)
        self.phases.end()
        return cleanup

    def end(self, final: Verdict, cleanup: Cleanup) -> Result:
        result = Result(
            info=self.info,
            verdict=final,
            finished=dt.datetime.now(dt.timezone.utc),
            phases=self.phases.durations,
            cleanup=str(cleanup),
            leftovers=tuple(cleanup.left),
        )
        self.observers.finished(result)
        return result
