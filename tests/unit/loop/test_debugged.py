"""What the debugger's program does to Odoo's result class, tried on unittest's own."""

from __future__ import annotations

import io
import unittest
import zipfile
from types import TracebackType
from typing import Any

import pytest

from hub_runner.loop.debug import PROGRAM
from hub_runner.loop.environment import program
from hub_runner.loop.inside.debugged import be_patient, stop_at_failures


def tried(*bodies: Any) -> tuple[list[str], unittest.TestResult]:
    """Runs tests; returns the innermost functions that were looked at, and the result."""
    looked: list[str] = []

    def look(traceback: TracebackType | None) -> None:
        while traceback and traceback.tb_next:
            traceback = traceback.tb_next
        looked.append(traceback.tb_frame.f_code.co_name if traceback else "nothing")

    class Result(unittest.TestResult):
        """Is told of subtests as Odoo's."""

        def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
            if err:
                self.addFailure(subtest, err)

    stop_at_failures(Result, look)
    names = [f"test_{number}" for number in range(len(bodies))]
    case = type("TestIt", (unittest.TestCase,), dict(zip(names, bodies, strict=True)))
    result = Result()
    unittest.TestSuite(map(case, names)).run(result)
    return looked, result


def passes(self: unittest.TestCase) -> None:
    pass


def fails(self: unittest.TestCase) -> None:
    self.assertEqual(1, 2)  # noqa: PT009  # what a test of Odoo says


def raises(self: unittest.TestCase) -> None:
    def deep() -> None:
        raise KeyError("x")

    deep()


def quits(self: unittest.TestCase) -> None:
    import bdb

    raise bdb.BdbQuit


@pytest.mark.parametrize(("body", "where"), [(fails, "fails"), (raises, "deep")])
def test_a_failure_opens_it_where_the_test_failed(body: Any, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    looked, result = tried(passes, body, passes)
    assert (looked, result.testsRun) == ([where], 3)
    assert "in test_1" in capsys.readouterr().out


def test_a_test_of_many_failing_subtests_opens_it_once() -> None:
    def body(self: unittest.TestCase) -> None:
        for number in range(3):
            with self.subTest(number=number):
                fails(self)

    looked, _ = tried(body)
    assert looked == ["fails"]


def test_who_leaves_the_debugger_is_not_asked_again() -> None:
    looked, result = tried(quits, passes)
    assert (looked, result.testsRun, len(result.errors)) == ([], 1, 1)


def test_a_request_waits_as_long_as_somebody_looks_at_its_answer() -> None:
    class HttpCase:
        def url_open(
            self, url: str, data: object = None, files: object = None, timeout: float = 12, **more: object
        ) -> float:
            return timeout

    be_patient(HttpCase)
    assert HttpCase().url_open("/web") == HttpCase().url_open("/web", timeout=3) == 86400
    assert HttpCase().url_open("/web", None, None, 5, headers={}) == 86400


def test_the_program_has_all_that_it_imports() -> None:
    names = zipfile.ZipFile(io.BytesIO(program(PROGRAM))).namelist()
    assert {"__main__.py", "hub_runner/loop/__init__.py", "hub_runner/loop/inside/debugged.py"} <= set(names)
    assert "hub_runner/odoo/inside/launcher.py" in names
