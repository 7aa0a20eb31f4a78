"""What a command chooses comes into Odoo's container, is done there by the real recorder, and stands in the verdict."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import Make, run

pytestmark = pytest.mark.integration
TEST = """\
from odoo.tests import TransactionCase


class TestStandin(TransactionCase):
    def test_one(self):
        pass

    def test_two(self):
        self.assertEqual(1, {number})
"""


def test_what_failed_last_is_chosen_until_it_passes_and_a_part_never_looks_like_the_module(
    make: Make, real_python: str
) -> None:
    checkout = make(odoo_image=real_python)
    file = checkout.root / "addons" / "probe" / "tests" / "test_standin.py"
    file.write_text(TEST.format(number=2))
    assert run(checkout, "probe").code == 1
    file.write_text(TEST.format(number=1))
    again = run(checkout, "probe", "--lf", "--repeat", "3", "-x", "-k", "two or one")
    assert again.code == 0, again.said
    tests = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))["tests"]
    assert [(test["name"], test["runs"], test["green"]) for test in tests] == [("TestStandin.test_two", 3, 3)]
    said = "PASSED a part of probe (-k 'two or one', --lf: 1 test that failed last; 1 test left out): 1 test in "
    assert said in again.said
    whole = run(checkout, "probe", "--lf")
    assert whole.code == 0, whole.said
    assert "PASSED probe: 2 tests" in whole.said
    assert "--lf: no failure of an earlier run is known, so no test was left out because of it" in whole.said
