"""One run, from its first second to the verified cleanup.

The guard is set, dead runs are swept, images and a database are made ready, a port is leased, the environment starts, Odoo
becomes healthy and runs the module's tests, the verdict is judged, and all is removed again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from hub_runner import verdict
from hub_runner.cleanup import owner
from hub_runner.cleanup.guard import Guard
from hub_runner.cleanup.owner import Owner
from hub_runner.cleanup.sweep import forget_locks, orphans, sweep
from hub_runner.cleanup.teardown import Cleanup, teardown
from hub_runner.coverage import Coverage
from hub_runner.engine import disturbance
from hub_runner.engine.client import Failures, connect
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE
from hub_runner.engine.provision import provision
from hub_runner.errors import EnvironmentFailure
from hub_runner.host import ports
from hub_runner.host.signals import Signals
from hub_runner.measuring.floor import with_coverage
from hub_runner.measuring.measurement import Measurement, NotMeasuredError
from hub_runner.odoo import keep as keeping
from hub_runner.odoo import pictures, trial
from hub_runner.odoo.command import odoo_arguments
from hub_runner.odoo.keep import Kept
from hub_runner.plan import Plan, first_page
from hub_runner.requirements.provide import equipped
from hub_runner.result import Observers, Result, RunInfo, Verdict
from hub_runner.verdict.conclusion import cannot_install, concluded, failed
from hub_runner.warm import opinions
from hub_runner.warm.start import Start, warm_start
from hub_runner.warm.store import PreparedDatabase

Report = Callable[[RunInfo], Observers]


def run(plan: Plan, report: Report, arrived: Signals) -> Result:
    """Tests one module. Expected failures are part of the result; ``arrived`` are the signals that came so far."""
    me, lock = owner.claim(plan.module.name, plan.settings.prefix)
    story = Run(plan, me, report)
    guard, kept = Guard(me.run, story.info.log, lock), None
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
        elif cleanup.engine_away:
            guard.hand_over()
            lock.leave()
        else:
            guard.dismiss()
            lock.release(remove=True)


class Run:
    """What happens in a run, and what is known of it by then."""

    def __init__(self, plan: Plan, me: Owner, report: Report) -> None:
        self.plan, self.me = plan, me
        self.info = first_page(plan, me.run)
        self.observers = report(self.info)
        self.phases = Phases(self.observers)
        self.environment: Environment | None = None  # once it is being started
        self.kept: Kept | None = None
        self.tests_began = False  # before that a second try is safe
        self.engine_answered = False  # before that nothing can have been made
        self.observers.started(self.info)

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
            if self.tests_began or not disturbance.may_be_over(error):
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
        self.environment = None
        self._learned(replace(_begun(self.info, None), port=None))

    def _attempt(self) -> Verdict:
        """From images that are here to the verdict."""
        plan = self.plan
        with equipped(self._environment(), plan.wanted, plan.settings, labels=self.me.labels) as (environment, packages):
            self._learned(replace(self.info, packages=packages))
            return self._judged(environment)

    def _judged(self, environment: Environment) -> Verdict:
        """The verdict of a start from a prepared database if there is one, and of a cold start if it is in doubt."""
        self.phases.begin("database")
        with warm_start(self.plan, environment) as start:
            self._learned(_begun(self.info, start.database))
            first = self._tried(start)
        if not (start.database and first.doubt):
            return first
        folder, module = self.plan.settings.output_folder, self.plan.module.name
        if opinions.confirmed(folder, module, first):
            return replace(
                first, notes=(*first.notes, "a cold start failed in the same tests not long ago (--cold asks again)")
            )
        second = self._second_opinion(environment, first)
        opinions.remember(folder, module, second)
        return second

    def _tried(self, start: Start) -> Verdict:
        """The environment starts, Odoo becomes healthy and runs the tests; the verdict on them."""
        plan, settings, environment = self.plan, self.plan.settings, start.environment
        published = environment.engine.published_ports
        leases = ports.leases(settings.port_range, run=self.me.run, published=published, wait=settings.wait_for_port)
        with contextlib.closing(leases):
            self.phases.begin("start")
            self.environment = environment
            port = environment.start(leases)
            start.lay_out_files()
            self._learned(replace(self.info, port=port))
            self.phases.begin("health")
            filmed = (pictures.FILMED,) if plan.wanted.browser else ()
            arguments = (*filmed, *_arguments(plan))
            measurement = Measurement(plan) if settings.measures_coverage else None
            with trial.booted(
                environment,
                plan.archive,
                arguments,
                prepared=start.database is not None,
                timeout=settings.test_timeout,
                single=settings.single_test_timeout,
                launcher=measurement.prepare(environment) if measurement else None,
                choice=plan.choice,
            ) as test:
                environment.wait_until_healthy(settings.health_timeout)
                self.phases.begin("tests")
                self.tests_began = True
                execution = test()
            if plan.wanted.browser:
                shown = pictures.bring(environment, self.info.log.parent)
                self._learned(replace(self.info, pictures=tuple(map(str, shown))))
        seen = verdict.judge(
            plan.module,
            execution,
            settings,
            plan.test_files,
            plan.closure.local,
            along=plan.along,
            noticed=plan.noticed,
            choice=plan.choice,
        )
        return self._with_coverage(seen, measurement, environment) if measurement else seen

    def _with_coverage(self, seen: Verdict, measurement: Measurement, environment: Environment) -> Verdict:
        self.phases.begin("coverage")
        try:
            coverage: Coverage | str = measurement.read(environment, self.info.log.parent)
        except NotMeasuredError as error:
            coverage = str(error)
        return with_coverage(seen, coverage, self.plan.settings)

    def _second_opinion(self, environment: Environment, first: Verdict) -> Verdict:
        """The verdict of a cold start, where one on a prepared database may be another. Nothing of the first try is left."""
        self.observers.note(f"A cold start for a second opinion: {first.doubt}.")
        self.phases.begin("teardown")
        cleanup = teardown(self.me.run, settled=True)
        if not cleanup.is_clean:
            raise EnvironmentFailure(f"There was no room for a second opinion: {cleanup}.")
        self._learned(replace(_begun(self.info, None), port=None))
        second = self._tried(Start(environment=environment, database=None))
        opinion = "agrees" if second.return_code == first.return_code else "differs, and decides"
        return replace(second, notes=(*second.notes, f"a second opinion was asked for: {first.doubt}. It {opinion}"))

    def _environment(self) -> Environment:
        """What dead runs have left is removed, the images are here, and nothing of the run's own is started yet."""
        plan, settings = self.plan, self.plan.settings
        self.phases.begin("sweep")
        engine = connect()
        self.engine_answered = True
        for cleanup in sweep(orphans(engine, settings.prefix)):
            self.observers.note(f"Removed what a dead run had left: {cleanup}")
        forget_locks(settings.prefix)
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
        used = replace(self.info, images=provided.images, stand_in=provided.stand_in)
        self._learned(replace(used, engine=engine.version(), compose=plan.compose))
        return provided.environment

    def _learned(self, info: RunInfo) -> None:
        self.info = info
        self.observers.learned(info)

    def keep(self, seen: Verdict, arrived: Signals, guard: Guard) -> Kept | None:
        """If ``--keep`` asks for it and the run failed, lets people into its environment.

        On a terminal it waits, and the environment ends with the wait. Elsewhere the guard is to end what is returned.
        """
        seconds = self.plan.settings.keep_seconds
        if not seconds or not self.environment or not self.info.port or not keeping.is_worth_a_look(seen):
            return None
        try:
            return arrived.interruptible(partial(self._keep, self.environment, self.info.port, seconds, seen, guard))
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
        everything_is_up = self.info.port is not None  # then nothing is made any more
        if self.engine_answered:
            cleanup = teardown(self.me.run, settled=everything_is_up)
        else:
            cleanup = Cleanup(self.me.run, idle=True)
        self.phases.end()
        return cleanup

    def end(self, final: Verdict, cleanup: Cleanup) -> Result:
        notes = (*self.plan.notes, *final.notes, *(self.kept.notes if self.kept else ()))
        result = Result(
            info=self.info,
            verdict=replace(final, notes=notes),
            finished=dt.datetime.now(dt.UTC),
            phases=self.phases.durations,
            cleanup=str(cleanup),
            leftovers=tuple(cleanup.left),
        )
        self.observers.finished(result)
        return result


def _begun(info: RunInfo, database: PreparedDatabase | None) -> RunInfo:
    """With what is known of the prepared database that the run starts from."""
    if not database:
        return replace(info, warm=None, warm_digest=None, warm_origin=None)
    return replace(info, warm=str(database), warm_digest=database.image, warm_origin=database.origin or None)


def _arguments(plan: Plan) -> tuple[str, ...]:
    return odoo_arguments(plan.module, plan.settings, database=DATABASE, along=plan.along, choice=plan.choice)


@dataclass
class Phases:
    """Seconds by phase, in the order in which they came; the observers are told of each."""

    observers: Observers
    durations: dict[str, float] = field(default_factory=dict)
    _name: str = ""
    _since: float = 0.0

    def begin(self, name: str) -> None:
        self.end()
        self._name, self._since = name, time.monotonic()
        self.observers.phase(name)

    def end(self) -> None:
        if self._name:
            lasted = time.monotonic() - self._since
            self.durations[self._name] = round(self.durations.get(self._name, 0.0) + lasted, 3)  # a phase may come twice
        self._name = ""
