"""The choice, tried on a suite that works as Odoo's: classes are set up when the class changes, and not after a stop."""

from __future__ import annotations

import doctest
import json
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub_runner.odoo.inside.choice import CHOICE, Choice
from hub_runner.odoo.inside.load_order import LoadOrder
from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.odoo.inside.recorder import Recorder

FILE = __file__  # of the classes below: it lies in no module


class Suite(unittest.BaseTestSuite):
    """The bare bones of Odoo's."""

    def run(self, result: Any, debug: bool = False) -> Any:
        for test in self:
            if result.shouldStop:
                break
            if result._previousTestClass is not type(test):
                result.log.append(type(test).__name__)
            result._previousTestClass = type(test)
            result.tell(test)
        return result


class Result:
    def __init__(self, tell: Callable[[Any], None] | None = None) -> None:
        self.shouldStop = False
        self._previousTestClass: Any = None
        self.log: list[str] = []
        self._tell = tell

    def tell(self, test: Any) -> None:
        self.log.append(test._testMethodName)
        if self._tell:
            self._tell(test)


def case(name: str, *methods: str) -> list[Any]:
    body: dict[str, Any] = {method: lambda self: None for method in methods}
    cls = type(name, (unittest.TestCase,), {**body, "__module__": __name__})
    return [cls(method) for method in methods]


ROCK = case("TestRock", "test_a", "test_b")
FAILURE = (FILE, "TestRock", "test_a")
TODO = case("TestTodo", "test_a", "test_c")


def names(tests: list[Any]) -> list[str]:
    return [f"{type(test).__name__}.{test._testMethodName}" for test in tests]


@pytest.mark.parametrize(
    ("document", "chosen"),
    [
        ({}, ["TestRock.test_a", "TestRock.test_b", "TestTodo.test_a", "TestTodo.test_c"]),
        ({"places": [[FILE, "", ""]]}, ["TestRock.test_a", "TestRock.test_b", "TestTodo.test_a", "TestTodo.test_c"]),
        ({"places": [["tests/test_other.py", "", ""]]}, []),
        ({"places": [[FILE, "TestTodo", ""]]}, ["TestTodo.test_a", "TestTodo.test_c"]),
        (
            {"places": [[FILE, "TestRock", "test_b"], [FILE, "TestTodo", "test_a"]]},
            ["TestRock.test_b", "TestTodo.test_a"],
        ),
        ({"failed": [["", "TestTodo", "test_c"]]}, ["TestTodo.test_c"]),
        ({"keywords": "todo or test_b"}, ["TestRock.test_b", "TestTodo.test_a", "TestTodo.test_c"]),
        ({"keywords": "test_a", "places": [[FILE, "TestRock", ""]]}, ["TestRock.test_a"]),
    ],
    ids=["all", "file", "another file", "class", "tests", "failed before", "names", "names within a class"],
)
def test_a_test_is_run_if_everything_that_is_said_fits_it(document: dict[str, Any], chosen: list[str]) -> None:
    assert names(Choice(document).of([*ROCK, *TODO])) == chosen


@pytest.mark.parametrize(
    ("place", "chosen"),
    [
        ([FILE, "TestMade", "test_a"], ["TestMade.test_a_0_x", "TestMade.test_a_1"]),
        ([FILE, "TestMade", "test_a_1"], ["TestMade.test_a_1"]),
        ([FILE, "TestMade", "test_b"], ["TestMade.test_b"]),
        ([FILE, "TestBase", ""], ["TestBase_0_x.test_c"]),
        ([FILE, "TestBase", "test_c"], ["TestBase_0_x.test_c"]),
        ([FILE, "TestBase_0", ""], []),
    ],
)
def test_a_place_stands_for_all_that_parameterized_makes_of_it(place: list[str], chosen: list[str]) -> None:
    made = case("TestMade", "test_a_0_x", "test_a_1", "test_b", "test_b_1")
    type(made[0]).test_a = None  # as expand() leaves it
    base = type("TestBase", (unittest.TestCase,), {"__module__": __name__})
    of_class = type("TestBase_0_x", (base,), {"test_c": lambda self: None, "__module__": __name__})
    assert names(Choice({"places": [place]}).of([*made, of_class("test_c")])) == chosen


def test_what_failed_last_runs_first_and_no_class_is_torn_apart() -> None:
    choice = Choice({"first": [["", "TestTodo", "test_c"]]})
    assert names(choice.of([*ROCK, *TODO])) == ["TestTodo.test_c", "TestTodo.test_a", "TestRock.test_a", "TestRock.test_b"]


def test_without_a_choice_the_suite_is_odoos_own() -> None:
    suite = Suite([*ROCK])
    assert Choice().suite(suite, Choice().of(ROCK)) is suite


def test_each_round_has_new_tests_and_sets_the_classes_up_again() -> None:
    objects = set()
    result = Result(lambda test: objects.add(id(test)))
    suite = Choice({"rounds": 3}).suite(Suite([*ROCK]), ROCK)
    assert suite(result) is result
    assert result.log == ["TestRock", "test_a", "test_b"] * 3
    assert len(objects) > 2


def doc_case() -> Any:
    """As OCA's queue_job has it: made of another test, not of a method's name. It ends as in Python 3.10."""

    class OdooDocTestCase(doctest.DocTestCase):
        _dt_test: doctest.DocTest

        def __init__(self, test: Any) -> None:
            super().__init__(test._dt_test)

        def tearDown(self) -> None:
            self._dt_test.globs.clear()

    text = doctest.DocTestParser().get_doctest(">>> rocks\n3\n", {"rocks": 3}, "rocks", None, None)
    return OdooDocTestCase(doctest.DocTestCase(text))


def test_tests_that_load_tests_made_of_something_else_run_in_each_round() -> None:
    test, objects, outcomes = doc_case(), [], unittest.TestResult()

    def run(test: Any) -> None:
        objects.append(test)
        test.run(outcomes)

    Choice({"rounds": 3}).suite(Suite([test]), [test])(Result(run))
    assert (outcomes.testsRun, outcomes.errors, outcomes.failures) == (3, [], [])
    assert len({id(test) for test in objects}) == 3


def test_no_further_round_begins_once_a_test_has_failed() -> None:
    choice = Choice({"rounds": 9, "until_fail": True})
    result = Result(lambda test: choice.failed.add(FAILURE) if result.log.count("test_a") == 2 else None)
    choice.suite(Suite([*ROCK]), ROCK)(result)
    assert result.log == ["TestRock", "test_a", "test_b"] * 2


def test_a_choice_that_is_over_leaves_an_empty_suite_for_what_comes_later() -> None:
    choice = Choice({"max_fail": 1})
    choice.failed.add(FAILURE)
    assert list(choice.suite(Suite([*ROCK]), ROCK)) == []


def test_parameters_of_a_tag_go_along_into_each_round() -> None:
    (test,) = case("TestSome", "test_it")
    test._test_params = [("+", "5")]
    seen: list[Any] = []
    Choice({"rounds": 2}).suite(Suite([test]), [test])(Result(lambda test: seen.append(test._test_params)))
    assert seen == [[("+", "5")]] * 2


def test_it_lies_beside_the_record_and_is_everything_if_it_does_not(tmp_path: Path) -> None:
    assert Choice.beside(str(tmp_path / "record")).rounds == 1
    (tmp_path / CHOICE).write_text(json.dumps({"rounds": 4}))
    assert Choice.beside(str(tmp_path / "record")).rounds == 4


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    events = EventFile(str(tmp_path / "record"))
    return Recorder(events, LoadOrder(events, ("traction",), prepared=False), choice=Choice({"max_fail": 2}))


def told(recorder: Recorder) -> list[str]:
    lines = Path(recorder.events.path).read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["event"] for line in lines]


def failed(method: str, module: str = "traction") -> dict[str, Any]:
    return {"module": module, "home": "tests/test_rock.py", "cls": "TestRock", "method": method}


def test_it_is_over_after_as_many_failed_tests_as_are_asked_for_which_is_told_once(recorder: Recorder) -> None:
    for method in ("test_a", "test_a", "test_b", "test_c"):
        recorder.has_failed(failed(method))
    assert recorder.choice.is_over
    assert told(recorder) == ["gave_up"]


def test_failures_of_other_modules_do_not_count(recorder: Recorder) -> None:
    recorder.has_failed(failed("test_a", "base"))
    recorder.has_failed(failed("test_b", "mail"))
    assert not recorder.choice.is_over
