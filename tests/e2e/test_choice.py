"""Tests that are chosen, repeated and given up on a real Odoo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab import ROOT

pytestmark = pytest.mark.e2e
FILES = {
    "addons/choosy/__init__.py": "",
    "addons/choosy/__manifest__.py": "{'name': 'Choosy', 'license': 'LGPL-3', 'depends': ['base']}\n",
    "addons/choosy/tests/__init__.py": "from . import test_one, test_two\n",
    "addons/choosy/tests/test_one.py": """\
from odoo.tests import TransactionCase, tagged


class TestOne(TransactionCase):
    runs = 0
    set_ups = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_ups += 1

    def test_flaky(self):
        TestOne.runs += 1
        self.assertEqual(TestOne.runs, TestOne.set_ups)
        self.assertNotEqual(TestOne.runs, 2)

    def test_steady(self):
        self.assertTrue(self.env.user)


@tagged("-standard", "nightly", "post_install", "-at_install")
class TestNightly(TransactionCase):
    def test_late(self):
        self.assertTrue(self.env.user)
""",
    "addons/choosy/tests/test_two.py": """\
from odoo.tests import TransactionCase, tagged


class TestTwo(TransactionCase):
    def test_bad(self):
        self.fail("bad")

    def test_good(self):
        self.assertTrue(self.env.user)


@tagged("post_install", "-at_install")
class TestLate(TransactionCase):
    def test_after(self):
        self.assertTrue(self.env.user)
""",
}


class Lab:
    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        (root / "pyproject.toml").write_text('[tool.hub-runner]\nproject = "choice-e2e"\nports = "8500-8510"\n')

    @property
    def environ(self) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("HUB_RUNNER_", "COVERAGE_"))}
        return {**clean, "PYTHONPATH": str(ROOT)}

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the result."""
        line = (sys.executable, "-m", "hub_runner", "run", *words, "--json")
        done = subprocess.run(
            line, cwd=self.root, env=self.environ, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


def statuses(result: dict[str, Any]) -> dict[str, str]:
    return {test["name"]: test["status"] for test in result["tests"]}


def test_tests_are_chosen_repeated_and_given_up(tmp_path: Path) -> None:
    """One story in three runs, because each builds on the one before."""
    lab = Lab(tmp_path)
    code, result = lab.run("choosy", "-k", "(flaky or steady or after) and not two_", "--repeat", "3", "--durations", "2")
    assert (code, result["part"], result["left_out"]) == (1, "-k '(flaky or steady or after) and not two_'", 3), result
    told = {test["name"]: (test["status"], test["runs"], test["green"], test["flaky"]) for test in result["tests"]}
    assert told == {
        "TestOne.test_flaky": ("failed", 3, 2, True),
        "TestOne.test_steady": ("passed", 3, 3, False),
        "TestLate.test_after": ("passed", 3, 3, False),
    }
    assert {it["cls"] for it in result["set_ups"]} == {"TestOne", "TestLate"}
    assert "second opinion" not in " ".join(result["notes"])

    code, result = lab.run("choosy", "--ff", "-x")
    assert (code, result["part"]) == (1, None), result
    assert statuses(result) == {
        "TestOne.test_flaky": "passed",
        "TestOne.test_steady": "passed",
        "TestTwo.test_bad": "failed",
    }
    assert "given up after 1 failed test, as asked for: 2 tests did not run" in result["notes"]

    line = 1 + FILES["addons/choosy/tests/test_one.py"][: FILES["addons/choosy/tests/test_one.py"].index("test_late")].count(
        "\n"
    )
    code, result = lab.run(f"addons/choosy/tests/test_one.py:{line}")
    assert (code, statuses(result)) == (0, {"TestNightly.test_late": "passed"}), result
    assert result["part"] == "tests/test_one.py::TestNightly::test_late"


def test_the_debugger_opens_where_a_test_failed(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    line = (sys.executable, "-m", "hub_runner", "run", "addons/choosy/tests/test_two.py::TestTwo", "--debug")
    words = "p self._testMethodName, self.env['res.users'].search_count([]) > 0\nq\n"
    done = subprocess.run(
        line, cwd=lab.root, env=lab.environ, input=words, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "AssertionError: bad\nin " in done.stdout
    assert "tests/test_two.py(6)test_bad()" in done.stdout
    assert "('test_bad', True)" in done.stdout
    assert "RED a part of choosy (tests/test_two.py::TestTwo; 4 tests left out): 1 of 1 test failed in " in done.stderr
    assert not (lab.root / "proof_of_execution_tests.log").exists()
