"""The recorder, driven by a result class that is told what Odoo tells its own, by Python's real unittest."""

from __future__ import annotations

import io
import json
import logging
import sys
import unittest
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub_runner.odoo.inside import hooks
from hub_runner.odoo.inside.load_order import LoadOrder
from hub_runner.odoo.inside.logs import AT_MOST, IN_ALL, LogHandler, OutputHandler
from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.odoo.inside.recorder import Recorder
from hub_runner.odoo.inside.tests import OUTPUT


class Result(unittest.TestResult):
    """Wrapped as the hooks wrap Odoo's."""

    def __init__(self, recorder: Recorder, *, soft: bool = False) -> None:
        super().__init__()
        self.recorder, self.soft = recorder, soft

    def startTest(self, test: Any) -> None:  # noqa: N802
        self.recorder.started(test)

    def stopTest(self, test: Any) -> None:  # noqa: N802
        self.recorder.stopped(test, counts=not self.soft)

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        self.recorder.passed()

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        self.recorder.skipped(test, reason)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self.recorder.failed("error", test, err, repr(err[1]))

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self.recorder.failed("failed", test, err, repr(err[1]))

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        if err:
            tell = self.addFailure if issubclass(err[0], test.failureException) else self.addError
            tell(subtest, err)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    events = EventFile(str(tmp_path / "record"))
    recorder = Recorder(events, LoadOrder(events, ("traction",), prepared=False))
    handler = LogHandler(recorder)
    logging.getLogger().addHandler(handler)
    yield recorder
    logging.getLogger().removeHandler(handler)


def told(recorder: Recorder, name: str) -> list[dict[str, Any]]:
    path = Path(recorder.events.path)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [event for event in map(json.loads, lines) if event["event"] == name]


def outcome(recorder: Recorder, body: Callable[[Any], None]) -> dict[str, Any]:
    case = type("TestIt", (unittest.TestCase,), {"test_it": body, "__module__": "odoo.addons.traction.tests.test_it"})
    case("test_it").run(Result(recorder))
    (event,) = told(recorder, "outcome")
    return event


def test_a_passed_test_is_told_with_its_place_and_time(recorder: Recorder) -> None:
    event = outcome(recorder, lambda self: None)
    assert (event["module"], event["cls"], event["method"], event["status"]) == ("traction", "TestIt", "test_it", "passed")
    assert event["file"] == __file__
    assert event["duration"] >= 0
    assert told(recorder, "test")[0]["line"] == event["line"]


def test_a_failure_leads_to_the_failing_line(recorder: Recorder) -> None:
    def body(self: Any) -> None:
        self.subject = "rock"
        self.fail("no rock")

    event = outcome(recorder, body)
    assert event["status"] == "failed"
    assert event["line"] == body.__code__.co_firstlineno + 2


def test_each_failing_subtest_is_told_and_an_error_outranks_a_failure(recorder: Recorder) -> None:
    def body(self: Any) -> None:
        with self.subTest(number=1):
            raise KeyError
        with self.subTest(number=2):
            self.fail("two")

    event = outcome(recorder, body)
    assert (event["status"], event["subtests"]) == ("error", ["(number=1)", "(number=2)"])
    assert len(event["tracebacks"]) == 2


def wanting(self: Any) -> None:
    raise ValueError("External ID not found in the system: web.layout")


def wanting_and_wrong(self: Any) -> None:
    with self.subTest(number=1):
        wanting(self)
    with self.subTest(number=2):
        self.fail("two")


@pytest.mark.parametrize(("body", "needs"), [(wanting, ["web"]), (wanting_and_wrong, [])])
def test_a_test_needs_a_later_module_only_if_nothing_else_is_wrong_with_it(
    recorder: Recorder, body: Callable[[Any], None], needs: list[str]
) -> None:
    """A repository may let the need pass (``undeclared``), and with it the other failure."""
    recorder.order.after = {"web"}
    outcome(recorder, body)
    recorder.resolve_needs()
    assert [event["needs"] for event in told(recorder, "need")] == needs


def test_what_fails_when_all_modules_are_loaded_needs_none_of_them(recorder: Recorder) -> None:
    recorder.order.after = {"web"}
    recorder.resolve_needs()
    outcome(recorder, wanting)
    recorder.resolve_needs()
    assert told(recorder, "need") == []


def test_a_skip_gives_its_reason(recorder: Recorder) -> None:
    event = outcome(recorder, lambda self: self.skipTest("later"))
    assert (event["status"], event["reason"]) == ("skipped", "later")


@pytest.mark.parametrize(
    ("begun", "skipped", "came_through", "status"),
    [(2, 1, True, "passed"), (2, 2, True, "skipped"), (2, 1, False, "skipped")],
    ids=["one of two", "all", "the body broke off"],
)
def test_a_skipped_subtest_gives_its_reason_and_decides_nothing_else(
    recorder: Recorder, begun: int, skipped: int, came_through: bool, status: str
) -> None:
    case = type("TestIt", (unittest.TestCase,), {"test_it": lambda self: None})("test_it")
    subtest = type("SubTest", (), {"_subDescription": lambda self: "(number=1)"})()
    recorder.started(case)
    for number in range(begun):
        recorder.subtest()
        if number < skipped:
            recorder.skipped(subtest, "later")
    if came_through:
        recorder.came_through()
    recorder.stopped(case)
    (event,) = told(recorder, "outcome")
    assert (event["status"], event["reason"]) == (status, "(number=1): later")


def test_a_test_that_was_exchanged_since_it_was_collected_is_told_as_such(recorder: Recorder) -> None:
    case = type("TestIt", (unittest.TestCase,), {"test_it": lambda self: None, "test_same": lambda self: None})
    tests = [case("test_it"), case("test_same")]
    recorder.collected(tests)
    case.test_it = lambda self: None  # type: ignore[attr-defined]
    for test in tests:
        test.run(Result(recorder))
    assert [event.get("replaced") for event in told(recorder, "test")] == [True, None]


def test_a_test_of_which_odoo_never_said_how_it_ended_is_unknown(recorder: Recorder) -> None:
    case = type("TestIt", (unittest.TestCase,), {"test_it": lambda self: None})("test_it")
    recorder.started(case)
    recorder.stopped(case)
    assert told(recorder, "outcome")[0]["status"] == "unknown"


def test_a_test_that_is_tried_again_is_one_run_and_the_same_test_of_another_file_is_another(recorder: Recorder) -> None:
    case = type("TestIt", (unittest.TestCase,), {"test_it": lambda self: None})
    once, again = case("test_it"), case("test_it")
    for test, soft in ((once, True), (once, False), (again, False)):
        test.run(Result(recorder, soft=soft))
    assert [event["run"] for event in told(recorder, "outcome")] == [1, 1, 2]


def test_a_test_that_runs_itself_twice_has_two_runs(recorder: Recorder) -> None:
    test = type("TestIt", (unittest.TestCase,), {"test_it": lambda self: None})("test_it")
    for _ in range(2):
        test.run(Result(recorder))
    assert [event["run"] for event in told(recorder, "outcome")] == [1, 2]


@pytest.mark.parametrize("suites", [0, 1], ids=["by itself", "as Odoo's loader does"])
def test_a_test_that_runs_another_one_keeps_its_own_outcome(recorder: Recorder, suites: int) -> None:
    inner = type("TestInner", (unittest.TestCase,), {"test_it": lambda self: self.fail("no")})("test_it")

    def body(self: Any) -> None:
        recorder.suites += suites
        inner.run(Result(recorder))
        recorder.suites -= suites

    type("TestOuter", (unittest.TestCase,), {"test_it": body})("test_it").run(Result(recorder))
    outcomes = [(event["cls"], event["status"], event["run"]) for event in told(recorder, "outcome")]
    assert outcomes == [("TestInner", "failed", 2)] * suites + [("TestOuter", "passed", 1)]


def test_a_test_keeps_its_outcome_though_one_that_it_runs_never_comes_to_its_end(recorder: Recorder) -> None:
    outer, inner = (type(name, (unittest.TestCase,), {"test_it": lambda self: None})("test_it") for name in ("One", "Other"))
    recorder.started(outer)
    recorder.started(inner)
    recorder.passed()
    recorder.stopped(outer)
    assert [(event["cls"], event["status"]) for event in told(recorder, "outcome")] == [("One", "unknown")]
    assert recorder.attempt is None


@pytest.mark.parametrize("inside", ["", "make.<locals>.", "Outer."], ids=["a file", "a function", "a class"])
def test_a_broken_class_is_told_by_its_own_name(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inside: str
) -> None:
    class Holder(unittest.TestCase):
        def id(self) -> str:
            return f"tearDownClass (odoo.addons.traction.tests.test_rock.{inside}TestRock)"

    for name, file in (("traction", "__init__.py"), ("traction.tests.test_rock", "tests/test_rock.py")):
        module = ModuleType(f"odoo.addons.{name}")
        module.__file__, module.__path__ = str(tmp_path / "traction" / file), [str(tmp_path / "traction")]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    recorder.failed("error", Holder("id"), (KeyError, KeyError(), None), "KeyError")
    (event,) = told(recorder, "class_outcome")
    assert (event["module"], event["cls"], event["method"]) == ("traction", "TestRock", "tearDownClass")
    assert event["file"] == "tests/test_rock.py"


def test_an_error_is_recorded_with_the_test_that_logged_it(recorder: Recorder) -> None:
    def body(self: Any) -> None:
        try:
            raise ValueError("no rock")
        except ValueError:
            logging.getLogger("rocks").exception("Rock %s", 7)

    outcome(recorder, body)
    (event,) = told(recorder, "log")
    assert (event["message"], event["level"], event["test"]["method"]) == ("Rock 7", "ERROR", "test_it")
    assert "ValueError: no rock" in event["exception"]


LEVELS = [(30, "WARNING"), (35, "WARNING"), (40, "ERROR"), (45, "ERROR"), (60, "CRITICAL")]


@pytest.mark.parametrize(("number", "level"), LEVELS)
def test_a_level_is_told_by_its_number_and_not_by_a_name_that_a_formatter_has_painted(
    recorder: Recorder, number: int, level: str
) -> None:
    """Odoo's ColoredFormatter changes the record: each warning was an error then, and no crash was known."""
    record = logging.LogRecord("rocks", number, __file__, 1, "Rock 7", (), None)
    record.levelname = f"\x1b[1;33m\x1b[1;49m{record.levelname}\x1b[0m"
    LogHandler(recorder).handle(record)
    assert told(recorder, "log")[0]["level"] == level


def test_what_a_test_captures_is_no_error(recorder: Recorder) -> None:
    def body(self: Any) -> None:
        with self.assertLogs("rocks", "ERROR"):
            logging.getLogger("rocks").error("expected")

    assert outcome(recorder, body)["status"] == "passed"
    assert told(recorder, "log") == []


def test_odoos_own_words_on_a_failed_test_are_no_error_of_the_test(recorder: Recorder) -> None:
    recorder.reporting = True
    logging.getLogger("rocks").error("FAIL: TestRock.test_one")
    recorder.reporting = False
    logging.getLogger("odoo.modules.loading").error("At least one test failed when loading the modules.")
    assert told(recorder, "log") == []


def test_a_flood_of_errors_is_bounded_and_hides_nothing_of_the_next_logger(recorder: Recorder) -> None:
    for _ in range(200):
        logging.getLogger("rocks").error("x" * 100_000)
    logging.getLogger("issues").error("the one that matters")
    events = told(recorder, "log")
    assert len(events) == AT_MOST + 1
    assert events[-1]["message"] == "the one that matters"
    assert Path(recorder.events.path).stat().st_size < 200_000


def test_a_flood_of_errors_hides_no_other_error_of_the_same_logger(recorder: Recorder) -> None:
    """A repository may excuse all of the flood, and the run would be green."""
    for number in range(IN_ALL + 1):
        logging.getLogger("rocks").error("known %d", number)
    logging.getLogger("rocks").error("the one that matters")
    assert told(recorder, "log")[-1]["message"] == "the one that matters"


def _exchanged() -> None:
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])


def _disabled() -> None:
    logging.disable(logging.CRITICAL)


def _of_one_module() -> None:
    logging.getLogger("odoo.addons.traction").propagate = False


def _switched_off() -> None:
    logging.getLogger("odoo").setLevel(logging.CRITICAL)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: None, ""),
        (lambda: logging.disable(logging.WARNING), ""),
        (_exchanged, "the handlers of the root logger"),
        (_disabled, "odoo is switched off"),
        (_switched_off, "odoo is switched off"),
        (_of_one_module, "odoo.addons.traction does not propagate"),
    ],
)
def test_what_keeps_errors_from_being_seen_is_told(recorder: Recorder, change: Callable[[], None], words: str) -> None:
    root, loggers = logging.getLogger(), [logging.getLogger(name) for name in ("odoo", "odoo.addons.traction")]
    handler = LogHandler(recorder)
    before, kept = root.handlers[:], [(logger, logger.level) for logger in loggers]
    root.handlers[:] = [handler]
    try:
        change()
        said = handler.blind()
    finally:
        root.handlers[:] = before
        logging.disable(logging.NOTSET)
        for logger, level in kept:
            logger.setLevel(level)
            logger.propagate = True
    assert words in said
    assert bool(words) == bool(said)


def test_a_wrong_format_string_breaks_nothing(recorder: Recorder) -> None:
    record = logging.LogRecord("rocks", logging.ERROR, __file__, 1, "%d rocks", ("no",), None)
    LogHandler(recorder).handle(record)
    assert told(recorder, "log")[0]["message"] == "%d rocks"


def test_a_message_that_cannot_be_made_a_text_breaks_nothing(recorder: Recorder) -> None:
    class Fault(Exception):
        def __str__(self) -> str:
            raise TypeError

    record = logging.LogRecord("rocks", logging.ERROR, __file__, 1, Fault(), (), None)
    LogHandler(recorder).handle(record)
    OutputHandler(recorder).handle(record)
    assert "Fault object at" in told(recorder, "log")[0]["message"]


STREAM = io.StringIO()
say = partial(print, file=STREAM)


@pytest.fixture
def watched(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    handler, root = OutputHandler(recorder), logging.getLogger()
    root.addHandler(handler)
    monkeypatch.setattr(root, "level", logging.INFO)
    hooks._watch_prints(recorder, STREAM)
    yield recorder
    root.removeHandler(handler)


def test_what_a_failed_test_logged_and_printed_is_told_line_by_line(watched: Recorder) -> None:
    def body(self: Any) -> None:
        say("rock", 7)
        logging.getLogger("odoo.addons.traction.models.rock").info("Escalated %s\nand more", 7)
        logging.getLogger("odoo.sql_db").info("Connected")
        logging.getLogger("odoo.sql_db").warning("Slow")
        say("half", end="")
        self.fail()

    assert outcome(watched, body)["output"] == [
        "rock 7",
        "INFO odoo.addons.traction.models.rock: Escalated 7",
        "and more",
        "WARNING odoo.sql_db: Slow",
        "half",
    ]


def test_what_a_passed_test_printed_is_only_passed_on(watched: Recorder) -> None:
    assert outcome(watched, lambda self: say("rock"))["output"] == []
    assert STREAM.getvalue().endswith("rock\n")


def test_of_endless_output_the_end_is_told(watched: Recorder) -> None:
    def body(self: Any) -> None:
        for number in range(5000):
            say("rock", number)
        say("x" * 100_000)
        self.fail()

    output = outcome(watched, body)["output"]
    assert len(output) == OUTPUT
    assert output[-2] == "rock 4999"
    assert len(output[-1]) < 600
