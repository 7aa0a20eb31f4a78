"""Warnings and errors that Odoo or a test logs: recorded, bounded in number and size."""

from __future__ import annotations

import logging
import traceback
from collections import Counter

from hub_runner.odoo.inside.record_file import shortened
from hub_runner.odoo.inside.recorder import Recorder
from hub_runner.odoo.inside.suggestions import suggestions
from hub_runner.odoo.inside.types_of_odoo import Json

# Odoo's own sums of failed tests: the outcomes themselves are recorded.
SUMMARIES = (
    "Module %s: %d failures, %d errors of %d tests",
    "At least one test failed when loading the modules.",
    "%s when loading database %r",
)
AT_MOST = 20  # of one line of code, and per module that is loaded or test that runs: a setting may excuse all of these
IN_ALL = 5000  # errors, and as many warnings
LEVELS = {logging.CRITICAL: "CRITICAL", logging.ERROR: "ERROR", logging.WARNING: "WARNING", logging.INFO: "INFO"}
PROGRESS = ("Starting Test", "waiting for threads")  # what Odoo itself logs in the name of a test


class LogHandler(logging.Handler):
    """Listens at the root logger: what a test captures (mute_logger, assertLogs) never reaches it."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(logging.WARNING)
        self.recorder = recorder
        self.seen: Counter[object] = Counter()

    def blind(self) -> str:
        """Why errors of the tested modules would not reach this handler; empty if they would."""
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
        if self.recorder.reporting or _text(record.msg)[:100] in SUMMARIES:
            return
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        where = self.recorder.where()
        test = where["test"] or {}
        place = (record.name, record.pathname, record.lineno)
        key = (level, *place, where["loading"], test.get("module"), test.get("cls"), test.get("method"))
        if self.seen[key] < AT_MOST and self.seen[level] < IN_ALL:
            self.seen.update((key, level))
            event = _described(record, where)
            if event["exception"] and not where["testing"]:
                event["hints"] = suggestions(event["exception"], self.recorder.order.registry)
            self.recorder.events.write("log", **event)


class OutputHandler(logging.Handler):
    """Remembers what is logged while a test runs, for the case that it fails. Odoo's own progress is left out."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(logging.INFO)
        self.recorder = recorder
        self.own = tuple("odoo.addons." + module for module in recorder.targets)

    def emit(self, record: logging.LogRecord) -> None:
        about_odoo = record.levelno < logging.WARNING and record.name.startswith(("odoo", "werkzeug"))
        if self.recorder.reporting or (about_odoo and not record.name.startswith(self.own)):
            return
        message = _message(record)
        if not message.startswith(PROGRESS):
            self.recorder.logged(f"{_level(record)} {record.name}: {message}")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a wrong format string is the test's business, not a reason to break it
        return _text(record.msg)


def _text(message: object) -> str:
    """What cannot be made a text (an exception whose __str__ fails) breaks no other logging handler either."""
    try:
        return str(message)
    except Exception:  # noqa: BLE001 - whatever the class of the message raises
        return object.__repr__(message)


def _level(record: logging.LogRecord) -> str:
    """Python's name of the level, or of the next one below. Odoo's coloured log paints the name that the record bears."""
    return next((name for number, name in LEVELS.items() if record.levelno >= number), "DEBUG")


def _described(record: logging.LogRecord, where: Json) -> Json:
    error = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else record.exc_text or ""
    return dict(
        where,
        level=_level(record),
        logger=record.name,
        message=shortened(_message(record), 4000),
        exception=shortened(error),
    )
