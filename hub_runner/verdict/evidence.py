"""What a verdict is judged from: the record, the end of Odoo's process, and the module as it was tested."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub_runner.checkout.migrations import Change
from hub_runner.checkout.modules import Module
from hub_runner.checkout.testfiles import TestFile
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.odoo.command import Execution, Stage
from hub_runner.result import Outcome, Status
from hub_runner.settings import Settings
from hub_runner.text import last, relative, shorten
from hub_runner.verdict.record import Record
from hub_runner.verdict.recorded import Logged, TestId
from hub_runner.verdict.strictness import Finding

ASSETS = "odoo.addons.base.models.assetsbundle"
ENDING = ("odoo.service.server", "odoo.hub_runner")  # log what ended the loading of modules, or our uninstallation
DEMO_FAILED = "demo data failed to install"  # Odoo only warns of that, and goes on without it


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the checks of a verdict are given: each asks its question of it, and changes nothing."""

    module: Module
    execution: Execution
    settings: Settings
    record: Record
    outcomes: tuple[Outcome, ...]  # of the module's own tests
    test_files: tuple[TestFile, ...] = ()  # as they were tested
    copied: tuple[Module, ...] = ()  # of the checkout: the module, and what it needs there
    along: tuple[str, ...] = ()  # modules that are installed in the same database because the user asked for it
    noticed: tuple[Finding, ...] = ()  # what its files alone show
    choice: Choice = EVERYTHING  # which of its tests were asked for
    stage: Stage = Stage.TESTS  # what the process did with the module
    changes: tuple[Change, ...] = ()  # of an upgrade: the module, and what it needs, as they were and as they are
    tables: frozenset[str] = frozenset()  # of an uninstallation: those that were there before the module

    @property
    def was_loaded(self) -> bool:
        return self.module.name in self.record.loading

    @property
    def was_installed(self) -> bool:
        """Odoo asks for a module's tests once it is installed. Without tests, the database says so."""
        if self.stage.runs_tests or not self.record.contents:
            return bool(self.record.suites)
        return self.state(self.module.name) == "installed"

    def state(self, module: str) -> str:
        """The state of a module in the database, as far as it was asked for: `installed`, `uninstalled` ..."""
        states = self.record.contents["states"] if self.record.contents else []
        return next((state for name, state, _ in states if name == module), "")

    @property
    def timed_out(self) -> bool:
        return self.execution.timed_out or (self.record.stopped is not None and not self.execution.interrupted)

    @property
    def came_to_its_end(self) -> bool:
        return self.record.ended and not self.timed_out

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.is_red)

    @property
    def only_skips(self) -> bool:
        return bool(self.outcomes) and all(outcome.status is Status.SKIPPED for outcome in self.outcomes)

    @property
    def claims_completeness(self) -> bool:
        """A run of tests that the user chose proves what it ran, and says nothing of the rest."""
        return not self.part

    @property
    def part(self) -> str:
        """What chose the tests, for people; empty if all of the module's were asked for."""
        tags = self.settings.test_tags
        return ", ".join(filter(None, [f"--test-tags {tags}" if tags else "", str(self.choice)]))

    @property
    def left_out(self) -> int:
        """Tests of the module that could have run, and were not asked for."""
        return 0 if self.claims_completeness else sum(not found.selected for found in self.record.found)

    @property
    def chosen_by_tags(self) -> bool:
        """Whether Odoo's tags were made from the user's choice (``FILE::test``, ``--lf``), and not typed as test-tags.

        A test that they do not select was not asked for then, and not deselected by tags.
        """
        return not self.settings.test_tags and bool(self.choice.tags(self.module.name))

    @property
    def not_begun(self) -> tuple[TestId, ...]:
        """Tests of the module that were to run when enough others had failed."""
        if not self.record.gave_up:
            return ()
        selected = [found.test for found in self.record.found if found.selected and self.is_own(found.test)]
        return tuple(test for test in selected if test not in self.record.outcomes)

    @property
    def logs(self) -> tuple[Logged, ...]:
        """Without what Odoo logs about missing assets of other modules: for the first HttpCase it bundles those of all."""
        own = re.compile(rf"\b{re.escape(self.module.name)}/")
        return tuple(log for log in self.record.logs if log.logger != ASSETS or own.search(log.message))

    @property
    def crash(self) -> Logged | None:
        """The exception that ended the loading of modules: Odoo logs it as critical, and goes on to its end.

        Modules may log what they like as critical, too: that ends nothing.
        """
        logs = (log for log in self.record.logs if log.logger in ENDING and log.level == "CRITICAL")
        logs = (log for log in logs if log.exception and not log.testing)
        return next(logs, None)

    def is_own(self, test: TestId) -> bool:
        """Whether it is a test of the module, and not of another one that was loaded with it."""
        return test.module == self.module.name

    def in_checkout(self, file: str | None, module: str = "") -> str | None:
        """The path of a module's file as seen from the checkout; None if there is no such module on disk."""
        folder = self.module.folder.parent / module if module else self.module.folder
        if not file or file.startswith("/") or (module and not folder.is_dir()):
            return None
        return relative(folder / file, self.settings.root)

    def last_lines(self, count: int = 8) -> tuple[str, ...]:
        """What Odoo printed last."""
        return tuple(shorten(line.rstrip(), 500) for line in last(self.execution.tail.decode("utf-8", "replace"), count))


def described(log: Logged) -> str:
    """A log record in one line."""
    message = next((line for line in log.message.splitlines() if line.strip()), "")
    where = f"{log.test.name}: " if log.test else ""
    return f"{where}{log.level} {log.logger}: {shorten(message, 300)}"
