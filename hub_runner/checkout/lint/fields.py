"""Mistakes in the fields of a model that Odoo tells late, in riddles, or never."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hub_runner.checkout.lint.module_text import Finding, Text, hint
from hub_runner.checkout.python import base_names

NAMED = ("compute", "inverse", "search")  # arguments of a field that name a method
OF_ODOO = re.compile(r"_(?:compute|search|inverse)_display_name|_search_display_name")


def mistakes(text: Text, path: str, cls: ast.ClassDef, names: set[str] | None) -> Iterator[Finding]:
    """Those of a model's class in the file ``path``.

    ``names`` are all methods that a new model may have; None if the class adds to a model, which may have others.
    """
    for node in cls.body:
        if isinstance(node, ast.Assign) and (comma := _after_field(node.value)):
            name = ast.unparse(node.targets[0])
            yield text.finding(path, comma, f"{name} is no field but a tuple: take away the comma after its parenthesis")
        call = node.value if isinstance(node, ast.Assign) else None
        if isinstance(call, ast.Call) and _is_field(call):
            if names is not None and not _is_abstract(cls) and (lacking := _lacking(call)):
                yield text.finding(path, call.lineno, f"{ast.unparse(call.func)} {lacking}")
            yield from _of_field(text, path, call, names)


def _is_abstract(cls: ast.ClassDef) -> bool:
    """An abstract model is made to be completed: who inherits from it may say what a field of it lacks."""
    return any("Abstract" in name for name in base_names(cls))


def _lacking(call: ast.Call) -> str:
    """What a relation of a new model does not say, though Odoo cannot do without; empty if it says all."""
    kind, given = getattr(call.func, "attr", ""), {keyword.arg for keyword in call.keywords}
    if None in given or given & {"related", "compute"} or any(isinstance(it, ast.Starred) for it in call.args):
        return ""
    if kind in ("Many2one", "One2many", "Many2many") and not call.args and "comodel_name" not in given:
        return "names no model: its first argument is one, such as 'res.partner'"
    if kind == "One2many" and len(call.args) < 2 and "inverse_name" not in given:
        return "names no field that leads back: its second argument is a Many2one of the other model"
    return ""


def _is_field(call: ast.expr) -> bool:
    """Whether it is ``fields.SOMETHING(...)``."""
    function = call.func if isinstance(call, ast.Call) else None
    return getattr(getattr(function, "value", None), "id", "") == "fields"


def _after_field(value: ast.expr) -> int:
    """The line of the comma in ``fields.Char(),``, which makes a tuple of it; 0 if it is something else."""
    only = value.elts[0] if isinstance(value, ast.Tuple) and len(value.elts) == 1 else None
    return (only.end_lineno or only.lineno) if only and _is_field(only) else 0


def _of_field(text: Text, path: str, call: ast.Call, names: set[str] | None) -> Iterator[Finding]:
    """``names`` are all methods there may be; None if the class may have others, of Odoo's own."""
    for keyword in call.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if not isinstance(value, str):
            continue
        if keyword.arg in NAMED and names is not None and value not in names and not OF_ODOO.fullmatch(value):
            message = f"{keyword.arg}={value!r}: no method is called so{hint(value, names)}"
            yield text.finding(path, keyword.value.lineno, message)
        if keyword.arg == "default" and getattr(call.func, "attr", "") == "Selection":
            keys = _keys(call)
            if keys and value not in keys:
                message = f"default={value!r} is none of the values of the selection: {', '.join(keys)}"
                yield text.finding(path, keyword.value.lineno, message)


def _keys(call: ast.Call) -> list[str]:
    """The values of a selection that is written out; none if any of it is made up at run time, or added to later."""
    if any(keyword.arg in ("selection_add", "related") for keyword in call.keywords):
        return []
    chosen = call.args[0] if call.args else next((it.value for it in call.keywords if it.arg == "selection"), None)
    entries = chosen.elts if isinstance(chosen, (ast.List, ast.Tuple)) else []
    keys = [entry.elts[0] for entry in entries if isinstance(entry, (ast.Tuple, ast.List)) and entry.elts]
    words = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return words if len(words) == len(entries) else []
