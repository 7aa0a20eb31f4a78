"""Mistakes in the models of a module that Odoo tells late, in riddles, or never."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from hub_runner.checkout.lint import fields
from hub_runner.checkout.lint.defined_models import is_model, texts
from hub_runner.checkout.lint.module_text import Finding, Text, classes, methods, takes_nothing

GONE = ("one", "multi")  # of odoo.api, since 13.0
RETURNING = ("create", "copy", "default_get")  # what Odoo needs the value of
MODEL_NAME = re.compile(r"[a-z0-9_.]+")


def mistakes(text: Text, local: Mapping[str, Text]) -> Iterator[Finding]:
    """Those of all Python files that Odoo imports with the module. ``local`` are the modules of the checkout by name."""
    names = set[str]().union(*(other.functions for other in local.values()))
    for path in filter(text.imported.all.__contains__, text.trees):
        for cls in classes(text, path):
            yield from _gone_decorators(text, path, cls)
            if is_model(cls):
                yield from _of_model(text, path, cls, names)
    yield from _defined_twice(text)


def _gone_decorators(text: Text, path: str, cls: ast.ClassDef) -> Iterator[Finding]:
    """``@api.one``: an AttributeError as soon as the file is imported."""
    tree = text.trees[path]
    assert isinstance(tree, ast.Module)
    certain = path in text.imported.certain and cls in tree.body and _imports_api(tree)
    for method in methods(cls):
        for node in method.decorator_list:
            if isinstance(node, ast.Attribute) and node.attr in GONE and getattr(node.value, "id", "") == "api":
                message = f"@api.{node.attr} is gone since 13.0: take it away, and loop: `for record in self:`"
                yield text.finding(path, node.lineno, message, stops=certain)


def _imports_api(tree: ast.Module) -> bool:
    """Whether ``api`` is Odoo's: imported at the top of the file, and by that name."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "odoo" and any(alias.name == "api" for alias in node.names)
        for node in tree.body
    )


def _of_model(text: Text, path: str, cls: ast.ClassDef, names: set[str]) -> Iterator[Finding]:
    for method in methods(cls):
        if method.name in RETURNING and _calls_super(method) and not _returns(method):
            message = f"{method.name}() returns nothing: whoever calls it gets None; return what super() gave"
            yield text.finding(path, method.lineno, message)
        if takes_nothing(method):
            message = f"{cls.name}.{method.name} has no parameter self, so it cannot be called"
            yield text.finding(path, method.lineno, message)
    for name in texts(cls, "_name") or ():
        if not MODEL_NAME.fullmatch(name):
            message = f"_name = {name!r}: a name has small letters, digits, dots and underscores only"
            yield text.finding(path, _assigns(cls, "_name"), message)
    if text.series and float(text.series) >= 19 and _assigns(cls, "_sql_constraints"):
        line = _assigns(cls, "_sql_constraints")
        yield text.finding(path, line, "_sql_constraints is ignored since 19.0: write `_name = models.Constraint(...)`")
    is_own = bool(texts(cls, "_name")) and texts(cls, "_inherit") == ()
    yield from fields.mistakes(text, path, cls, names if is_own else None)


def _defined_twice(text: Text) -> Iterator[Finding]:
    """A model that two classes make, as after a file was copied: the later one takes the earlier one's place."""
    places: dict[str, tuple[str, int]] = {}
    for path, tree in text.trees.items():
        if path not in text.imported.certain or not isinstance(tree, ast.Module):
            continue
        for cls in (node for node in tree.body if isinstance(node, ast.ClassDef) and is_model(node)):
            names, inherited = texts(cls, "_name"), texts(cls, "_inherit")
            if not names or len(names) != 1 or inherited is None or names[0] in inherited:
                continue
            first_path, first_line = places.setdefault(names[0], (path, cls.lineno))
            if (first_path, first_line) != (path, cls.lineno):
                message = f"{first_path}:{first_line} makes a model of that name, too: who adds to a model writes _inherit"
                yield text.finding(path, _assigns(cls, "_name"), f"_name = {names[0]!r}: {message}")


def _calls_super(method: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(method))


def _returns(method: ast.FunctionDef) -> bool:
    """Whether any value comes back, or the method ends in another way: it raises, or is a generator."""
    return any(
        (isinstance(node, ast.Return) and node.value is not None) or isinstance(node, (ast.Yield, ast.YieldFrom))
        for node in ast.walk(method)
    ) or isinstance(method.body[-1], ast.Raise)


def _assigns(cls: ast.ClassDef, name: str) -> int:
    """The line of the assignment; 0 if there is none."""
    nodes = (node for node in cls.body if isinstance(node, ast.Assign))
    return next((it.lineno for it in nodes if any(getattr(target, "id", "") == name for target in it.targets)), 0)
