"""Which tests Odoo looked at, which it selected, and which test methods it can never find."""

from __future__ import annotations

import sys
import unittest
from collections.abc import Iterable, Iterator
from typing import Any

from hub_runner.inside.tests import code_of, describe, module_of, relative


def collected(module: str, looked_at: Iterable[Any], found: Iterable[Any], selected: Iterable[Any]) -> dict[str, Any]:
    """``looked_at``: the Python modules of which Odoo took tests; ``found``: all their tests, before the tags."""
    chosen = {_key(test) for test in selected}
    found = [test for test in found if module_of(type(test).__module__) == module]
    tests = [dict(describe(test), selected=_key(test) in chosen, tags=_tags(test)) for test in found]
    imported = [m for name, m in sorted(sys.modules.items()) if _is_test_module(name, module)]
    return {
        "module": module,
        "looked_at": sorted({_file(m, module) for m in looked_at if _is_test_module(m.__name__, module)}),
        "imported": sorted({_file(m, module) for m in imported}),
        "tests": tests,
        "loose": list(_loose(module, imported, found)),
    }


def _key(test: Any) -> Any:
    return type(test), test._testMethodName


def _tags(test: Any) -> Any:
    """None for a plain unittest.TestCase, which Odoo leaves out without a word."""
    tags = getattr(test, "test_tags", None)
    return None if tags is None else sorted(map(str, tags))


def _is_test_module(name: str, module: str) -> bool:
    package = "odoo.addons." + module + ".tests"
    return name == package or name.startswith(package + ".")


def _file(python_module: Any, module: str) -> str:
    return relative(getattr(python_module, "__file__", None) or "", module)


def _loose(module: str, imported: Iterable[Any], found: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Test methods of the module's test cases that no test runs.

    Odoo takes the methods of a class's own body only (unless it says ``allow_inherited_tests_method``), and only of
    modules named ``test_*``: what stands in a mixin or in ``common.py`` looks like a test and never is one.
    """
    covered = {code for test in found for code in _codes(type(test), test._testMethodName)}
    for cls in _test_cases(imported):
        for name in dir(cls):
            for code in _codes(cls, name) if name.startswith("test") else ():
                own = relative(code.co_filename, module)
                if code not in covered and own.startswith("tests"):
                    covered.add(code)
                    yield {"module": module, "cls": cls.__name__, "method": name, "file": own,
                           "line": code.co_firstlineno}  # fmt: skip


def _test_cases(python_modules: Iterable[Any]) -> Iterator[Any]:
    for python_module in python_modules:
        for cls in list(vars(python_module).values()):
            if isinstance(cls, type) and issubclass(cls, unittest.TestCase):
                yield cls


def _codes(cls: type, name: str) -> Iterator[Any]:
    """The code of a method and of all that it overrides: a test may call ``super()``."""
    for base in cls.__mro__:
        code = code_of(vars(base).get(name))
        if code is not None:
            yield code
