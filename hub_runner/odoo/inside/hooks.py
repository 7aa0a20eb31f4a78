"""Sets the recorder into a running Odoo, 16.0 to 19.0, before it loads a module. Raises where anything is not found.

Warnings and errors that Odoo or a test logs: recorded, bounded in number and size.
"""

from __future__ import annotations

import functools
import logging
import traceback
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hub_runner.odoo.inside.collection import collected
from hub_runner.odoo.inside.events import shortened
from hub_runner.odoo.inside.recorder import Recorder


def install(recorder: Recorder) -> None:
    loading, sql_db = import_module("odoo.modules.loading"), import_module("odoo.sql_db")
    result, loader = result_class(), import_module("odoo.tests.loader")
    recorder.queries = lambda: getattr(sql_db, "sql_counter", 0)
    _wrap_result(result, recorder)
    _wrap_case(import_module("odoo.tests.case").TestCase, recorder)
    _wrap_loader(loader, recorder)
    _before(loading, "load_openerp_module", lambda name, *args, **kwargs: recorder.module_loading(name))
    handler = LogHandler(recorder)
    recorder.blind = handler.blind
    logging.getLogger().addHandler(handler)


def result_class() -> Any:
    """Before it had a result class of its own, Odoo left some outcomes to unittest, and told nobody of them."""
    try:
        return import_module("odoo.tests.result").OdooTestResult
    except ModuleNotFoundError as error:
        if error.name != "odoo.tests.result":
            raise
        raise RuntimeError("This is an early build of Odoo 16.0 (2022, early 2023), or older: take a later one.") from error


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


def _wrap_case(cls: Any, recorder: Recorder) -> None:
    """Of a subtest that skips itself the result class hears, and of nothing else that would say how its test ended."""
    call = cls._callTestMethod

    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        answer = call(*args, **kwargs)
        recorder.came_through()
        return answer

    cls._callTestMethod = wrapper
    _before(cls, "subTest", lambda self, *args, **kwargs: recorder.subtest())


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
    """A suite is made of the tests of some Python modules, each of which is checked for its position and its tags."""
    looked_at: list[Any] = []
    found: dict[int, Any] = {}
    get_test_modules, make_suite = loader.get_test_modules, loader.make_suite

    def recorded_modules(module: str) -> list[Any]:
        python_modules = list(get_test_modules(module))
        looked_at.extend(python_modules)
        return python_modules

    def recorded_suite(module_names: Any, position: str = "at_install") -> Any:
        recorder.module_loaded()
        looked_at.clear()
        found.clear()
        module_names = list(module_names)
        suite = make_suite(module_names, position)
        recorder.collected(found.values())
        for module in recorder.targets:
            if module in module_names:
                values = collected(module, looked_at, list(found.values()), list(suite))
                recorder.events.write("suite", position=position, blind=recorder.blind(), **values)
        return suite

    _before(loader.TagsSelector, "check", lambda self, test: found.setdefault(id(test), test))
    loader.get_test_modules, loader.make_suite = recorded_modules, recorded_suite
    _flag(loader, "run_suite", recorder, "testing")


if TYPE_CHECKING:
    from hub_runner.odoo.inside.recorder import Recorder

# Odoo's own sums of failed tests: the outcomes themselves are recorded.
SUMMARIES = (
    "Module %s: %d failures, %d errors of %d tests",
    "At least one test failed when loading the modules.",
    "%s when loading database %r",
)
AT_MOST = {logging.WARNING: 5, logging.ERROR: 20}  # per logger, and per module that is loaded or test that runs
IN_ALL = 5000


class LogHandler(logging.Handler):
    """Stands at the root logger: what a test captures (mute_logger, assertLogs) never comes here."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(logging.WARNING)
        self.recorder = recorder
        self.seen: Counter[Any] = Counter()

    def blind(self) -> str:
        """What keeps the errors of the tested modules from coming here; empty where nothing does."""
        if self not in logging.getLogger().handlers or self.level != logging.WARNING or self.filters:
            return "the handlers of the root logger were exchanged, as by logging.basicConfig(force=True) or dictConfig"
        for name in ("odoo", *("odoo.addons." + module for module in self.recorder.targets)):
            logger: logging.Logger | None = logging.getLogger(name)
            if not logging.getLogger(name).isEnabledFor(logging.ERROR):
                return f"the logger {name} is switched off, as by logging.disable, dictConfig or its level"
            while logger and logger.parent:
                if not logger.propagate:
                    return f"the logger {logger.name} does not propagate"
                logger = logger.parent
        return ""

    def emit(self, record: logging.LogRecord) -> None:
        if self.recorder.reporting or str(record.msg)[:100] in SUMMARIES:
            return
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        where = self.recorder.where()
        key = (level, record.name, where["loading"], where.get("module"), where.get("cls"), where.get("method"))
        self.seen[key] += 1
        self.seen[level] += 1
        if self.seen[key] <= AT_MOST[level] and self.seen[level] <= IN_ALL:
            self.recorder.events.write("log", **_described(record, where))


def _described(record: logging.LogRecord, where: dict[str, Any]) -> dict[str, Any]:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - a wrong format string is the test's business, not a reason to break it
        message = str(record.msg)
    error = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else record.exc_text or ""
    return dict(
        where,
        level=record.levelname if record.levelname in logging._nameToLevel else str(record.levelno),
        levelno=record.levelno,
        logger=record.name,
        message=shortened(message, 4000),
        exception=shortened(error),
    )
