"""Coverage as a user meets it: figures, files and the floor. The stand-in runs three of four lines of each module."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import Make, run
from tests.standins.checkout import HANG, PASS

pytestmark = pytest.mark.integration


def test_reports_stand_beside_the_result_and_too_little_is_a_failure(make: Make) -> None:
    checkout = make()
    done = run(checkout, "probe", "--coverage-fail-under", "80")
    assert done.code == 1, done.said
    assert "FAILED probe: low coverage" in done.said
    assert "The tests run 75.0 % of the module's statements, and coverage-fail-under asks for 80 %." in done.said
    assert "addons/probe/models/m.py  75.0 %  4" in done.said
    assert "coverage     75.0 % of lines" in done.log
    assert json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))["coverage"]["percent"] == 75.0
    assert f"<source>{checkout.root}</source>" in (checkout.root / "coverage.xml").read_text(encoding="utf-8")
    assert (checkout.root / "htmlcov" / "index.html").is_file()

    without = run(checkout, "probe")
    assert without.passed, without.said
    assert not any((checkout.root / name).exists() for name in ("coverage.xml", "lcov.info", "htmlcov"))


def test_several_modules_have_one_report(make: Make) -> None:
    checkout = make(modules={"one": PASS, "two": PASS})
    done = run(checkout, "one", "two", "--coverage")
    assert done.code == 0, done.said
    assert "PASSED: 2 modules, 4 tests, 75.0 % covered" in done.said
    assert (checkout.root / "coverage.xml").read_text(encoding="utf-8").count("<class ") == 2
    assert (checkout.root / "htmlcov" / "two" / "index.html").is_file()


def test_a_process_that_is_killed_leaves_nothing_to_report(make: Make) -> None:
    checkout = make(modules={"probe": HANG}, test_timeout=2.0)
    done = run(checkout, "probe", "--coverage-fail-under", "50")
    assert done.code == 8, done.said
