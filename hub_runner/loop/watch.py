"""``watch MODULE``: one environment for as long as the command lives, and a quick verdict after each save.

A quick verdict uses the record and the judge of a run, and is no proof: it comes from a copy of a database in which Odoo's
own modules were installed before, and after a change of test files alone the module itself is not installed again. The files
of a proof (the log, ``result.json``) are never touched.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub_runner import verdict
from hub_runner.checkout import snapshot
from hub_runner.checkout.lint.checks import lint
from hub_runner.checkout.lint.text import Text
from hub_runner.checkout.snapshot import Files
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE
from hub_runner.errors import HubRunnerError, UsageError
from hub_runner.host.signals import held
from hub_runner.loop.changes import Scope, Watcher, differences, scope
from hub_runner.loop.environment import in_lasting_environment
from hub_runner.loop.forkserver import Request, waiting
from hub_runner.loop.screen import Keys, Quick, Screen
from hub_runner.odoo.command import Execution, odoo_arguments
from hub_runner.odoo.trial import LONGEST_RECORD
from hub_runner.plan import Plan, plans
from hub_runner.result import Observers, Verdict
from hub_runner.run import cannot_install, failed
from hub_runner.settings import Settings

INSTALLED = f"{DATABASE}_installed"  # holds the module as it is on disk, without what tests have left
TESTED = f"{DATABASE}_quick"
STOPPED = 137  # exit code of a process that was stopped because its answer no longer mattered
TAIL = 65536  # bytes of Odoo's output that a verdict may quote
NAMED = 3  # changed files that a verdict names


class Replan(Exception):
    """The module needs other modules now: another prepared database, and so another environment."""


def watch(module: str, settings: Settings, screen: Screen, *, command: tuple[str, ...]) -> int:
    """Goes on until its user ends it; the exit code. Raises HubRunnerError if there is nothing that could be watched."""
    while True:
        plan = plans([module], settings, command=command)[0]
        try:
            _watch(plan, screen)
            return 0
        except Replan:
            screen.say("The module needs other modules now: starting again with another database.")


def _watch(plan: Plan, screen: Screen) -> None:
    with held() as arrived, Keys() as keys, contextlib.closing(Watcher(_folders(plan))) as watcher:
        in_lasting_environment(
            plan,
            Observers([screen]),
            arrived,
            lambda environment, port: Watch(plan, environment, port, screen, keys, watcher).go_on(),
        )


def _folders(plan: Plan) -> list[Path]:
    return [module.folder for module in plan.closure.local]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What Odoo works at: tests whose verdict is awaited, or (without ``tests``) the installation for later copies."""

    request: Request
    tests: bool
    what: str = ""
    since: float = 0.0  # when the change was seen, by the monotonic clock
    tags: str = ""


class Watch:
    """What is known between two verdicts: the files that Odoo has, and which databases hold them."""

    def __init__(
        self, plan: Plan, environment: Environment, port: int, screen: Screen, keys: Keys, watcher: Watcher
    ) -> None:
        self.plan, self.environment, self.port = plan, environment, port
        self.screen, self.keys, self.watcher = screen, keys, watcher
        self.log = plan.settings.run_folder(environment.run_id) / "odoo.log"
        self.files: dict[str, Files] = {}  # as Odoo has them
        self.test_files = plan.test_files
        self.installed = False  # whether INSTALLED holds them
        self.job: Job | None = None
        self.waiting: tuple[Scope, str, float, str] | None = None  # what comes after the job: scope, what, since, tags
        self.last: Verdict | None = None
        self.refused = False  # whether what was shown last was never tried

    def go_on(self) -> None:
        """Until the user ends it. Raises Replan, EnvironmentFailure, Interrupted."""
        plan, settings = self.plan, self.plan.settings
        arguments = odoo_arguments(plan.module, settings, database=DATABASE)
        with self.log.open("ab") as log, waiting(self.environment, _without_install(arguments), log) as server:
            self.server = server
            self.environment.wait_until_healthy(settings.health_timeout)
            server.load()
            self.copy(self.read())
            self.ask(Scope.CODE, "first verdict", time.monotonic(), settings.test_tags)
            with selectors.DefaultSelector() as selector:
                selector.register(server, selectors.EVENT_READ, self.answered)
                selector.register(self.watcher, selectors.EVENT_READ, self.changed)
                if self.keys.available:
                    selector.register(self.keys, selectors.EVENT_READ, self.pressed)
                while True:
                    for key, _ in selector.select(self.remaining()):
                        if key.data():
                            return
                    self.end_late_job()

    # -- files

    def read(self) -> dict[str, Files]:
        """The closure's files as they are on disk now. Raises UsageError."""
        within = (self.plan.settings.root, *self.plan.settings.addons_folders)
        return {module.name: snapshot.files(module, within=within) for module in self.plan.closure.local}

    def mistakes(self, files: dict[str, Files]) -> Verdict | None:
        """What is broken in the middle of typing is told without asking Odoo."""
        texts = [Text(module, files[module.name]) for module in self.plan.closure.local]
        self.test_files = next(text.test_files for text in texts if text.module.name == self.plan.module.name)
        found = tuple(finding for text in texts for finding in lint(text, texts) if finding.stops)
        return cannot_install(replace(self.plan, mistakes=found)) if found else None

    def copy(self, files: dict[str, Files]) -> None:
        """Gives Odoo the files that differ from those it has."""
        changed = differences(self.files, files)
        gone = sorted({module for module, path in changed if path not in files[module]})
        if gone:
            self.environment.remove_files([f"{self.plan.target}/{module}" for module in gone])
        fresh = {
            module: contents if module in gone else {path: contents[path] for name, path in changed if name == module}
            for module, contents in files.items()
        }
        self.environment.copy_in(snapshot.archive(fresh, self.plan.target))
        self.files = files

    def changed(self) -> bool:
        """Looks at the disk after a burst of changes, and asks for what they make necessary."""
        self.watcher.clear()
        since = time.monotonic()
        try:
            files = self.read()
        except UsageError as error:
            self.refuse(failed(error), "saved", since)
            return False
        found = differences(self.files, files)
        what = _named(found)
        match scope(found, self.plan.module.name):
            case Scope.NOTHING if self.refused:
                self.later(Scope.TESTS, "as before", since)
            case Scope.NOTHING:
                return False
            case Scope.PLAN:
                if not self.replanned(since):
                    return False
                self.later(Scope.CODE, what, since)
            case found_scope:
                self.later(found_scope, what, since)
        return False

    def replanned(self, since: float) -> bool:
        """Whether the new manifests can be worked with in this environment. Raises Replan if they need another one."""
        try:
            plan = plans([self.plan.module.name], self.plan.settings, command=self.plan.command)[0]
        except HubRunnerError as error:
            self.refuse(failed(error), "saved", since)
            return False
        if _needs(plan) != _needs(self.plan):
            raise Replan
        self.plan = plan
        return True

    # -- requests and answers

    def later(self, wanted: Scope, what: str, since: float, tags: str | None = None) -> None:
        """Asks at once if Odoo waits, else as soon as it has stopped what it works at."""
        chosen = self.plan.settings.test_tags if tags is None else tags
        if self.waiting:
            wanted, since = max(wanted, self.waiting[0]), self.waiting[2]
        if self.job is None:
            self.ask(wanted, what, since, chosen)
            return
        self.waiting = (wanted, what, since, chosen)
        if self.job.tests or wanted > Scope.TESTS:  # an installation serves a change of test files
            self.server.stop(self.job.request)

    def ask(self, wanted: Scope, what: str, since: float, tags: str) -> None:
        try:
            files = self.read()
        except UsageError as error:
            self.refuse(failed(error), "saved", since)
            return
        if mistakes := self.mistakes(files):
            self.refuse(mistakes, what, since)
            return
        self.copy(files)
        if wanted > Scope.TESTS and self.installed:
            self.server.drop(INSTALLED)
            self.installed = False
        settings = replace(self.plan.settings, test_tags=tags)
        arguments = odoo_arguments(self.plan.module, settings, database=TESTED)
        if self.installed:
            arguments = _without_install(arguments)
        template = INSTALLED if self.installed else DATABASE
        request = self.server.start(arguments, [self.plan.module.name], template=template, database=TESTED)
        self.job = Job(request=request, tests=True, what=what, since=since, tags=tags)

    def install(self) -> None:
        """While nobody waits: a database with the module for the next change of test files."""
        arguments = odoo_arguments(self.plan.module, self.plan.settings, database=INSTALLED)
        request = self.server.start(
            _without_tests(arguments), [self.plan.module.name], template=DATABASE, database=INSTALLED, keep=True
        )
        self.job = Job(request=request, tests=False)

    def answered(self) -> bool:
        for answer in self.server.answers(0):
            job, self.job = self.job, None
            assert job
            assert answer["number"] == job.request.number
            if not job.tests:
                self.installed = answer["code"] == 0
            elif not self.waiting:
                self.judge(job, answer["code"])
            if self.waiting:
                (wanted, what, since, tags), self.waiting = self.waiting, None
                self.ask(wanted, what, since, tags)
            elif job.tests and not self.installed and self.last and _was_installed(self.last):
                self.install()
        return False

    def judge(self, job: Job, code: int, *, timed_out: bool = False) -> None:
        plan = self.plan
        record = self.environment.read_file(job.request.record, at_most=LONGEST_RECORD)
        execution = Execution(
            exit_code=code,
            record=record or b"",
            secret=job.request.secret.encode(),
            timed_out=timed_out,
            tail=self.tail(),
            oversized=record is None,
        )
        settings = replace(plan.settings, test_tags=job.tags)
        found = verdict.judge(plan.module, execution, settings, self.test_files, plan.closure.local, noticed=plan.noticed)
        self.show(found, job.what, job.since, job.tags)

    def tail(self) -> bytes:
        """The last of what Odoo printed."""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            return file.read()

    def remaining(self) -> float | None:
        """Seconds until the job has taken too long."""
        return (
            max(self.job.since + self.plan.settings.test_timeout - time.monotonic(), 0)
            if self.job and self.job.tests
            else None
        )

    def end_late_job(self) -> None:
        if self.remaining() == 0 and self.job:
            self.server.stop(self.job.request)
            job = self.job
            while not self.server.answers(1.0):
                continue
            self.job = None
            self.judge(job, STOPPED, timed_out=True)

    def refuse(self, why: Verdict, what: str, since: float) -> None:
        """Shows why what is on disk cannot even be tried."""
        self.show(why, what, since, "")
        self.refused = True

    def show(self, found: Verdict, what: str, since: float, tags: str) -> None:
        self.last, self.refused = found, False
        partial = tags if tags != self.plan.settings.test_tags or tags else ""
        self.screen.show(
            Quick(module=self.plan.module.name, verdict=found, what=what, seconds=time.monotonic() - since, partial=partial)
        )

    def offer_page(self) -> None:
        """A database of its own for whoever wants to look at the module in a browser."""
        if not self.installed:
            self.screen.say("The module is not installed yet: press u again after a green verdict.")
            return
        name = self.plan.module.name
        self.server.copy(INSTALLED, name)
        self.screen.say(f"http://127.0.0.1:{self.port}/web?db={name} (login admin, password admin)")

    # -- keys

    def pressed(self) -> bool:
        """Whether the watch is to end."""
        for key in self.keys.read():
            if key in "qQ\x04":
                return True
            if key in "\r\n":
                self.later(Scope.TESTS, "all tests", time.monotonic())
            elif key == "f" and self.last and self.last.failures:
                tags = ",".join(dict.fromkeys(outcome.tag for outcome in self.last.failures))
                self.later(Scope.TESTS, "failed tests again", time.monotonic(), tags)
            elif key == "u":
                self.offer_page()
        return False


def _needs(plan: Plan) -> tuple[object, ...]:
    return plan.closure.core, tuple((module.name, module.folder) for module in plan.closure.local)


def _without_install(arguments: Sequence[str]) -> tuple[str, ...]:
    """Odoo runs the tests of a module that is installed already if nothing is to be installed or updated."""
    at = list(arguments).index("-i")
    return (*arguments[:at], *arguments[at + 2 :])


def _without_tests(arguments: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in arguments if not word.startswith("--test-"))


def _was_installed(found: Verdict) -> bool:
    return bool(found.outcomes)


def _named(changed: Sequence[tuple[str, str]]) -> str:
    names = [f"{module}/{path}" for module, path in changed]
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")
