"""What is known of one test: whose it is, where it stands, and how it ends."""

from __future__ import annotations

import inspect
import os
import re
import sys
from types import TracebackType
from typing import Any

from hub_runner.inside.events import shortened

_HOLDER = re.compile(r"(?P<method>\w+) \((?P<path>[\w.]+)\)")


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


def describe(test: Any) -> dict[str, Any]:
    """Module, class and method of a test case as --test-tags names them, and where the method is defined."""
    cls = type(test)
    module = module_of(cls.__module__)
    code = code_of(getattr(cls, test._testMethodName, None))
    return {
        "module": module,
        "cls": cls.__name__,
        "method": test._testMethodName,
        "file": relative(code.co_filename, module) if code else file_of(cls, module),
        "line": code.co_firstlineno if code else None,
    }


def describe_holder(holder: Any) -> dict[str, Any]:
    """The same for a class's own failure, which Odoo reports as ``setUpClass (odoo.addons.x.tests.test_y.TestZ)``."""
    match = _HOLDER.match(str(holder.id()))
    path, _, name = (match["path"] if match else str(holder.id())).rpartition(".")
    module = module_of(path)
    return {
        "module": module,
        "cls": name,
        "method": match["method"] if match else "setUpClass",
        "file": file_of(getattr(sys.modules.get(path), name, None), module),
        "line": None,
    }


def code_of(function: Any) -> Any:
    """The code object that a (decorated) function was written as, or None."""
    return getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None


def file_of(cls: Any, module: str) -> str | None:
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


class Attempt:
    """One test on its way: gathers what Odoo's result class is told until it stops."""

    def __init__(self, about: dict[str, Any], clock: float, queries: int) -> None:
        self.about = about
        self.clock = clock
        self.queries = queries
        self.status = ""
        self.reason = ""
        self.tracebacks: list[str] = []
        self.subtests: list[str] = []

    def fail(self, status: str, text: str, line: int | None, subtest: str | None) -> None:
        """An error outranks a failure; the first failing line is the one that is shown."""
        if line and not self.tracebacks:
            self.about["line"] = line
        self.status = "error" if "error" in (status, self.status) else "failed"
        if len(self.tracebacks) < 20:  # a loop of subtests must not fill the disk
            self.tracebacks.append(shortened(text))
        if subtest is not None and len(self.subtests) < 100:
            self.subtests.append(shortened(subtest, 500))

    def skip(self, reason: str) -> None:
        self.reason = self.reason or shortened(reason, 2000)
        self.status = self.status or "skipped"

    def ended(self, clock: float, queries: int) -> dict[str, Any]:
        """Unknown where Odoo never said how it ended: something broke through, and will end the process."""
        return dict(
            self.about,
            status=self.status or "unknown",
            reason=self.reason,
            tracebacks=self.tracebacks,
            subtests=self.subtests,
            duration=round(clock - self.clock, 6),
            queries=queries - self.queries,
        )
