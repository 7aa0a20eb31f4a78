from __future__ import annotations

import textwrap

import pytest

from tests.unit.checkout.lint.written import shown, written

CASE = "from odoo.tests import TransactionCase\nclass TestRock(TransactionCase):\n"


def case(body: str, name: str = "test_it", more: str = "") -> list[str]:
    text = CASE + textwrap.indent(textwrap.dedent(body), "    ")
    init = f"from . import {name}\n"
    return shown(
        written({"tests/__init__.py": init, f"tests/{name}.py": text, **({"tests/test_b.py": more} if more else {})})
    )


def test_a_test_without_self_is_named() -> None:
    assert case("def test_x(): ...") == ["tests/test_it.py:3: TestRock.test_x has no parameter self, so it cannot be called"]


@pytest.mark.parametrize("text", ["@staticmethod\ndef test_x(): ...", "def test_x(*args): ...", "def test_x(this): ..."])
def test_a_test_that_can_be_called_is_not_named(text: str) -> None:
    assert case(text) == []


def test_a_set_up_class_without_super_is_named() -> None:
    (line,) = case("@classmethod\ndef setUpClass(cls):\n    cls.x = cls.env['x']\ndef test_x(self): ...")
    assert line.endswith("TestRock.setUpClass does not call super().setUpClass(), which alone makes env")


@pytest.mark.parametrize("call", ["super().setUpClass()", "super(TestRock, cls).setUpClass()", "Base.setUpClass(cls)"])
def test_a_set_up_class_with_super_is_not_named(call: str) -> None:
    assert case(f"@classmethod\ndef setUpClass(cls):\n    {call}\ndef test_x(self): ...") == []


@pytest.mark.parametrize("name", ["tests_rock", "rock_test"])
def test_a_file_that_odoo_takes_no_tests_from_is_named(name: str) -> None:
    assert case("def test_x(self): ...", name) == [
        f"tests/{name}.py:3: no test of {name}.py runs: Odoo looks only into files whose names begin with test_"
    ]


def test_a_file_of_base_classes_is_not_named() -> None:
    more = "from .common import TestRock\n"
    assert not any("common" in line for line in case("def test_x(self): ...", "common", more))


def test_a_model_with_a_method_called_test_is_no_test() -> None:
    text = "from odoo import models\nclass Rock(models.Model):\n    _name = 'x'\n    def test_it(self): ...\n"
    assert shown(written({"tests/__init__.py": "from . import rock\n", "tests/rock.py": text})) == []


def test_a_folder_test_without_its_s_is_named() -> None:
    (line,) = shown(
        written({"test/__init__.py": "from . import test_it", "test/test_it.py": CASE + "    def test_x(self): ..."})
    )
    assert line == "test/test_it.py:1: the folder of tests is called tests, with an s: Odoo never looks here"


def test_a_test_that_is_indented_into_another_never_runs() -> None:
    body = "def test_a(self):\n    self.env\n    def test_b(self):\n        self.env"
    assert case(body) == [
        "tests/test_it.py:5: test_b stands inside of TestRock.test_a, so it never runs: it is indented too far"
    ]


@pytest.mark.parametrize(
    "inner", ["def test_b(self):\n        pass\n    test_b(1)", "def test_b():\n        pass", "def b(self): ..."]
)
def test_a_function_that_a_test_uses_or_that_is_no_method_is_as_it_should_be(inner: str) -> None:
    assert case(f"def test_a(self):\n    {inner}") == []
