"""Writes down what Odoo's result class, its test loader and its module loader are told."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from types import CodeType

from hub_runner.odoo.inside import tests
from hub_runner.odoo.inside.choice import Choice
from hub_runner.odoo.inside.load_order import MARKER, LoadOrder
from hub_runner.odoo.inside.needs import needed
from hub_runner.odoo.inside.record_file import EventFile, now, shortened
from hub_runner.odoo.inside.suggestions import suggestions
from hub_runner.odoo.inside.types_of_odoo import ErrorInfo, Json


class Recorder:
    """The state between two events: the module that is loaded, the test that runs."""

    def __init__(
        self,
        events: EventFile,
        order: LoadOrder,
        queries: Callable[[], int] = lambda: 0,
        choice: Choice | None = None,
    ) -> None:
        self.events = events
        self.order = order
        self.choice = choice or Choice()
        self.targets = order.targets
        self.queries = queries
        # What failed before all modules were loaded, by test: where, and the traceback of each failure.
        self.unexplained: dict[tuple[object, ...], tuple[Json, list[str]]] = {}
        self.loading: str | None = None
        self.attempts: list[tests.Attempt] = []  # of the tests that run now: a test may run others
        self.suites = 0  # that Odoo runs now: a test that loads a registry anew makes it run one more
        self.tried_again: unittest.TestCase | None = None  # what Odoo runs once more if it has failed: both are one run
        self.hints: dict[str, list[Json]] = {}  # by the last line of a failure
        self.runs = 0
        self.blind: Callable[[], str] = str  # why errors that are logged would not be seen
        self.bodies: dict[tuple[type, str], tuple[object, CodeType | None]] = {}  # of the tests that were collected
        self.reporting = False  # Odoo logs each failed test as an error: that is no error logged by the test

    @property
    def testing(self) -> bool:
        return self.suites > 0

    @property
    def attempt(self) -> tests.Attempt | None:
        """The innermost test that runs."""
        return self.attempts[-1] if self.attempts else None

    def _is_inner(self) -> bool:
        """Whether a test that starts now is run by another test, and not by Odoo: that one answers for its end."""
        return bool(self.attempts) and self.attempts[-1].suites == self.suites

    def where(self) -> Json:
        """What was going on: a test, the loading of a module, or neither."""
        test = next((it.about for it in reversed(self.attempts) if not it.is_inner), None)
        return {"loading": self.loading, "testing": self.testing, "test": test}

    def module_loading(self, name: str) -> None:
        self.loading = name
        self.events.write("loading", module=name, **place(name))

    def module_loaded(self) -> None:
        self.loading = None

    def collected(self, found: Iterable[unittest.TestCase]) -> None:
        for test in found:
            self.bodies.setdefault((type(test), test._testMethodName), tests.body(test))

    def started(self, test: unittest.TestCase) -> None:
        about, is_inner = tests.describe(test), self._is_inner()
        self.runs += test is not self.tried_again and not is_inner
        body = tests.body(test)
        known = self.bodies.get((type(test), test._testMethodName), body)
        replaced = known[0] is not body[0] or known[1] is not body[1]
        attempt = tests.Attempt(about, now(), self.queries(), test, run=self.runs, suites=self.suites, is_inner=is_inner)
        self.attempts.append(attempt)
        if is_inner:
            return
        # The pages of `web` are in a prepared database before its turn has come, and not in a fresh one.
        early_http = "web" in self.order.pending and any(cls.__name__ == "HttpCase" for cls in type(test).__mro__)
        flags = {"replaced": replaced, "early_http": early_http}
        self.events.write("test", **{name: True for name, is_set in flags.items() if is_set}, **about)

    def stopped(self, test: unittest.TestCase, *, counts: bool = True) -> None:
        """``counts`` is false if Odoo tries the test again in case that it failed."""
        attempt = None
        if any(it.test is test for it in self.attempts):  # what it ran may never have come to its own end
            while (attempt := self.attempts.pop()).test is not test:
                pass
        if attempt and not attempt.is_inner:
            self.tried_again = None if counts else test
            outcome = attempt.ended(now(), self.queries())
            self.events.write("outcome", run=attempt.run, **outcome)
            if counts and outcome["status"] in ("failed", "error"):
                self.has_failed(outcome)

    def has_failed(self, about: Json) -> None:
        """Counts a failed test or class of the tested module, for ``max_fail``."""
        if about["module"] in self.targets and not self.choice.is_over:
            self.choice.failed.add((about["home"], about["cls"], about["method"]))
            if self.choice.is_over:
                self.events.write("gave_up", failed=len(self.choice.failed))

    def set_up(self, cls: type, seconds: float, queries: int) -> None:
        """A class of the tested module was set up, or could not be: how long that took."""
        module = tests.module_of(cls.__module__)
        if module in self.targets:
            file = tests.file_of(cls, module)
            place = {"module": module, "cls": cls.__name__, "method": "setUpClass", "home": file, "file": file, "line": None}
            self.events.write("class_set_up", duration=round(seconds, 6), queries=queries, **place)

    def logged(self, text: str) -> None:
        if self.attempt:
            self.attempt.logged(text)

    def printed(self, text: str) -> None:
        if self.attempt:
            self.attempt.printed(text)

    def subtest(self) -> None:
        if self.attempt:
            self.attempt.begun += 1

    def came_through(self) -> None:
        if self.attempt:
            self.attempt.came_through = True

    def passed(self) -> None:
        if self.attempt:
            self.attempt.status = self.attempt.status or "passed"

    def skipped(self, test: unittest.TestCase, reason: object) -> None:
        if self.attempt:
            self.attempt.skip(str(reason), _subtest(test))
        else:
            self._class_outcome(test, status="skipped", reason=shortened(reason, 2000))

    def failed(self, status: str, test: unittest.TestCase, error: ErrorInfo, text: str) -> None:
        if self.order.after:
            about = self.attempt.about if self.attempt else tests.describe_holder(test)
            self._keep_unexplained(about, text)
        hints = self._hints(text)
        if self.attempt:
            about = self.attempt.about
            line = tests.failing_line(error[2], about["file"], about["module"])
            self.attempt.fail(status, text, line, _subtest(test))
            self.attempt.hints = self.attempt.hints or hints
        else:
            self._class_outcome(test, status="error", tracebacks=[shortened(text)], error=error, hints=hints)

    def _hints(self, text: str) -> list[Json]:
        """What a wrong name in a failure should likely have been. One typo may fail many tests: it is looked up once."""
        last = text.rstrip().rpartition("\n")[2]
        if last not in self.hints and len(self.hints) < 50:
            self.hints[last] = suggestions(text, self.order.registry)
        return self.hints.get(last, [])

    def _keep_unexplained(self, about: Json, text: str) -> None:
        """Past a limit without the text, which nothing explains then."""
        failures = sum(len(texts) for _, texts in self.unexplained.values())
        key = (about["module"], about["home"], about["cls"], about["method"])
        _, texts = self.unexplained.setdefault(key, (about, []))
        texts.append(shortened(text) if failures < 200 else "")

    def resolve_needs(self) -> None:
        """Says which modules the failed tests needed. All modules are loaded by now: only now it is known what they add.

        A test of which one failure (such as a subtest's) has another cause failed by itself, as does what fails from now on.
        """
        for about, texts in self.unexplained.values():
            needs = [list(needed(text, self.order.registry, self.order.after)) for text in texts]
            for module, what in dict.fromkeys(chain.from_iterable(needs)) if all(needs) else ():
                self.events.write("need", needs=module, what=what, **about)
        self.unexplained.clear()
        self.order.after.clear()

    def _class_outcome(
        self,
        holder: unittest.TestCase,
        *,
        status: str,
        reason: str = "",
        tracebacks: Sequence[str] = (),
        error: ErrorInfo | None = None,
        hints: Sequence[Json] = (),
    ) -> None:
        about = tests.describe_holder(holder)
        if error:
            about["line"] = tests.failing_line(error[2], about["file"], about["module"])
        self.events.write("class_outcome", status=status, reason=reason, tracebacks=tracebacks, hints=hints, **about)
        if status == "error":
            self.has_failed(about)


def _subtest(test: unittest.TestCase) -> str | None:
    describe = getattr(test, "_subDescription", None)
    return describe() if describe else None


def place(module: str) -> Json:
    """``copied`` is false for whatever the image brings, be it of the same name. Imports nothing of the module."""
    folder = _folder(module)
    return {"folder": str(folder or ""), "copied": bool(folder and (folder.parent / MARKER).is_file())}


def _folder(module: str) -> Path | None:
    try:
        spec = find_spec("odoo.addons." + module)
    except (ImportError, ValueError):
        return None
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return Path(locations[0]) if locations else None
