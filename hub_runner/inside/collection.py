"""Which tests Odoo looked at, which it selected, and which test methods it can never find."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from hub_runner.inside.loose import loose, names
from hub_runner.inside.tests import describe, dropped, module_of, relative


def collected(module: str, looked_at: Iterable[Any], found: Iterable[Any], selected: Iterable[Any]) -> dict[str, Any]:
    """``looked_at``: the Python modules of which Odoo took tests; ``found``: all their tests, before the tags."""
    chosen = {_key(test) for test in selected}
    found = [test for test in found if module_of(type(test).__module__) == module]
    imported = [m for name, m in sorted(sys.modules.items()) if _is_test_module(name, module)]
    return {
        "module": module,
        "looked_at": sorted({_file(m, module) for m in looked_at if _is_test_module(m.__name__, module)}),
        "imported": sorted({_file(m, module) for m in imported}),
        "present": sorted(f"{_file(m, module)}:{name}" for m in imported for name in names(m)),
        "tests": [dict(describe(t), selected=_key(t) in chosen, tags=_tags(t), dropped=dropped(t)) for t in found],
        "loose": list(loose(module, imported, found)),
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
