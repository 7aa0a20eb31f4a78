"""The recorded tests of a module as outcomes: one for each test that ran, and one for each class that broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hub_runner.checkout.modules import Module
from hub_runner.result import Outcome, SetUp, Status
from hub_runner.settings import Settings
from hub_runner.text import relative
from hub_runner.verdict.advice_on_tests import of_test
from hub_runner.verdict.record import BAD, Record
from hub_runner.verdict.recorded import Hint, TestId
from hub_runner.verdict.undeclared import excused

SERVER = ("odoo.http", "odoo.addons.base.models.ir_http", "werkzeug")  # loggers of what a request raised


def outcomes(module: Module, record: Record, settings: Settings) -> tuple[Outcome, ...]:
    """Those of the module itself: what its dependencies' tests did is not its verdict."""
    excuses = excused(module.name, record, settings)
    every = (*_of_tests(record, excuses), *_of_classes(record, excuses))
    return tuple(
        _placed(_advised(outcome, module, hints), module, settings)
        for outcome, hints in every
        if outcome.module == module.name
    )


def _advised(outcome: Outcome, module: Module, hints: Sequence[Hint]) -> Outcome:
    text = outcome.server_traceback or outcome.traceback
    if not text:
        return outcome
    return replace(outcome, advice=of_test(module.folder, outcome.method, text, hints, outcome.logged))


def _of_tests(record: Record, excuses: Mapping[TestId, str]) -> Iterator[tuple[Outcome, tuple[Hint, ...]]]:
    found = {item.test: item for item in record.found}
    for test, event in record.outcomes.items():
        known = found.get(test)
        if known and known.dropped and event["status"] == Status.PASSED:
            continue  # its body never ran
        outcome = Outcome(
            module=test.module,
            cls=test.cls,
            method=test.method,
            status=Status.SKIPPED if test in excuses else _status(event["status"]),
            file=test.file,
            line=test.line,
            duration=event["duration"],
            queries=event["queries"],
            reason=excuses.get(test, event["reason"]),
            traceback="\n\n".join(event["tracebacks"]),
            server_traceback=_of_server(test, record) if event["status"] in BAD else "",
            logged=tuple(event.get("output", ())),
            subtests=tuple(event["subtests"]),
            runs=record.runs[test],
            green=record.green.get(test, 0),
            standard="standard" in (known.tags or ()) if known else _is_standard(test, record),
        )
        yield outcome, Hint.all_of(event)


def _of_server(test: TestId, record: Record) -> str:
    """The first error that Odoo's server logged with a traceback while the test waited for its answer."""
    logs = (log for log in record.logs if log.test == test and log.is_error and log.exception)
    return next((log.exception for log in logs if log.logger.startswith(SERVER)), "")


def _of_classes(record: Record, excuses: Mapping[TestId, str]) -> Iterator[tuple[Outcome, tuple[Hint, ...]]]:
    """A setUpClass that breaks is an outcome of its own; one that skips its class skips each of its tests.

    If tests ran more than once, so did their setUpClass: what is told of it again is told once.
    """
    runs = Counter(cls for cls, _ in record.set_ups)
    told: set[TestId] = set()
    red_first = sorted(record.class_outcomes, key=lambda item: item[1]["status"] not in BAD)
    for holder, event in red_first:
        number = max((count for cls, count in runs.items() if cls.is_in_class_of(holder)), default=1)
        if number > 1 and holder in told:
            continue
        told.add(holder)
        status = Status.SKIPPED if holder in excuses else _status(event["status"])
        tests = _skipped(holder, record) if status is Status.SKIPPED else (holder,)
        for test in tests:
            outcome = Outcome(
                module=test.module,
                cls=test.cls,
                method=test.method,
                status=status,
                file=test.file,
                line=test.line,
                reason=excuses.get(holder, event["reason"]),
                traceback="\n\n".join(event["tracebacks"]),
                runs=number,
                standard=_is_standard(holder, record),
            )
            yield outcome, Hint.all_of(event)


def set_ups(module: Module, record: Record, settings: Settings) -> tuple[SetUp, ...]:
    """One for each test class of the module that was set up, or could not be."""
    seconds: dict[TestId, float] = {}
    for cls, event in record.set_ups:
        seconds[cls] = seconds.get(cls, 0.0) + event["duration"]
    return tuple(
        SetUp(cls=cls.cls, file=_path(cls.file, module, settings), duration=round(duration, 6))
        for cls, duration in seconds.items()
        if cls.module == module.name
    )


def _skipped(holder: TestId, record: Record) -> tuple[TestId, ...]:
    mine = [found.test for found in record.found if found.selected and found.test.is_in_class_of(holder)]
    return tuple(test for test in mine if test not in record.outcomes)


def _status(status: str) -> Status:
    return Status(status) if status in set(Status) else Status.ERROR


def _is_standard(test: TestId, record: Record) -> bool:
    """A class counts as its tests do; what was never collected is taken for what is usual."""
    found = [item for item in record.found if item.test.is_in_class_of(test)]
    return not found or any("standard" in (item.tags or ()) for item in found)


def _placed(outcome: Outcome, module: Module, settings: Settings) -> Outcome:
    """With the file as seen from the checkout; without a place if the test lies outside of the module."""
    file = _path(outcome.file, module, settings)
    return replace(outcome, file=file, line=outcome.line if file else None)


def _path(file: str | None, module: Module, settings: Settings) -> str | None:
    return None if file is None or file.startswith("/") else relative(module.folder / file, settings.root)
