"""What Odoo has in front of it during a watch: what is wished, the module's files, and databases with and without them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGKILL

from hub_runner import verdict
from hub_runner.checkout import snapshot
from hub_runner.checkout.snapshot import Files
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE
from hub_runner.errors import UsageError
from hub_runner.exit_codes import signal_exit_code
from hub_runner.loop.changes import Scope, differences, scope
from hub_runner.loop.forkserver import ForkServer, Request, lost
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.odoo.command import Execution, odoo_arguments
from hub_runner.odoo.trial import LONGEST_RECORD
from hub_runner.plan import Plan, plans
from hub_runner.result import Verdict

INSTALLED = f"{DATABASE}_installed"  # holds the module as it is on disk, without what tests have left
TESTED = f"{DATABASE}_quick"
NOT_STARTED = -1  # what a fork server answers if it could not clone a database
KILLED = signal_exit_code(SIGKILL)
TAIL = 65536  # bytes of Odoo's output that a verdict may quote


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A verdict that somebody waits for: since when (monotonic clock), because of what, on which tests."""

    scope: Scope
    what: str
    since: float
    choice: Choice

    def after(self, earlier: Wish) -> Wish:
        """This one, with what an earlier one that was never tried made necessary."""
        return replace(self, scope=max(self.scope, earlier.scope), since=earlier.since)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What Odoo works at: tests, or (without a ``wish``) the installation for later copies."""

    request: Request
    wish: Wish | None = None
    since: float = field(default_factory=time.monotonic)


class Workbench:
    """The files that Odoo has, and whether INSTALLED holds them."""

    def __init__(self, plan: Plan, environment: Environment, server: ForkServer, log: Path) -> None:
        self.plan, self.environment, self.server, self.log = plan, environment, server, log
        self.files: Mapping[str, Files] = plan.files  # the environment began with them
        self.installed = False

    def read(self) -> dict[str, Files]:
        """The closure's files as they are on disk now. Raises UsageError."""
        within = (self.plan.settings.root, *self.plan.settings.addons_folders)
        return {module.name: snapshot.files(module, within=within) for module in self.plan.closure.local}

    def planned(self, needed: Scope) -> Plan:
        """The plan for what is on disk now, after a change of ``needed``. Raises UsageError or EnvironmentFailure."""
        plan = self.plan
        with contextlib.suppress(UsageError):  # a module is broken, or not where it was: a new plan tells which
            files = self.read()
            if max(needed, scope(differences(self.files, files), plan.module.name)) < Scope.PLAN:
                fresh = plan.with_files(files)
                if needs(fresh) == needs(plan):
                    return fresh
        return replace(plans([plan.module.name], plan.settings, command=plan.command)[0], choice=plan.choice)

    def copy(self, files: Mapping[str, Files]) -> None:
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

    def forget_installed(self) -> None:
        """The files that INSTALLED holds are no longer those on disk."""
        if self.installed:
            self.server.drop(INSTALLED)
        self.installed = False

    def test(self, choice: Choice) -> Request:
        """Runs the tests of ``choice`` on a copy of INSTALLED, or else on one into which the module is installed."""
        arguments = self._odoo_arguments(TESTED, choice)
        if self.installed:
            arguments = without_install(arguments)
        template = INSTALLED if self.installed else DATABASE
        browser = self.plan.wanted.browser or any(file.drives_browser for file in self.plan.test_files)
        return self.server.start(
            arguments,
            self._names,
            template=template,
            database=TESTED,
            choice=choice,
            browser=browser,
            spare=self.installed,
        )

    def install(self) -> Request:
        """Makes INSTALLED."""
        arguments = _without_tests(self._odoo_arguments(INSTALLED, EVERYTHING))
        return self.server.start(arguments, self._names, template=DATABASE, database=INSTALLED, keep=True, spare=True)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.plan.module.name, *self.plan.along

    def _odoo_arguments(self, database: str, choice: Choice) -> tuple[str, ...]:
        plan = self.plan
        return odoo_arguments(plan.module, plan.settings, database=database, along=plan.along, choice=choice)

    def judge(self, request: Request, code: int, choice: Choice, *, timed_out: bool) -> Verdict:
        """What a request of ``test`` proved; ``code`` is the exit code of its process, or ``NOT_STARTED``.

        Raises EnvironmentFailure if a container went away: no later request could prove anything.
        """
        diagnosis = self.environment.diagnosis
        if code in (NOT_STARTED, KILLED) and not timed_out:
            diagnosis.await_cause()
        if code and (died := diagnosis.death()):
            raise lost(died)
        record = self.environment.read_file(request.record, at_most=LONGEST_RECORD)
        execution = Execution(
            exit_code=code,
            record=record or b"",
            secret=request.secret.encode(),
            timed_out=timed_out,
            tail=self._tail(),
            oversized=record is None,
            out_of_memory=code == KILLED and diagnosis.out_of_memory(),
        )
        return verdict.judge(replace(self.plan, choice=choice), execution)

    def _tail(self) -> bytes:
        """The last of what Odoo printed."""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            return file.read()


def needs(plan: Plan) -> tuple[object, ...]:
    """What decides which environment a module needs."""
    return plan.closure.core, plan.wanted, tuple((module.name, module.folder) for module in plan.closure.local)


def without_install(arguments: Sequence[str]) -> tuple[str, ...]:
    """Odoo runs the tests of a module that is installed already if nothing is to be installed or updated."""
    at = list(arguments).index("-i")
    return (*arguments[:at], *arguments[at + 2 :])


def _without_tests(arguments: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in arguments if not word.startswith("--test-"))
