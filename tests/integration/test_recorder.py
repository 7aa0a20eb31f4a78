"""What the real recorder writes in a container: a package in Odoo's place loads the module and runs its tests."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import Make, run

pytestmark = pytest.mark.integration
TESTS = """\
import logging
import unittest

from odoo.tests import TransactionCase, tagged


class TestRock(TransactionCase):
    def test_fails(self):
        print("rolling")
        self.assertEqual(1, 2)

    def test_passes_and_logs(self):
        logging.getLogger("odoo.addons.probe").error("no rocks")

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    @unittest.skip("not today")
    def test_skipped(self):
        pass


class TestBroken(TransactionCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError("broken")

    def test_never_runs(self):
        pass


@tagged("-standard", "nightly")
class TestNightly(TransactionCase):
    def test_at_night(self):
        pass
"""
LEAVES = """\
import os

from odoo.tests import TransactionCase


class TestExit(TransactionCase):
    def test_exit(self):
        os._exit(0)
"""


def test_each_end_of_a_test_is_told_with_its_place(make: Make, real_python: str) -> None:
    checkout = make(odoo_image=real_python)
    (checkout.root / "addons" / "probe" / "tests" / "test_standin.py").write_text(TESTS)
    done = run(checkout, "probe")
    assert done.code == 1, done.said
    result = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
    assert {test["name"]: (test["status"], test["line"]) for test in result["tests"]} == {
        "TestRock.test_fails": ("failed", 10),
        "TestRock.test_passes_and_logs": ("passed", 12),
        "TestRock.test_subtests": ("failed", 18),
        "TestRock.test_skipped": ("skipped", 20),
        "TestBroken.setUpClass": ("error", 28),
    }
    told = {test["name"]: test for test in result["tests"]}
    assert told["TestRock.test_fails"]["logged"] == ["rolling"]
    assert told["TestRock.test_subtests"]["subtests"] == ["(number=1)"]
    assert told["TestRock.test_skipped"]["reason"] == "not today"
    assert [problem["kind"] for problem in result["problems"]] == ["tests_failed", "test_logged_error"]
    assert result["unrun"] == {
        "tests/test_standin.py:TestBroken.test_never_runs": (
            "selected, and it has no outcome: its class failed or was skipped, or the run ended before"
        ),
        "tests/test_standin.py:TestNightly.test_at_night": "deselected by tags",
    }


def test_a_process_that_leaves_early_is_no_success(make: Make, real_python: str) -> None:
    checkout = make(odoo_image=real_python)
    (checkout.root / "addons" / "probe" / "tests" / "test_standin.py").write_text(LEAVES)
    done = run(checkout, "probe")
    assert done.code == 3, done.said
    assert "The process left early (exit code 0) during TestExit.test_exit" in done.said
    assert "verified: nothing of" in done.log
