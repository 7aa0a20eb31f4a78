"""Mistakes in the classes of a module that Odoo tells late, in riddles, or never."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping

from hub_runner.checkout.lint.models import is_model, texts
from hub_runner.checkout.lint.module_text import Finding, Text, hint
from hub_runner.checkout.python import base_names, statements

GONE = ("one", "multi")  # of odoo.api, since 13.0
RETURNING = ("create", "copy", "default_get")  # what Odoo needs the value of
NAMED = ("compute", "inverse", "search")  # arguments of a field that name a method
OF_ODOO = re.compile(r"_(?:compute|search|inverse)_display_name|_search_display_name")
MODEL_NAME = re.compile(r"[a-z0-9_.]+")
_CASE = re.compile(r"Case$|Common|^Test")
TEST_CASES = {"TransactionCase", "HttpCase", "SavepointCase", "SingleTransactionCase", "AccountTestInvoicingCommon"}


def mistakes(text: Text, local: Mapping[str, Text]) -> Iterator[Finding]:
    """Those of all Python files that Odoo imports with the module, or with its tests."""
    names = set[str]().union(*(other.functions for other in local.values()))
    for path, tree in text.trees.items():
        if not isinstance(tree, ast.Module):
            continue
        classes = [node for node in statements(tree) if isinstance(node, ast.ClassDef)]
        if path in text.imported.all:
            for cls in classes:
                yield from _gone_decorators(text, path, cls, tree)
                if is_model(cls):
                    yield from _of_model(text, path, cls, names)
        if path in text.tested.all:
            for cls in classes:
                yield from _of_test_case(text, path, cls)
    yield from _defined_twice(text)
    yield from _never_collected(text)


def _methods(cls: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (node for node in cls.body if isinstance(node, ast.FunctionDef))


def _gone_decorators(text: Text, path: str, cls: ast.ClassDef, tree: ast.Module) -> Iterator[Finding]:
    """``@api.one``: an AttributeError as soon as the file is imported."""
    certain = path in text.imported.certain and cls in tree.body and _imports_api(tree)
    for method in _methods(cls):
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
    for method in _methods(cls):
        if method.name in RETURNING and _calls_super(method) and not _returns(method):
            message = f"{method.name}() returns nothing: whoever calls it gets None; return what super() gave"
            yield text.finding(path, method.lineno, message)
        if _takes_nothing(method):
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
    for node in cls.body:
        if isinstance(node, ast.Assign) and (comma := _after_field(node.value)):
            name = ast.unparse(node.targets[0])
            yield text.finding(path, comma, f"{name} is no field but a tuple: take away the comma after its parenthesis")
        call = node.value if isinstance(node, ast.Assign) else None
        if isinstance(call, ast.Call) and _is_field(call):
            if is_own and not _is_abstract(cls) and (lacking := _lacking(call)):
                yield text.finding(path, call.lineno, f"{ast.unparse(call.func)} {lacking}")
            yield from _of_field(text, path, call, names if is_own else None)


def _takes_nothing(method: ast.FunctionDef) -> bool:
    """Whether it has no parameter at all, and no decorator that may do without."""
    arguments = method.args
    return not (arguments.posonlyargs or arguments.args or arguments.vararg or method.decorator_list)


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


def _of_test_case(text: Text, path: str, cls: ast.ClassDef) -> Iterator[Finding]:
    for method in _methods(cls):
        if method.name.startswith("test") and _takes_nothing(method):
            message = f"{cls.name}.{method.name} has no parameter self, so it cannot be called"
            yield text.finding(path, method.lineno, message, in_tests=True)
        for inner in _tests_inside(method):
            message = f"{inner.name} stands inside of {cls.name}.{method.name}, so it never runs: it is indented too far"
            yield text.finding(path, inner.lineno, message)
        if method.name == "setUpClass" and base_names(cls) & TEST_CASES and not _calls_parent(method):
            message = f"{cls.name}.{method.name} does not call super().{method.name}(), which alone makes env"
            yield text.finding(path, method.lineno, message, in_tests=True)


def _tests_inside(method: ast.FunctionDef) -> Iterator[ast.FunctionDef]:
    """Functions of a test method that look like tests of their own, and that nothing in there uses."""
    if method.name.startswith("test"):
        nodes = list(ast.walk(method))
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        inner = (node for node in nodes if isinstance(node, ast.FunctionDef) and node is not method)
        for function in inner:
            is_method = [argument.arg for argument in function.args.args] == ["self"]
            if is_method and function.name.startswith("test_") and function.name not in used:
                yield function


def _never_collected(text: Text) -> Iterator[Finding]:
    """Odoo takes tests only from files of ``tests/`` whose names begin with ``test_``."""
    for file in text.test_files:
        name = posixpath.basename(file.path)
        stem = name.removesuffix(".py")
        is_direct = file.path == f"tests/{name}" and file.path in text.tested.all
        cases = {cls for cls, bases in file.bases.items() if any(_CASE.search(base) for base in bases)}
        line = next((test.line for test in file.tests if test.cls in cases), 0)
        if not line or not is_direct or name.startswith(("test_", "__init__")):
            continue
        users = (data for path, data in text.files.items() if path.startswith("tests/") and path.endswith(".py"))
        named = sum(bool(re.search(rb"\b" + re.escape(stem.encode()) + rb"\b", data)) for data in users)
        if named < 2:  # by __init__.py alone: nothing takes its classes as bases
            message = f"no test of {name} runs: Odoo looks only into files whose names begin with test_"
            yield text.finding(file.path, line, message, in_tests=True)
    wrong = sorted(path for path in text.files if path.startswith("test/") and posixpath.basename(path).startswith("test_"))
    if wrong and not text.test_files and b"odoo.tests" in text.files[wrong[0]]:
        yield text.finding(
            wrong[0], 1, "the folder of tests is called tests, with an s: Odoo never looks here", in_tests=True
        )


def _calls_super(method: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(method))


def _calls_parent(method: ast.FunctionDef) -> bool:
    """By ``super()``, or by the name of a base class: ``Base.setUpClass(cls)``."""
    calls = (node.func for node in ast.walk(method) if isinstance(node, ast.Call))
    return any(getattr(call, "attr", "") == method.name or getattr(call, "id", "") == "super" for call in calls)


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
