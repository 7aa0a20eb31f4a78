"""What a record tells: the file that the launcher wrote inside Odoo, as typed values.

The file ends where the process ended. A record without its end is never taken for a success, nor is one into which somebody
else has written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub_runner.verdict.events import ClassOutcome, ClassSetUp, Contents, Event, Stopped, Suite, TestOutcome
from hub_runner.verdict.recorded import Found, Logged, Loose, TestId
from hub_runner.verdict.seal import read

BAD = ("failed", "error")  # how a test, or a setUpClass, may end


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was recorded inside Odoo. A field keeps its default if no event told of it."""

    wrong: str = ""  # with the record as a whole
    started: bool = False
    odoo_version: str | None = None
    hooked: bool = False
    hook_failure: str | None = None
    raised: str | None = None  # the exception that broke through all of Odoo, with its traceback
    ended: bool = False
    end_code: int | None = None
    blind: str = ""  # why errors that were logged could not be seen, once the module was installed or at the end
    loading: tuple[str, ...] = ()  # modules in the order in which Odoo loaded them
    elsewhere: Mapping[str, str] = field(default_factory=dict)  # modules that the run did not copy in, with their folders
    suites: tuple[str, ...] = ()  # positions whose tests of the module were collected
    looked_at: frozenset[str] = frozenset()  # files from which Odoo took tests
    imported: frozenset[str] = frozenset()  # files of tests/ that were imported
    present: frozenset[str] = frozenset()  # FILE:CLASS.METHOD of the test methods that were there after the import
    found: tuple[Found, ...] = ()
    loose: tuple[Loose, ...] = ()  # test methods that no test runs
    replaced: tuple[TestId, ...] = ()  # tests that were others when they were collected
    running: TestId | None = None  # started, and never ended
    outcomes: Mapping[TestId, TestOutcome] = field(default_factory=dict)
    runs: Mapping[TestId, int] = field(default_factory=dict)  # how often each test ran
    green: Mapping[TestId, int] = field(default_factory=dict)  # and how often it passed
    class_outcomes: tuple[tuple[TestId, ClassOutcome], ...] = ()  # setUpClass and tearDownClass
    set_ups: tuple[tuple[TestId, ClassSetUp], ...] = ()  # each setUpClass
    gave_up: int = 0  # failed tests after which no other began
    needs: tuple[tuple[TestId, str, str], ...] = ()  # a failed test, a module that came too late, what it wanted of it
    logs: tuple[Logged, ...] = ()
    later: tuple[str, ...] = ()  # modules of the prepared database that were loaded after the first new one
    after: tuple[str, ...] = ()  # modules that were to be loaded after the tested one
    endangered_views: tuple[str, ...] = ()  # of later modules: a fresh database may not be able to make them
    early_http: bool = False  # an HttpCase ran before all modules of the prepared database were loaded
    wrong_order: str = ""  # how the order of loading differs from that of a fresh database
    tables: frozenset[str] = frozenset()  # just before the tested module was there
    migrations: tuple[tuple[str, str], ...] = ()  # module and file of each script that was begun
    contents: Contents | None = None  # what was in the database in the end, if that was asked for
    stopped: Stopped | None = None  # by a time limit or an interrupt, with what each thread was doing

    @classmethod
    def parse(cls, data: bytes, secret: bytes) -> Record:
        """``data`` is the file, ``secret`` what its lines are sealed with. ``wrong`` says what cannot be read."""
        events, wrong = read(data, secret)
        draft = _Draft(wrong=wrong)
        for event in events:
            draft.add(event)
        return draft.record()


@dataclass
class _Draft:
    """A record that grows event by event."""

    wrong: str
    values: dict[str, Any] = field(default_factory=dict)  # fields of Record, each with a type of its own
    blind: str = ""
    loading: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    suites: list[Suite] = field(default_factory=list)
    replaced: list[TestId] = field(default_factory=list)
    running: TestId | None = None
    attempts: dict[tuple[TestId, int], TestOutcome] = field(default_factory=dict)  # by the number of the run
    class_outcomes: list[tuple[TestId, ClassOutcome]] = field(default_factory=list)
    set_ups: list[tuple[TestId, ClassSetUp]] = field(default_factory=list)
    needs: list[tuple[TestId, str, str]] = field(default_factory=list)
    migrations: list[tuple[str, str]] = field(default_factory=list)
    logs: list[Logged] = field(default_factory=list)
    earlier_logs: int = 0  # how many logs had come when the latest test or class ended

    def add(self, event: Event) -> None:
        if event["event"] == "test":
            self.running = TestId.of(event)
            self.replaced += [self.running] if event.get("replaced") else []
            self.values["early_http"] = self.values.get("early_http", False) or event.get("early_http", False)
        elif event["event"] == "outcome":
            self._add_outcome(event)
        elif event["event"] == "class_outcome":
            self._add_class_outcome(event)
        elif event["event"] == "class_set_up":
            self.set_ups.append((TestId.of(event), event))
            self.earlier_logs = len(self.logs)
        elif event["event"] == "need":
            self.needs.append((TestId.of(event), event["needs"], event["what"]))
        elif event["event"] == "log":
            late = any(suite["position"] == "post_install" for suite in self.suites)
            self.logs.append(Logged.of(event, late=late))
        elif event["event"] == "loading":
            self.loading.append(event["module"])
            if not event["copied"]:
                self.elsewhere[event["module"]] = event["folder"]
        elif event["event"] == "suite":
            self.suites.append(event)
            self.blind = self.blind or event["blind"]
        else:
            self._add_milestone(event)

    def _add_milestone(self, event: Event) -> None:
        if event["event"] == "start":
            self.values.update(started=True, odoo_version=event["odoo"] or None)
        elif event["event"] == "hooked":
            self.values["hooked"] = True
        elif event["event"] == "hook_failed":
            self.values["hook_failure"] = event["traceback"]
        elif event["event"] == "order":
            self.values.update(later=tuple(event["later"]), after=tuple(event["after"]))
        elif event["event"] == "endangered_views":
            self.values["endangered_views"] = tuple(event["views"])
        elif event["event"] == "raised":
            self.values["raised"] = event["traceback"]
        elif event["event"] == "stopped":
            self.values["stopped"] = event
        elif event["event"] == "gave_up":
            self.values["gave_up"] = event["failed"]
        elif event["event"] == "tables":
            self.values["tables"] = frozenset(event["tables"])
        elif event["event"] == "migration":
            self.migrations.append((event["module"], event["file"]))
        elif event["event"] == "contents":
            self.values["contents"] = event
        elif event["event"] == "end":
            self.values.update(ended=True, end_code=event["code"] or 0, wrong_order=event.get("wrong_order", ""))
            self.blind = self.blind or event["blind"]

    def _add_class_outcome(self, event: ClassOutcome) -> None:
        """What was logged between two tests belongs to the class that could not be set up or torn down then."""
        holder = TestId.of(event)
        self.class_outcomes.append((holder, event))
        if event["status"] in BAD:
            late = self.logs[self.earlier_logs :]
            self.logs[self.earlier_logs :] = [
                replace(log, test=holder) if log.testing and not log.test else log for log in late
            ]
        self.earlier_logs = len(self.logs)

    def _add_outcome(self, event: TestOutcome) -> None:
        """Odoo may try a run again: the last attempt counts. One that ended in an unknown way is still running."""
        self.earlier_logs = len(self.logs)
        if event["status"] != "unknown":
            self.running = None
            self.attempts[TestId.of(event), event["run"]] = event

    def record(self) -> Record:
        return Record(
            wrong=self.wrong,
            blind=self.blind,
            loading=tuple(self.loading),
            elsewhere=self.elsewhere,
            suites=tuple(suite["position"] for suite in self.suites),
            looked_at=frozenset(file for suite in self.suites for file in suite["looked_at"]),
            imported=frozenset(file for suite in self.suites for file in suite["imported"]),
            present=frozenset(name for suite in self.suites for name in suite["present"]),
            found=self._found(),
            loose=tuple({it.test: it for suite in self.suites for it in map(Loose.of, suite["loose"])}.values()),
            replaced=tuple(self.replaced),
            running=self.running,
            outcomes=self._outcomes(),
            runs=Counter(test for test, _ in self.attempts),
            green=Counter(test for (test, _), outcome in self.attempts.items() if outcome["status"] == "passed"),
            set_ups=tuple(self.set_ups),
            class_outcomes=tuple(self.class_outcomes),
            needs=tuple(self.needs),
            migrations=tuple(self.migrations),
            logs=tuple(self.logs),
            **self.values,
        )

    def _found(self) -> tuple[Found, ...]:
        """Each position finds all tests, and selects some: a test counts as selected if one of them did."""
        tests: dict[TestId, Found] = {}
        for suite in self.suites:
            for found in map(Found.of, suite["tests"]):
                known = tests.get(found.test)
                if not known or found.selected or (found.left_out and not known.selected):
                    tests[found.test] = found
        return tuple(tests.values())

    def _outcomes(self) -> dict[TestId, TestOutcome]:
        """Up to 17.0 Odoo runs a test again in each file that imports its class: what failed once has failed."""
        outcomes: dict[TestId, TestOutcome] = {}
        for (test, _), outcome in self.attempts.items():
            if test not in outcomes or outcomes[test]["status"] not in BAD:
                outcomes[test] = outcome
        return outcomes
