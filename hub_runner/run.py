"""The story of a run: signals, guard, sweep, images, port, environment, health, tests, verdict, teardown.

The last word on a run: what the tests found, and what the cleanup, the signals and the nets have to add.

What an environment is made of: the repository's model as this run may own it, and images that are here.

How long each part of a run took.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hub_runner import verdict
from hub_runner.cleanup import owner
from hub_runner.cleanup.guard import Guard
from hub_runner.cleanup.owner import Owner
from hub_runner.cleanup.sweep import forget_locks, orphans, sweep
from hub_runner.cleanup.teardown import Cleanup, teardown
from hub_runner.engine import composefile, images
from hub_runner.engine.client import Engine, Failures, complaint, connect
from hub_runner.engine.composefile import DATABASE
from hub_runner.engine.environment import Environment
from hub_runner.errors import CleanupIncomplete, EnvironmentFailure, HubRunnerError, Interrupted, Kind
from hub_runner.host import ports
from hub_runner.host.signals import Signals
from hub_runner.odoo import trial
from hub_runner.odoo.command import odoo_arguments
from hub_runner.plan import Plan, first_page
from hub_runner.result import Image, Observers, Problem, Result, RunInfo, Verdict
from hub_runner.warm.start import warm_start

Report = Callable[[RunInfo], Observers]


def run(plan: Plan, report: Report, arrived: Signals) -> Result:
    """Tests one module, from the first second to the verified cleanup. Expected failures are part of the result."""
    me, lock = owner.claim(plan.module.name, plan.settings.prefix)
    story = Story(plan, me, report)
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

    def __init__(self, plan: Plan, me: owner.Owner, report: Report) -> None:
        self.plan, self.me = plan, me
        self.info = first_page(plan, me.run)
        self.observers = report(self.info)
        self.phases = Phases(self.observers)
        self.touched = False  # whether the engine has answered: before that nothing can have been made
        self.observers.started(self.info)

    def tell(self, arrived: Signals, guard: Guard) -> Verdict:
        """From the sweep to the verdict; whatever goes wrong becomes one."""
        try:
            guard.start()  # no signal may tear this in two: a guard that nobody knows of takes its runner for dead
            return arrived.interruptible(self._test)
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
        with warm_start(self.plan, environment) as (environment, warm), contextlib.closing(leases) as offers:
            self._learn(warm=warm)
            self.phases.begin("start")
            self._learn(port=environment.start(offers))
            self.phases.begin("health")
            plan = self.plan
            arguments = odoo_arguments(plan.module, plan.settings, database=DATABASE)
            with trial.booted(environment, plan.archive, arguments, timeout=plan.settings.test_timeout) as test:
                environment.wait_until_healthy(self.plan.settings.health_timeout)
                self.phases.begin("tests")
                execution = test()
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
            verdict=replace(final, notes=(*self.plan.notes, *final.notes)),
            finished=dt.datetime.now(dt.UTC),
            phases=self.phases.durations,
            cleanup=str(cleanup),
            leftovers=tuple(cleanup.left),
        )
        self.observers.finished(result)
        return result


TORN = "The guard was killed during the run: one of the nets was torn."


def against(error: Exception) -> Verdict:
    """The verdict where no test could be judged. A defect of our own is one too: it must not hide the cleanup."""
    if isinstance(error, Failures):
        error = EnvironmentFailure(complaint(error))
    if isinstance(error, HubRunnerError):
        return Verdict(problems=(_problem(error),))
    story = "".join(traceback.format_exception(error))
    words = f"This is a defect of hub-runner itself, please report it:\n{story}"
    return Verdict(problems=(Problem.of(Kind.DEFECT, words),))


def conclude(found: Verdict, cleanup: Cleanup, signals: list[int], *, guarded: bool) -> Verdict:
    """What is left in the engine comes first: it is the one promise that no other failure excuses."""
    problems = list(found.problems)
    if cleanup.left:
        problems.insert(0, _problem(CleanupIncomplete(cleanup.advice())))
    elif cleanup.engine_away:
        problems.append(_problem(EnvironmentFailure(f"The cleanup is {cleanup}. The guard goes on with it.")))
    if signals and not any(it.kind == Interrupted.kind for it in problems):
        problems.append(_problem(Interrupted(signals[0])))
    return replace(found, problems=tuple(problems), notes=found.notes if guarded else (*found.notes, TORN))


def _problem(error: HubRunnerError) -> Problem:
    return Problem(kind=error.kind, message=str(error), return_code=error.return_code)


Learn = Callable[..., None]  # is told what has become known for the log's header, by name


def provision(plan: Plan, me: Owner, engine: Engine, *, folder: Path, observers: Observers, learn: Learn) -> Environment:
    """Chooses the images, pulls what is missing and labels everything. Raises EnvironmentFailure."""
    settings = plan.settings
    chosen = images.choose(settings, engine.client)
    owned = composefile.own(
        plan.model,
        project=me.run,
        labels=me.labels,
        addons=settings.addons_folders,
        images={settings.odoo_image: chosen.odoo, settings.db_image: chosen.db},
    )
    used = {name: it["image"] for name, it in owned["services"].items() if not it.get("build")}
    for image in used.values():
        images.ensure(engine.client, image, progress=observers.note, timeout=settings.pull_timeout)
    learn(
        engine=engine.version(),
        compose=plan.compose,
        images={name: Image(reference=it, digest=engine.digest(it)) for name, it in used.items()},
        stand_in=_said(chosen, set(used.values())),
    )
    builds = len(used) < len(owned["services"])
    return Environment(
        project=me.run,
        engine=engine,
        model=owned,
        folder=folder,
        environ=plan.environ,
        observers=observers,
        patience=settings.health_timeout + (settings.pull_timeout if builds else 0),
    )


def _said(chosen: images.Chosen, used: set[str]) -> str | None:
    """A stand-in that the repository's compose file does not use was not tested on."""
    return chosen.stand_in if used & {chosen.odoo, chosen.db} else None


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
            self.durations[self._name] = round(time.monotonic() - self._since, 3)
        self._name = ""
