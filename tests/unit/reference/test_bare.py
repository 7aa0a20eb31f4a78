from __future__ import annotations

import pytest

from tests.reference.bare import Bare, judged

LINE = "2026-01-02 03:04:05,678 1 {} bare1 {}: {} "
RESULT = LINE.format("ERROR", "odoo.tests.result", "1 failed, 1 error(s) of 7 tests when loading database 'bare1'")


def logged(*messages: str, logger: str = "odoo.addons.rock.tests.test_it") -> str:
    return "\n".join(LINE.format("ERROR", logger, message) for message in messages)


def test_failed_tests_are_named_once_however_often_they_fail() -> None:
    log = logged(
        "FAIL: TestRock.test_a",
        "ERROR: TestRock.test_b",
        "ERROR: Subtest TestRock.test_c (<subtest>)",
        "ERROR: Subtest TestRock.test_c [rock] (n=2)",
    )
    phase = logged("ERROR: setUpClass (odoo.addons.rock.tests.test_it.TestPebble)", logger="odoo.tests.suite")
    assert judged(1, f"{log}\n{phase}\n{RESULT}") == Bare(
        verdict="failed",
        exit_code=1,
        tests=7,
        failing=("TestPebble.setUpClass", "TestRock.test_a", "TestRock.test_b", "TestRock.test_c"),
    )


def test_what_a_module_prints_is_no_result() -> None:
    assert judged(0, "9 failed, 9 error(s) of 9 tests\nFAIL: TestRock.test_a").tests == 0
    assert judged(0, "FAIL: TestRock.test_a").failing == ()


@pytest.mark.parametrize(
    ("code", "log", "late", "verdict"),
    [
        (0, "", False, "no tests"),
        (0, RESULT.replace("1 failed, 1 error", "0 failed, 0 error"), False, "passed"),
        (1, "", False, "failed"),
        (255, "", False, "not installed"),
        (255, logged("ERROR: TestRock.test_a"), False, "failed"),
        (137, "", False, "killed"),
        (137, "", True, "time limit"),
    ],
)
def test_the_exit_code_says_what_the_log_does_not(code: int, log: str, late: bool, verdict: str) -> None:
    assert judged(code, log, late=late).verdict == verdict
