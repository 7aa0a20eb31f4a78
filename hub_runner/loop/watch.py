"""``watch MODULE``: one environment for as long as the command lives, and a quick verdict after each save.

A quick verdict uses the record and the judge of a run, and is no proof: it comes from a copy of a database in which Odoo's
own modules were installed before, and after a change of test files alone the module itself is not installed again. The files
of a proof (the log, ``result.json``) are never touched.
"""

from __future__ import annotations

import contextlib
import selectors
import time
from dataclasses import replace

from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE
from hub_runner.engine.published_port import CONTAINER_PORT
from hub_runner.errors import HubRunnerError, UsageError
from hub_runner.exit_codes import ExitCode
from hub_runner.fleet import known_failures
from hub_runner.fleet.selection import Request as Asked
from hub_runner.fleet.selection import chosen
from hub_runner.host.ports import HOST
from hub_runner.loop.changes import SETTINGS_FILE, Scope, Watcher, conditions, differences, named, scope
from hub_runner.loop.environment import Needs, in_environment
from hub_runner.loop.forkserver import Request, waiting
from hub_runner.loop.screen import Keys, Quick, Screen
from hub_runner.loop.terminal_changes import TerminalChanges
from hub_runner.loop.workbench import INSTALLED, KILLED, Job, Wish, Workbench, needs, without_install
from hub_runner.observers import Observers
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.odoo.command import odoo_arguments
from hub_runner.plan import Plan, plans
from hub_runner.result import Verdict
from hub_runner.settings import Settings
from hub_runner.verdict.conclusion import cannot_install, failed


class Replan(Exception):
    """The module needs other modules or packages now, and so another environment: that of ``plan``."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def watch(module: str, settings: Settings, screen: Screen, *, command: tuple[str, ...], choice: Choice = EVERYTHING) -> int:
    """Goes on until its user ends it; the exit code. Raises HubRunnerError if there is nothing that could be watched.

    ``module`` may be a test file as well, or a place in one: then only these tests are run.
    """
    request, choices = chosen(Asked(names=(module,)), settings, choice)
    (module,) = request.names
    begun = conditions(settings)
    plan = plans([module], settings, command=command, choices={module: choices.get(module, choice)})[0]
    while True:
        try:
            _watch(plan, begun, screen)
            return 0
        except Replan as error:
            plan, begun = error.plan, {**conditions(settings), SETTINGS_FILE: begun[SETTINGS_FILE]}
            screen.say("The module needs other modules or packages now: starting again with another environment.")


def _watch(plan: Plan, begun: dict[str, object], screen: Screen) -> None:
    folders = [module.folder for module in plan.closure.local]
    with Keys() as keys, contextlib.closing(Watcher(folders, screen.note)) as watcher:
        in_environment(
            plan,
            lambda start, port: Watch(plan, begun, start.environment, port, screen, keys, watcher).go_on(),
            needs=Needs(port=CONTAINER_PORT, prepared=True),
            observers=Observers([screen]),
        )


class Watch:
    """What is known between two verdicts: what Odoo works at, what comes after it, and what was shown last."""

    def __init__(
        self,
        plan: Plan,
        begun: dict[str, object],
        environment: Environment,
        port: int | None,
        screen: Screen,
        keys: Keys,
        watcher: Watcher,
    ) -> None:
        self.plan, self.begun, self.environment, self.port = plan, begun, environment, port
        self.screen, self.keys, self.watcher = screen, keys, watcher
        self.job: Job | None = None
        self.next: Wish | None = None
        self.last: Verdict | None = None
        self.refused = False  # whether what was shown last was never tried
        self.listens = False  # to keys

    @property
    def module(self) -> str:
        return self.plan.module.name

    def go_on(self) -> int:
        """Until the user ends it. Raises Replan, EnvironmentFailure, Interrupted."""
        plan, settings = self.plan, self.plan.settings
        path = settings.run_folder(self.environment.run_id) / "odoo.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        arguments = without_install(odoo_arguments(plan.module, settings, database=DATABASE))
        with path.open("ab") as log, waiting(self.environment, arguments, log) as self.server:
            self.bench = Workbench(plan, self.environment, self.server, path)
            self.environment.wait_until_healthy(settings.health_timeout)
            self.server.load()
            self.try_it(Wish(scope=Scope.CODE, what="first verdict", since=time.monotonic(), choice=plan.choice))
            with selectors.DefaultSelector() as selector, TerminalChanges() as self.terminal:
                selector.register(self.server, selectors.EVENT_READ, self.answered)
                selector.register(self.watcher, selectors.EVENT_READ, self.changed)
                selector.register(self.terminal, selectors.EVENT_READ, self.terminal_changed)
                while True:
                    self.listen(selector)
                    for key, _ in selector.select(self.remaining()):
                        if key.data():
                            return ExitCode.PASSED
                    self.end_late_job()

    def listen(self, selector: selectors.BaseSelector) -> None:
        """To keys, unless they are for a shell that has this in its background."""
        ours = self.keys.are_ours
        if ours and not self.listens:
            self.keys.take()
            selector.register(self.keys, selectors.EVENT_READ, self.pressed)
        elif self.listens and not ours:
            selector.unregister(self.keys)
        self.listens = ours

    def changed(self) -> bool:
        """Looks at the disk after a burst of changes, and asks for what they make necessary."""
        self.watcher.clear()
        since = time.monotonic()
        try:
            changed = differences(self.bench.files, self.bench.read())
        except UsageError:  # whoever tries it says why
            self.wish(Scope.PLAN, "saved", since)
            return False
        needed = scope(changed, self.module)
        if needed is Scope.NOTHING and self.refused:  # the mistake is gone
            needed = Scope.TESTS
        if needed is not Scope.NOTHING:
            self.wish(needed, named(changed) or "as before", since)
        return False

    def terminal_changed(self) -> bool:
        self.terminal.clear()
        self.keys.take()
        self.screen.redraw()
        return False

    def wish(self, needed: Scope, what: str, since: float, choice: Choice | None = None) -> None:
        """Is tried at once if Odoo waits, else as soon as it has stopped what it works at."""
        wish = Wish(scope=needed, what=what, since=since, choice=choice or self.plan.choice)
        if self.job is None:
            self.try_it(wish)
            return
        self.next = wish.after(self.next) if self.next else wish
        if self.job.wish or needed > Scope.TESTS:  # an installation serves a change of test files, too
            self.server.stop(self.job.request)

    def try_it(self, wish: Wish) -> None:
        """Tests what is on disk now, which may be more than what somebody was told of when the wish was made."""
        try:
            plan = self.bench.planned(wish.scope)
        except HubRunnerError as error:
            self.refuse(failed(error), wish.what, wish.since)
            return
        if plan.mistakes:
            self.refuse(cannot_install(plan), wish.what, wish.since)
            return
        if needs(plan) != needs(self.plan):
            raise Replan(plan)
        needed = max(wish.scope, scope(differences(self.bench.files, plan.files), self.module))
        self.plan = self.bench.plan = plan
        self.bench.copy(plan.files)
        if needed > Scope.TESTS:
            self.bench.forget_installed()
        if not wish.choice.known_failures:
            wish = replace(wish, choice=known_failures.added(wish.choice, self.plan.settings.output_folder, self.module))
        self.job = Job(request=self.bench.test(wish.choice), wish=wish)
        self.refused = False
        self.screen.begin(wish.what)

    def answered(self) -> bool:
        for answer in self.server.answers(0):
            job, self.job = self.job, None
            assert job
            assert answer["number"] == job.request.number
            if job.wish is None:
                self.bench.installed = answer["code"] == 0
            elif self.next is None:
                self.judge(job.request, job.wish, answer["code"])
            if self.next:
                self.try_next()
            elif job.wish and not self.bench.installed and self.last and self.last.outcomes:
                self.job = Job(request=self.bench.install())  # while nobody waits
        return False

    def try_next(self) -> None:
        if self.next:
            wish, self.next = self.next, None
            self.try_it(wish)

    def judge(self, request: Request, wish: Wish, code: int, *, timed_out: bool = False) -> None:
        found = self.bench.judge(request, code, wish.choice, timed_out=timed_out)
        known_failures.learn(replace(self.plan, choice=wish.choice), found)
        self.show(found, wish.what, wish.since)

    def remaining(self) -> float | None:
        """Seconds until Odoo has taken too long; None if it works at nothing."""
        if self.job is None:
            return None
        return max(self.job.since + self.plan.settings.test_timeout - time.monotonic(), 0)

    def end_late_job(self) -> None:
        job = self.job
        if job is None or self.remaining():
            return
        self.server.stop(job.request)
        self.server.await_end()
        self.job = None
        if job.wish is None:
            self.screen.say(
                f"The installation for later tests took more than {self.plan.settings.test_timeout:g} s and was ended: "
                "a hook may wait for something, or test-timeout is too short."
            )
        elif self.next is None:
            self.judge(job.request, job.wish, KILLED, timed_out=True)
        self.try_next()

    def refuse(self, why: Verdict, what: str, since: float) -> None:
        """Shows why what is on disk cannot even be tried."""
        self.show(why, what, since)
        self.refused = True

    def show(self, found: Verdict, what: str, since: float) -> None:
        self.last, self.refused = found, False
        seconds = time.monotonic() - since
        if old := [name for name, now in conditions(self.plan.settings).items() if now != self.begun.get(name)]:
            what += f"; {' and '.join(old)} as before this watch began"
        self.screen.show(Quick(module=self.module, verdict=found, what=what, seconds=seconds))

    def pressed(self) -> bool:
        """Whether the watch is to end."""
        for key in self.keys.read():
            if key in "qQ\x04":
                return True
            if key in "\r\n":
                choice = replace(self.plan.choice, last_failed=False)
                self.wish(Scope.TESTS, "all tests", time.monotonic(), choice)
            elif key == "f" and self.last and self.last.failures:
                failed = tuple(known_failures.place(self.plan, outcome) for outcome in self.last.failures)
                choice = replace(self.plan.choice, last_failed=True, known_failures=failed)
                self.wish(Scope.TESTS, "failed tests again", time.monotonic(), choice)
            elif key == "u":
                self.offer_page()
        return False

    def offer_page(self) -> None:
        """A database of its own for whoever wants to look at the module in a browser."""
        if not self.bench.installed:
            self.screen.say("The module is not installed yet: press u again after a green verdict.")
            return
        self.server.copy(INSTALLED, self.module)
        self.screen.say_from_now_on(f"http://{HOST}:{self.port}/web?db={self.module} (login admin, password admin)")
