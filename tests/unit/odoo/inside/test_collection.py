"""What is told of Python modules that were imported as an Odoo module's tests."""

from __future__ import annotations

import sys
import unittest
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub_runner.odoo.inside.collection import collected

Told = dict[str, Any]


@pytest.fixture
def collect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Told]]:
    """Imports a text as the module's only test file, and collects from it as Odoo does."""
    folder = tmp_path / "addons" / "traction" / "tests"
    folder.mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "odoo", ModuleType("odoo"))
    addons = ModuleType("odoo.addons")
    addons.__path__ = [str(tmp_path / "addons")]
    monkeypatch.setitem(sys.modules, "odoo.addons", addons)

    def collected_from(text: str) -> Told:
        (folder.parent / "__init__.py").touch()
        (folder / "__init__.py").write_text("from . import test_rock", encoding="utf-8")
        (folder / "test_rock.py").write_text(f"from unittest import TestCase\n{text}", encoding="utf-8")
        module = import_module("odoo.addons.traction.tests.test_rock")
        cases = [it for it in vars(module).values() if isinstance(it, type) and issubclass(it, unittest.TestCase)]
        found = [cls(name) for cls in cases for name in vars(cls) if name.startswith("test")]
        return collected("traction", [module], found, found)

    yield collected_from
    for name in [name for name in sys.modules if name.startswith("odoo.addons.traction")]:
        del sys.modules[name]


def loose(told: Told) -> list[tuple[str, str, str]]:
    return [(it["kind"], it["cls"], it["method"]) for it in told["loose"]]


def test_a_class_whose_base_was_forgotten_and_a_function_are_named(collect: Callable[[str], Told]) -> None:
    told = collect("class TestRock:\n    def test_one(self): ...\n\ndef test_two(env): ...\n")
    assert loose(told) == [("class", "TestRock", "test_one"), ("function", "", "test_two")]
    assert [it["line"] for it in told["loose"]] == [3, 5]


@pytest.mark.parametrize(
    "text",
    [
        "class Fake:\n    def test_connection(self): ...\n",
        "class Meta(type): ...\nclass TestModel(metaclass=Meta):\n    def test_action(self): ...\n",
        "class TestA:\n    def test_one(self): ...\nclass TestIt(TestA, TestCase):\n    test_one = TestA.test_one\n",
        "def test_one(self): ...\nclass TestIt(TestCase):\n    test_two = test_one\n",
        "from os import path as test_path\ntest_data = [1]\n",
    ],
    ids=["a helper", "a model", "a mixin that is called", "a function that is a method", "data"],
)
def test_what_is_no_forgotten_test_is_not_named(collect: Callable[[str], Told], text: str) -> None:
    assert loose(collect(text)) == []


def test_a_mixin_whose_tests_odoo_does_not_take_is_inherited_and_not_stray(collect: Callable[[str], Told]) -> None:
    told = collect("class TestShape:\n    def test_one(self): ...\nclass TestIt(TestShape, TestCase): ...\n")
    assert loose(told) == [("inherited", "TestIt", "test_one")]


@pytest.mark.parametrize(
    ("body", "dropped"),
    [
        ("async def test_one(self): ...", "coroutine"),
        ("def test_one(self):\n        yield", "generator"),
        ("async def test_one(self):\n        yield", "generator"),
        ("def test_one(self): ...", ""),
        ("def _callTestMethod(self, method): ...\n    async def test_one(self): ...", ""),
    ],
)
def test_a_method_whose_call_runs_nothing_is_known(collect: Callable[[str], Told], body: str, dropped: str) -> None:
    (test,) = collect(f"class TestIt(TestCase):\n    {body}\n")["tests"]
    assert test["dropped"] == dropped


def test_what_is_there_after_the_import_is_told(collect: Callable[[str], Told]) -> None:
    text = "class TestIt(TestCase):\n    def test_one(self): ...\n    def test_two(self): ...\n    del test_two\n"
    assert collect(text)["present"] == ["tests/test_rock.py:TestIt.test_one"]


def test_a_test_is_told_with_the_file_of_its_class_and_that_of_its_method(collect: Callable[[str], Told]) -> None:
    told = collect(
        "from tests.unit.odoo.inside.test_collection import other\nclass TestIt(TestCase):\n    test_one = other\n"
    )
    (test,) = told["tests"]
    assert (test["home"], Path(test["file"]).name) == ("tests/test_rock.py", "test_collection.py")


def other(self: Any) -> None: ...
