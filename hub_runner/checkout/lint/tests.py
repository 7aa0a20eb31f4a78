"""Tests of a module that never run, or cannot, as far as their text shows it."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from hub_runner.checkout.lint.module_text import Finding, Text, classes, methods, takes_nothing
from hub_runner.checkout.python import base_names

_CASE = re.compile(r"Case$|Common|^Test")
TEST_CASES = {"TransactionCase", "HttpCase", "SavepointCase", "SingleTransactionCase", "AccountTestInvoicingCommon"}


def mistakes(text: Text) -> Iterator[Finding]:
    """Those of all Python files that Odoo imports with the module's tests, or never looks into."""
    for path in filter(text.tested.all.__contains__, text.trees):
        for cls in classes(text, path):
            yield from _of_test_case(text, path, cls)
    yield from _never_collected(text)


def _of_test_case(text: Text, path: str, cls: ast.ClassDef) -> Iterator[Finding]:
    for method in methods(cls):
        if method.name.startswith("test") and takes_nothing(method):
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


def _calls_parent(method: ast.FunctionDef) -> bool:
    """By ``super()``, or by the name of a base class: ``Base.setUpClass(cls)``."""
    calls = (node.func for node in ast.walk(method) if isinstance(node, ast.Call))
    return any(getattr(call, "attr", "") == method.name or getattr(call, "id", "") == "super" for call in calls)
