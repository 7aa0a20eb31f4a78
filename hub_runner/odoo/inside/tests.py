"""What is known of one test: whose it is, where it stands, and how it ends."""

from __future__ import annotations

import inspect
import os
import re
import sys
import unittest
from collections import deque
from types import CodeType, TracebackType

from hub_runner.odoo.inside.record_file import shortened
from hub_runner.odoo.inside.types_of_odoo import Json

_HOLDER = re.compile(r"(?P<method>\w+) \((?P<path>.+)\)")  # a class that a function made is `test_y.make.<locals>.TestZ`


def module_of(python_module: str) -> str:
    """The Odoo module that ``odoo.addons.MODULE.tests.test_x`` belongs to."""
    parts = python_module.split(".")
    return parts[2] if len(parts) > 2 and parts[:2] in (["odoo", "addons"], ["odoo", "upgrade"]) else parts[0]


def relative(path: str, module: str) -> str:
    """``path`` relative to the folder of the Odoo module, or as it is where it lies elsewhere."""
    package = sys.modules.get("odoo.addons." + module)
    for folder in getattr(package, "__path__", ()):
        if path.startswith(folder + os.sep):
            return os.path.relpath(path, folder)
    return path


def describe(test: unittest.TestCase) -> Json:
    """Module, class and method of a test case as --test-tags names them; the file of its class, and where its method is."""
    cls = type(test)
    module = module_of(cls.__module__)
    code = code_of(getattr(cls, test._testMethodName, None))
    return {
        "module": module,
        "cls": cls.__name__,
        "method": test._testMethodName,
        "home": file_of(cls, module),
        "file": relative(code.co_filename, module) if code else file_of(cls, module),
        "line": code.co_firstlineno if code else None,
    }


def describe_holder(holder: unittest.TestCase) -> Json:
    """The same for a class's own failure, which Odoo reports as ``setUpClass (odoo.addons.x.tests.test_y.TestZ)``."""
    match = _HOLDER.fullmatch(str(holder.id()))
    path, _, name = (match["path"] if match else str(holder.id())).rpartition(".")
    module = module_of(path)
    while path and path not in sys.modules:  # it may stand in another class, or in a function
        path = path.rpartition(".")[0]
    source = getattr(sys.modules.get(path), "__file__", None)
    file = relative(source, module) if source else None
    return {
        "module": module,
        "cls": name,
        "method": match["method"] if match else "setUpClass",
        "home": file,
        "file": file,
        "line": None,
    }


def code_of(function: object) -> CodeType | None:
    """The code object that a (decorated) function was written as, or None."""
    return getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None


def body(test: unittest.TestCase) -> tuple[object, CodeType | None]:
    """What a test would run: two answers that are not the same objects mean that somebody has exchanged it."""
    return inspect.getattr_static(type(test), test._testMethodName, None), code_of(getattr(type(test), test._testMethodName))


def dropped(test: unittest.TestCase) -> str:
    """What a call of the test method makes, instead of running its body; empty for a plain method.

    Odoo's test case calls it and looks at nothing that it returns. A test case of another making may well run it.
    """
    caller = getattr(getattr(type(test), "_callTestMethod", None), "__module__", None)
    method = getattr(type(test), test._testMethodName, None)
    if caller not in ("odoo.tests.case", "unittest.case"):
        return ""
    kinds = ("coroutine", inspect.iscoroutinefunction), ("generator", inspect.isgeneratorfunction)
    return next((kind for kind, is_one in (*kinds, ("generator", inspect.isasyncgenfunction)) if is_one(method)), "")


def file_of(cls: object, module: str) -> str | None:
    path = getattr(sys.modules.get(getattr(cls, "__module__", "")), "__file__", None)
    return relative(path, module) if path else None


def failing_line(traceback: TracebackType | None, file: str | None, module: str) -> int | None:
    """The innermost line of ``file`` that the failure passed through."""
    line = None
    while traceback:
        if file and relative(traceback.tb_frame.f_code.co_filename, module) == file:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


OUTPUT = 40  # lines of a failed test


class Attempt:
    """One test on its way: gathers what Odoo's result class is told until it stops."""

    def __init__(
        self,
        about: Json,
        clock: float,
        queries: int,
        test: unittest.TestCase | None = None,
        *,
        run: int = 1,
        suites: int = 0,
        is_inner: bool = False,
    ) -> None:
        """``suites`` run when it begins. One that ``is_inner`` is run by another test, and is nobody's outcome."""
        self.about = about
        self.test = test
        self.run = run
        self.suites = suites
        self.is_inner = is_inner
        self.clock = clock
        self.queries = queries
        self.status = ""
        self.reason = ""
        self.tracebacks: list[str] = []
        self.subtests: list[str] = []
        self.begun = 0  # subtests
        self.skipped = 0  # subtests
        self.came_through = False  # the body ran to its end
        self.output: deque[str] = deque(maxlen=OUTPUT)  # the last lines that were logged and printed meanwhile
        self.hints: list[Json] = []  # likely names for wrong ones in its failure
        self.unfinished = ""  # a printed line whose end has not come yet

    def logged(self, text: str) -> None:
        self.output.extend(shortened(line, 500) for line in text.splitlines()[-OUTPUT:] if line.strip())

    def printed(self, text: str) -> None:
        """``print`` writes a line in pieces."""
        lines, _, self.unfinished = (self.unfinished + text).rpartition("\n")
        self.unfinished = self.unfinished[-2000:]
        self.logged(lines)

    def fail(self, status: str, text: str, line: int | None, subtest: str | None) -> None:
        """An error outranks a failure; the first failing line is the one that is shown."""
        if line and not self.tracebacks:
            self.about["line"] = line
        self.status = "error" if "error" in (status, self.status) else "failed"
        if len(self.tracebacks) < 20:  # a loop of subtests must not fill the disk
            self.tracebacks.append(shortened(text))
        if subtest is not None and len(self.subtests) < 100:
            self.subtests.append(shortened(subtest, 500))

    def skip(self, reason: str, subtest: str | None) -> None:
        """A subtest that skips itself gives its reason; how the test ends is not up to it."""
        self.reason = self.reason or shortened(reason if subtest is None else f"{subtest}: {reason}", 2000)
        if subtest is None:
            self.status = self.status or "skipped"
        else:
            self.skipped += 1

    def ended(self, clock: float, queries: int) -> Json:
        """Unknown where Odoo never said how it ended: something broke through, and will end the process."""
        if self.skipped and not self.status:  # Odoo calls such a test neither a success nor anything else
            self.status = "passed" if self.came_through and self.begun > self.skipped else "skipped"
        return dict(
            self.about,
            status=self.status or "unknown",
            output=[*self.output, *filter(None, [self.unfinished])] if self.tracebacks else [],
            reason=self.reason,
            tracebacks=self.tracebacks,
            hints=self.hints,
            subtests=self.subtests,
            duration=round(clock - self.clock, 6),
            queries=queries - self.queries,
        )
