"""The story of a run: signals, guard, sweep, images, port, environment, health, tests, verdict, teardown."""

from __future__ import annotations

import contextlib
import datetime as dt
import traceback
from collections.abc import Callable
from dataclasses import replace

from hub_runner import compose, images, owner, ports, signals, trial, verdict
from hub_runner.engine import Engine, Failures, connect
from hub_runner.environment import Environment
from hub_runner.errors import DEFECT, CleanupIncomplete, EnvironmentFailure, HubRunnerError, Interrupted
from hub_runner.evidence import commit_of
from hub_runner.guard import Guard
from hub_runner.observer import Observers
from hub_runner.phases import Phases
from hub_runner.plan import Plan
from hub_runner.result import Image, Problem, Result, RunInfo, Verdict
from hub_runner.sweep import orphans, sweep
from hub_runner.teardown import Cleanup, teardown

Report = Callable[[RunInfo], Observers]


def run(plan: Plan, report: Report) -> Result:
    """Tests one module, from the first second to the verified cleanup. Expected failures are part of the result."""
    with signals.held() as arrived:
        me, lock = owner.claim(plan.module.name, plan.settings.prefix)
        story = Story(plan, me, report)
        guard = Guard(me.run, story.info.log, lock)
        try:
            found = story.tell(arrived)
        finally:  # signals only count from here on: nothing breaks off a teardown
            cleanup = story.tear_down()
            whole = guard.hand_over() if cleanup.engine_away else guard.dismiss()
            lock.release(remove=not cleanup.engine_away)
        return story.end(found, cleanup, arrived, guarded=whole)


class Story:
    """What happens in a run, and what is known of it by then."""

    def __init__(self, plan: Plan, me: owner.Owner, report: Report) -> None:
        self.plan, self.me = plan, me
        self.info = first_page(plan, me.run)
        self.observers = report(self.info)
        self.phases = Phases(self.observers)
        self.observers.started(self.info)

    def tell(self, arrived: signals.Signals) -> Verdict:
        """From the sweep to the verdict; whatever goes wrong becomes one."""
        try:
            with arrived.raising():
                return self._test()
        except HubRunnerError as error:
            return _against(error)
        except Failures as error:
            return _against(EnvironmentFailure(f"The Docker engine stopped answering: {error}."))
        except Exception:  # noqa: BLE001  # a defect of our own is part of the result too, and must not hide the cleanup
            words = f"This is a defect of hub-runner itself, please report it:\n{traceback.format_exc()}"
            return Verdict(problems=(Problem(kind="defect", message=words, return_code=DEFECT),))

    def _test(self) -> Verdict:
        self.phases.begin("sweep")
        engine = connect()
        for cleanup in sweep(orphans(engine, self.plan.settings.prefix)):
            self.observers.note(f"Removed what a dead run had left: {cleanup}")
        self.phases.begin("images")
        environment = self._environment(engine)
        self.phases.begin("start")
        with contextlib.closing(self._offers(engine)) as offers:
            self._learn(port=environment.start(offers))
            self.phases.begin("health")
            environment.wait_until_healthy(self.plan.settings.health_timeout)
            self.phases.begin("tests")
            execution = trial.execute(self.plan, environment)
        return verdict.judge(self.plan.module, execution, self.plan.settings)

    def _environment(self, engine: Engine) -> Environment:
        settings = self.plan.settings
        chosen = images.choose(settings, engine.client)
        model = compose.own(
            self.plan.model,
            project=self.me.run,
            labels=self.me.labels,
            addons=settings.addons_folders,
            images={settings.odoo_image: chosen.odoo, settings.db_image: chosen.db},
        )
        used = {name: it["image"] for name, it in model["services"].items() if "build" not in it}
        for image in used.values():
            images.ensure(engine.client, image, progress=self.observers.note, timeout=settings.pull_timeout)
        self._learn(
            engine=engine.version(),
            compose=compose.version(self.plan.environ),
            images={name: Image(reference=it, digest=engine.digest(it)) for name, it in used.items()},
            stand_in=chosen.stand_in,
        )
        return Environment(
            project=self.me.run,
            engine=engine,
            model=model,
            folder=self.info.log.parent,
            environ=self.plan.environ,
            observers=self.observers,
        )

    def _offers(self, engine: Engine) -> ports.Offers:
        settings = self.plan.settings
        return ports.leases(
            settings.port_range, run=self.me.run, published=engine.published_ports, wait=settings.wait_for_port
        )

    def _learn(self, **values: object) -> None:
        self.info = replace(self.info, **values)  # type: ignore[arg-type]  # each value has the type of its field
        self.observers.learned(self.info)

    def tear_down(self) -> Cleanup:
        self.phases.begin("teardown")
        cleanup = teardown(self.me.run)
        self.phases.end()
        return cleanup

    def end(self, found: Verdict, cleanup: Cleanup, arrived: signals.Signals, *, guarded: bool) -> Result:
        """The result, with what the cleanup and late signals have to say."""
        problems = list(found.problems)
        if cleanup.left:
            problems.insert(0, _problem(CleanupIncomplete(cleanup.advice())))
        elif cleanup.engine_away:
            problems.append(_problem(EnvironmentFailure(f"The cleanup is {cleanup}. The guard goes on with it.")))
        if arrived.received and not any(it.kind == Interrupted.kind for it in problems):
            problems.append(_problem(Interrupted(arrived.received[0])))
        notes = found.notes if guarded else (*found.notes, "The guard was killed during the run: one of the nets was torn.")
        result = Result(
            info=self.info,
            verdict=replace(found, problems=tuple(problems), notes=notes),
            finished=dt.datetime.now(dt.timezone.utc),
            phases=self.phases.durations,
            cleanup=str(cleanup),
            leftovers=tuple(cleanup.left),
        )
        self.observers.finished(result)
        return result


def first_page(plan: Plan, project: str) -> RunInfo:
    """What is known of a run before anything has happened."""
    commit, dirty = commit_of(plan.settings.root)
    return RunInfo(
        project=project,
        module=plan.module.name,
        module_version=plan.module.version,
        module_folder=plan.module.folder,
        module_tree=plan.digest,
        root=plan.settings.root,
        started=dt.datetime.now(dt.timezone.utc),
        command=plan.command,
        log=plan.settings.run_folder(project) / "proof_of_execution_tests.log",
        commit=commit,
        dirty=dirty,
    )


def _against(error: HubRunnerError) -> Verdict:
    return Verdict(problems=(_problem(error),))


def _problem(error: HubRunnerError) -> Problem:
    return Problem(kind=error.kind, message=str(error), return_code=error.return_code)
