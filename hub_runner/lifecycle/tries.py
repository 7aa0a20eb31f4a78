"""The tries of one run: on a prepared database, on a cold one for a second opinion, with demo data and without it."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from dataclasses import dataclass, field, replace

from hub_runner.cleanup.teardown import teardown
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.exit_codes import ExitCode
from hub_runner.host import ports
from hub_runner.lifecycle.stages import booted
from hub_runner.measuring.floor import with_coverage
from hub_runner.measuring.measurement import Measurement, NotMeasuredError
from hub_runner.observers import Observers
from hub_runner.odoo import screenshots
from hub_runner.plan import Plan
from hub_runner.result import HALVES, Coverage, Result, RunInfo, Verdict
from hub_runner.verdict.conclusion import failed
from hub_runner.verdict.halves import both
from hub_runner.warm import confirmed_failures
from hub_runner.warm.start import Start, warm_start
from hub_runner.warm.store import PreparedDatabase


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


@dataclass(kw_only=True)
class Tries:
    """What the tries of a run share, and what is known of the run by now; ``environment`` is that of the latest try."""

    plan: Plan
    run_id: str
    observers: Observers
    phases: Phases
    info: RunInfo
    environment: Environment | None = None  # once it is being started
    tests_began: bool = False  # before that a second try is safe

    def verdict(self, environment: Environment) -> Verdict:
        """The verdict; with ``demo = "both"`` that on a database with demo data and on one without, one after the other."""
        plans = [replace(self.plan, settings=settings) for settings in self.plan.settings.halves]
        if len(plans) == 1:
            return self._judged(plans[0], environment)
        halves: dict[str, Verdict] = {}
        started_from = []
        for plan in plans:
            half = HALVES[plan.settings.demo]
            try:
                if halves:
                    self._clear(f"the tests {half}")
                self.observers.note(f"These are the tests {half}.")
                verdict = self._judged(plan, environment)
            except Exception as error:
                if not halves:
                    raise
                verdict = failed(error)  # what the first half proved still counts
            halves[plan.settings.demo] = verdict
            begun = f"{self.info.warm}, image {self.info.warm_digest}" if self.info.warm else "a cold start"
            started_from.append(f"{half}: {begun}")
            if verdict.return_code > ExitCode.SIGNALLED:
                break
        self.learned(replace(self.info, warm="; ".join(started_from), warm_digest=None))
        return both(halves)

    def _judged(self, plan: Plan, environment: Environment) -> Verdict:
        """The verdict of a start from a prepared database if there is one, and of a cold start if it is in doubt."""
        self.phases.begin("database")
        with warm_start(plan.first, environment) as start:
            self.learned(_begun(self.info, start.database))
            first = self._tried(plan, start)
        if not (start.database and first.doubt):
            return first
        folder, module = plan.settings.output_folder, plan.module.name
        if not plan.settings.with_demo:
            module += " without demo data"
        if confirmed_failures.confirmed(folder, module, first):
            return replace(
                first, notes=(*first.notes, "a cold start failed in the same tests not long ago (--cold asks again)")
            )
        second = self._second_opinion(plan, environment, first)
        confirmed_failures.remember(folder, module, second)
        return second

    def _tried(self, plan: Plan, start: Start) -> Verdict:
        """The environment starts, Odoo becomes healthy and runs the tests; the verdict on them."""
        settings, environment = plan.settings, start.environment
        published = environment.engine.published_ports
        leases = ports.leases(settings.port_range, run=self.run_id, published=published, wait=settings.wait_for_port)
        with contextlib.closing(leases):
            self.phases.begin("start")
            self.environment = environment
            port = environment.start(leases)
            start.lay_out_files()
            self.learned(replace(self.info, port=port))
            self.phases.begin("health")
            filmed = (screenshots.FILMED,) if plan.wanted.browser else ()
            measurement = Measurement(plan) if settings.measures_coverage else None
            launcher = measurement.prepare(environment) if measurement else None
            with booted(plan, environment, mode=start.mode, arguments=filmed, launcher=launcher) as live:
                environment.wait_until_healthy(settings.health_timeout)
                self.tests_began = True
                seen = live(self.phases.begin)
            if seen.return_code > ExitCode.SIGNALLED:  # somebody waits for the end
                return with_coverage(seen, "the run was interrupted", settings) if measurement else seen
            if plan.wanted.browser:
                shown = screenshots.bring(environment, self.info.log.parent)
                self.learned(replace(self.info, pictures=tuple(dict.fromkeys((*self.info.pictures, *map(str, shown))))))
        return self._with_coverage(seen, measurement, environment) if measurement else seen

    def _with_coverage(self, seen: Verdict, measurement: Measurement, environment: Environment) -> Verdict:
        self.phases.begin("coverage")
        try:
            coverage: Coverage | str = measurement.read(environment, self.info.log.parent)
        except NotMeasuredError as error:
            coverage = str(error)
        return with_coverage(seen, coverage, self.plan.settings)

    def _second_opinion(self, plan: Plan, environment: Environment, first: Verdict) -> Verdict:
        """The verdict of a cold start, where one on a prepared database may be another. Nothing of the first try is left."""
        now = dt.datetime.now(dt.UTC)
        self.observers.doubted(Result(info=self.info, verdict=first, finished=now, phases={}, cleanup=""))
        self.observers.note(f"A cold start for a second opinion: {first.doubt}.")
        self._clear("a second opinion")
        second = self._tried(plan, Start(environment=environment, database=None))
        told = f"a second opinion was asked for: {first.doubt}. It {opinion(first, second)}"
        return replace(second, notes=(*second.notes, told))

    def _clear(self, purpose: str) -> None:
        """Removes what the tries before have left, so that the next one begins with nothing. Raises EnvironmentFailure."""
        self.phases.begin("teardown")
        cleanup = teardown(self.run_id, settled=True)
        if not cleanup.is_clean:
            raise EnvironmentFailure(f"There was no room for {purpose}: {cleanup}.")
        self.forget()

    def forget(self) -> None:
        """Nothing of the try before is left: what was known of it is not true of the next one."""
        self.environment = None
        self.learned(replace(_begun(self.info, None), port=None))

    def learned(self, info: RunInfo) -> None:
        self.info = info
        self.observers.learned(info)


def opinion(first: Verdict, second: Verdict) -> str:
    """What a cold start says of a verdict that was in doubt; the end of a sentence that begins with "It"."""
    if second.return_code > ExitCode.SIGNALLED:
        failed = f", {len(first.failures)} of them failed" if first.failures else ""
        return f"was broken off. In the first start {len(first.outcomes)} tests had ended{failed}"
    return "agrees" if second.return_code == first.return_code else "differs, and decides"


def _begun(info: RunInfo, database: PreparedDatabase | None) -> RunInfo:
    """With what is known of the prepared database that the run starts from."""
    if not database:
        return replace(info, warm=None, warm_digest=None, warm_origin=None)
    return replace(info, warm=str(database), warm_digest=database.image, warm_origin=database.origin or None)
