"""Sets the recorder into a running Odoo, 16.0 to 19.0, before it loads a module. Raises when anything is not found."""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import sys
import unittest
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import TextIO

from hub_runner.odoo.inside import boot
from hub_runner.odoo.inside.collection import collected
from hub_runner.odoo.inside.logs import LogHandler, OutputHandler
from hub_runner.odoo.inside.record_file import now
from hub_runner.odoo.inside.recorder import Recorder
from hub_runner.odoo.inside.types_of_odoo import ErrorInfo, OdooObject


def install(recorder: Recorder) -> None:
    """Wraps what Odoo calls for each test, suite and module. Raises when this Odoo lacks one of them."""
    boot.let_tests_be_imported()
    loading, sql_db = import_module("odoo.modules.loading"), import_module("odoo.sql_db")
    result, loader = result_class(), import_module("odoo.tests.loader")
    recorder.queries = lambda: getattr(sql_db, "sql_counter", 0)
    _wrap_result(result, recorder)
    _wrap_case(import_module("odoo.tests.case").TestCase, recorder)
    _wrap_class_set_up(import_module("odoo.tests.suite").OdooSuite, recorder)
    _wrap_loader(loader, recorder)
    tell_modules_from_files(loader.TagsSelector)
    _before(loading, "load_openerp_module", lambda name, *args, **kwargs: recorder.module_loading(name))
    _after(loading, "load_module_graph", recorder.module_loaded)  # what is logged from there on concerns the whole
    recorder.order.install()
    handler = LogHandler(recorder)
    recorder.blind = handler.blind
    logging.getLogger().addHandler(handler)
    logging.getLogger().addHandler(OutputHandler(recorder))
    _watch_prints(recorder, sys.stdout)


def tell_modules_from_files(selector: OdooObject) -> None:
    """Odoo 19.0 takes the tag `/stock_copy` for the path of a file: the dot of its pattern is any character."""
    pattern = getattr(selector, "filter_spec_re", None)
    if pattern is not None:
        selector.filter_spec_re = re.compile(pattern.pattern.replace("]+.py)", r"]+\.py)"), pattern.flags)


def _watch_prints(recorder: Recorder, stream: TextIO) -> None:
    """What a test prints goes on to where it went, and is remembered for the case that the test fails."""
    write = stream.write

    def remembered(text: str) -> int:
        recorder.printed(text)
        return write(text)

    with contextlib.suppress(AttributeError):  # a stream of another kind: what a test prints is in the log only
        stream.write = remembered  # type: ignore[method-assign]


def result_class() -> OdooObject:
    """Odoo's own result class. Older builds have none: there unittest keeps some outcomes to itself."""
    try:
        return import_module("odoo.tests.result").OdooTestResult
    except ModuleNotFoundError as error:
        if error.name != "odoo.tests.result":
            raise
        raise RuntimeError("This is an early build of Odoo 16.0 (2022, early 2023), or older: take a later one.") from error


def _wrap_result(cls: OdooObject, recorder: Recorder) -> None:
    def with_text(status: str) -> Callable[..., None]:
        return lambda self, test, error: recorder.failed(status, test, error, self._exc_info_to_string(error, test))

    _before(cls, "startTest", lambda self, test: recorder.started(test))
    _before(cls, "addSuccess", lambda self, test: recorder.passed())
    _before(cls, "addSkip", lambda self, test, reason: recorder.skipped(test, reason))

    def stopped(self: OdooObject, test: unittest.TestCase) -> None:
        recorder.stopped(test, counts=not getattr(self, "_soft_fail", False))
        self.shouldStop = self.shouldStop or recorder.choice.is_over

    def failed(self: OdooObject, test: unittest.TestCase, error: ErrorInfo) -> None:
        with_text("error")(self, test, error)
        self.shouldStop = self.shouldStop or recorder.choice.is_over  # a class may fail without any test

    _before(cls, "addError", failed)
    _before(cls, "addFailure", with_text("failed"))
    _before(cls, "stopTest", stopped)
    _flag(cls, "logError", recorder, "reporting")


def _wrap_case(cls: OdooObject, recorder: Recorder) -> None:
    """When a subtest skips itself, Odoo's result class is told of the skip alone, and never how the whole test ended."""
    call = cls._callTestMethod

    @functools.wraps(call)
    def wrapper(*args: object, **kwargs: object) -> object:
        returned = call(*args, **kwargs)
        recorder.came_through()
        return returned

    cls._callTestMethod = wrapper
    _before(cls, "subTest", lambda self, *args, **kwargs: recorder.subtest())


def _wrap_class_set_up(suite: OdooObject, recorder: Recorder) -> None:
    """Odoo asks before each test whether its class is to be set up."""
    handle = suite._handleClassSetUp

    @functools.wraps(handle)
    def wrapper(self: OdooObject, test: unittest.TestCase, result: OdooObject) -> object:
        if result._previousTestClass is type(test):
            return handle(self, test, result)
        begin, queries = now(), recorder.queries()
        try:
            return handle(self, test, result)
        finally:
            recorder.set_up(type(test), now() - begin, recorder.queries() - queries)

    suite._handleClassSetUp = wrapper


def _before(owner: OdooObject, name: str, tell: Callable[..., object]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(*args: object, **kwargs: object) -> object:
        tell(*args, **kwargs)
        return original(*args, **kwargs)

    setattr(owner, name, wrapper)


def _after(owner: OdooObject, name: str, tell: Callable[[], object]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(*args: object, **kwargs: object) -> object:
        returned = original(*args, **kwargs)
        tell()
        return returned

    setattr(owner, name, wrapper)


def _flag(owner: OdooObject, name: str, recorder: Recorder, flag: str) -> None:
    """``flag`` of the recorder is true while ``owner.name`` runs."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(*args: object, **kwargs: object) -> object:
        setattr(recorder, flag, True)
        try:
            return original(*args, **kwargs)
        finally:
            setattr(recorder, flag, False)

    setattr(owner, name, wrapper)


def _wrap_loader(loader: OdooObject, recorder: Recorder) -> None:
    """A suite is made of the tests of some Python modules, each of which is checked for its position and its tags."""
    looked_at: list[ModuleType] = []
    found: dict[int, unittest.TestCase] = {}
    get_test_modules, make_suite = loader.get_test_modules, loader.make_suite

    def recorded_modules(module: str) -> list[ModuleType]:
        python_modules = list(get_test_modules(module))
        looked_at.extend(python_modules)
        return python_modules

    def recorded_suite(module_names: Iterable[str], position: str = "at_install") -> OdooObject:
        recorder.module_loaded()
        if position == "post_install":
            recorder.resolve_needs()
            recorder.order.tell_of_views()
        looked_at.clear()
        found.clear()
        module_names = list(module_names)
        suite = make_suite(module_names, position)
        recorder.collected(found.values())
        selected = list(suite)
        chosen = recorder.choice.of(selected)
        for module in recorder.targets:
            if module in module_names:
                values = collected(module, looked_at, list(found.values()), selected, chosen)
                recorder.events.write("suite", position=position, blind=recorder.blind(), **values)
        return recorder.choice.suite(suite, chosen)

    _before(loader.TagsSelector, "check", lambda self, test: found.setdefault(id(test), test))
    loader.get_test_modules, loader.make_suite = recorded_modules, recorded_suite
    run_suite = loader.run_suite

    @functools.wraps(run_suite)
    def counted_suite(*args: object, **kwargs: object) -> object:
        recorder.suites += 1
        try:
            return run_suite(*args, **kwargs)
        finally:
            recorder.suites -= 1

    loader.run_suite = counted_suite
