"""Sets the recorder into a running Odoo, 16.0 to 19.0, before it loads a module. Raises where anything is not found."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from hub_runner.inside.collection import collected
from hub_runner.inside.logs import LogHandler
from hub_runner.inside.recorder import Recorder


def install(recorder: Recorder) -> None:
    loading, sql_db = import_module("odoo.modules.loading"), import_module("odoo.sql_db")
    loader, result = import_module("odoo.tests.loader"), import_module("odoo.tests.result")
    recorder.queries = lambda: getattr(sql_db, "sql_counter", 0)
    _wrap_result(result.OdooTestResult, recorder)
    _wrap_loader(loader, recorder)
    _before(loading, "load_openerp_module", lambda name, *args, **kwargs: recorder.module_loading(name))
    logging.getLogger().addHandler(LogHandler(recorder))


def _wrap_result(cls: Any, recorder: Recorder) -> None:
    def with_text(status: str) -> Callable[..., None]:
        return lambda self, test, error: recorder.failed(status, test, error, self._exc_info_to_string(error, test))

    _before(cls, "startTest", lambda self, test: recorder.started(test))
    _before(cls, "addSuccess", lambda self, test: recorder.passed())
    _before(cls, "addSkip", lambda self, test, reason: recorder.skipped(test, reason))
    _before(cls, "addError", with_text("error"))
    _before(cls, "addFailure", with_text("failed"))
    _before(cls, "stopTest", lambda self, test: recorder.stopped())
    _flag(cls, "logError", recorder, "reporting")


def _before(owner: Any, name: str, tell: Callable[..., None]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        tell(*args, **kwargs)
        return original(*args, **kwargs)

    setattr(owner, name, wrapper)


def _flag(owner: Any, name: str, recorder: Recorder, flag: str) -> None:
    """While ``owner.name`` is at work, ``flag`` of the recorder is up."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        setattr(recorder, flag, True)
        try:
            return original(*args, **kwargs)
        finally:
            setattr(recorder, flag, False)

    setattr(owner, name, wrapper)


def _wrap_loader(loader: Any, recorder: Recorder) -> None:
    """Odoo asks for the tests of each Python module, filters them by position and tags, and makes a suite of the rest."""
    get_module_test_cases, make_suite = loader.get_module_test_cases, loader.make_suite
    _flag(loader, "run_suite", recorder, "testing")
    looked_at: list[Any] = []
    found: list[Any] = []

    def recorded_test_cases(python_module: Any) -> Iterator[Any]:
        looked_at.append(python_module)
        for test in get_module_test_cases(python_module):
            found.append(test)
            yield test

    def recorded_suite(module_names: Any, position: str = "at_install") -> Any:
        recorder.module_loaded()
        looked_at.clear()
        found.clear()
        module_names = list(module_names)
        suite = make_suite(module_names, position)
        for module in recorder.targets:
            if module in module_names:
                mine = [test for test in found if test.test_module == module]
                files = [m for m in looked_at if m.__name__.startswith("odoo.addons." + module + ".")]
                recorder.events.write("suite", position=position, **collected(module, files, mine, list(suite)))
        return suite

    loader.get_module_test_cases, loader.make_suite = recorded_test_cases, recorded_suite
