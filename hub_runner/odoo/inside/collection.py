"""Which tests Odoo looked at, which it selected, and which test methods it can never find.

What looks like a test of the module and is none for Odoo: methods and functions that no test runs.
"""

from __future__ import annotations

import inspect
import sys
import unittest
from collections.abc import Iterable, Iterator
from types import CodeType, ModuleType

from hub_runner.odoo.inside.tests import code_of, describe, dropped, module_of, relative
from hub_runner.odoo.inside.types_of_odoo import Json


def collected(
    module: str,
    looked_at: Iterable[ModuleType],
    found: Iterable[unittest.TestCase],
    selected: Iterable[unittest.TestCase],
    chosen: Iterable[unittest.TestCase] | None = None,
) -> Json:
    """``looked_at``: the Python modules of which Odoo took tests; ``found``: all their tests, before the tags.

    ``selected`` are those that the tags select, ``chosen`` those of them that are to run: all, if nothing else is said.
    """
    by_tags = {_key(test) for test in selected}
    to_run = by_tags if chosen is None else {_key(test) for test in chosen}
    found = [test for test in found if module_of(type(test).__module__) == module]
    imported = [m for name, m in sorted(sys.modules.items()) if _is_test_module(name, module)]
    return {
        "module": module,
        "looked_at": sorted({_file(m, module) for m in looked_at if _is_test_module(m.__name__, module)}),
        "imported": sorted({_file(m, module) for m in imported}),
        "present": sorted(f"{_file(m, module)}:{name}" for m in imported for name in names(m)),
        "tests": [
            dict(
                describe(t),
                selected=_key(t) in to_run,
                left_out=_key(t) in by_tags - to_run,
                tags=_tags(t),
                dropped=dropped(t),
            )
            for t in found
        ],
        "loose": list(loose(module, imported, found)),
    }


def _key(test: unittest.TestCase) -> tuple[type, str]:
    return type(test), test._testMethodName


def _tags(test: unittest.TestCase) -> list[str] | None:
    """None for a plain unittest.TestCase, which Odoo leaves out without a word."""
    tags = getattr(test, "test_tags", None)
    return None if tags is None else sorted(map(str, tags))


def _is_test_module(name: str, module: str) -> bool:
    package = "odoo.addons." + module + ".tests"
    return name == package or name.startswith(package + ".")


def _file(python_module: ModuleType, module: str) -> str:
    return relative(getattr(python_module, "__file__", None) or "", module)


def loose(module: str, imported: Iterable[ModuleType], found: Iterable[unittest.TestCase]) -> Iterator[Json]:
    """Each with its ``kind``: of an inherited method, a class that is no test case, or a function.

    Odoo takes the methods of a class's own body only (unless it says ``allow_inherited_tests_method``), and only of
    modules named ``test_*``: what stands in a mixin or in ``common.py`` looks like a test and never is one.
    """
    imported = list(imported)
    covered = {code for test in found for code in _codes(type(test), test._testMethodName)}
    for kind, cls, name, code in _candidates(imported):
        file = relative(code.co_filename, module)
        if code not in covered and file.startswith("tests"):
            covered.add(code)
            place = {"module": module, "cls": cls, "method": name, "home": file, "file": file, "line": code.co_firstlineno}
            yield dict(place, kind=kind)


def names(python_module: ModuleType) -> list[str]:
    """The test methods that stand in the bodies of the classes of one Python module, once it was imported."""
    own = [cls for cls in _classes(python_module) if cls.__module__ == python_module.__name__]
    return [f"{cls.__name__}.{name}" for cls in own for name in vars(cls) if name.startswith("test")]


def _candidates(python_modules: list[ModuleType]) -> Iterator[tuple[str, str, str, CodeType]]:
    """Test cases come first: what they inherit is theirs, wherever it stands."""
    for python_module in python_modules:
        for cls in _classes(python_module):
            if issubclass(cls, unittest.TestCase):
                yield from (
                    ("inherited", cls.__name__, name, code) for name in _tests(dir(cls)) for code in _codes(cls, name)
                )
    for python_module in python_modules:
        if python_module.__name__.rpartition(".")[2].startswith("test_"):
            yield from _strays(python_module)


def _strays(python_module: ModuleType) -> Iterator[tuple[str, str, str, CodeType]]:
    """A class counts by its name: helpers (and Odoo's models, which are no plain classes) may have a ``test_connection``."""
    for item in list(vars(python_module).values()):
        if getattr(item, "__module__", None) != python_module.__name__:
            continue
        if inspect.isfunction(item) and item.__name__.startswith("test_"):
            yield from (("function", "", item.__name__, code) for code in _code(item))
        elif type(item) is type and "Test" in item.__name__ and not issubclass(item, unittest.TestCase):
            yield from (
                ("class", item.__name__, name, code) for name in _tests(vars(item)) for code in _code(vars(item)[name])
            )


def _classes(python_module: ModuleType) -> list[type]:
    return [item for item in vars(python_module).values() if isinstance(item, type)]


def _tests(attributes: Iterable[str]) -> list[str]:
    return [name for name in attributes if name.startswith("test")]


def _codes(cls: type, name: str) -> Iterator[CodeType]:
    """The code of a method and of all that it overrides: a test may call ``super()``."""
    for base in cls.__mro__:
        yield from _code(vars(base).get(name))


def _code(function: object) -> Iterator[CodeType]:
    """Its code, if it has any."""
    code = code_of(function)
    if code is not None:
        yield code
