"""Python files of a module that nothing imports, so that Odoo never sees the models and controllers in them."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence

from hub_runner.checkout.lint.defined_models import is_odoo
from hub_runner.checkout.lint.module_text import Finding, Text

# Folders with Python files that Odoo does not import with the module: run at an upgrade, by a test, by hand, or only read.
APART = ("tests", "migrations", "upgrades", "static", "doc", "docs", "scripts", "tools", "examples")
# A module whose Python mentions one of these may import files in ways that no import statement shows.
DYNAMIC = (b"importlib", b"pkgutil", b"__import__", b"imp.load")


def not_imported(text: Text) -> Iterator[Finding]:
    """Python files with models or controllers that nothing imports: Odoo never sees those."""
    if any(word in data for path, data in text.files.items() if path.endswith(".py") for word in DYNAMIC):
        return
    reached = text.imported.all | text.tested.all
    lost = [
        path
        for path, tree in text.trees.items()
        if path not in reached and isinstance(tree, ast.Module) and path.split("/")[0] not in APART and is_odoo(tree)
    ]
    for package, paths in _by_package(lost, reached).items():
        importer = posixpath.join(posixpath.dirname(package), "__init__.py")
        what = f"{package} is" if len(paths) == 1 else f"{package}/ ({len(paths)} files with models) is"
        if line := _absolute_import(text, importer, (name := posixpath.basename(package.removesuffix(".py")))):
            message = f"`import {name}` looks for it outside of the module: write `from . import {name}`"
            yield text.finding(importer, line, message)
        else:
            message = f"{what} not imported in {importer}, so Odoo does not see the models in there"
            yield text.finding(paths[0], 1, message)


def _absolute_import(text: Text, importer: str, name: str) -> int:
    """The line of ``import NAME`` in a package that has a file or folder of that name; 0 if there is none."""
    tree = text.trees.get(importer)
    nodes = tree.body if isinstance(tree, ast.Module) else []
    lines = (node.lineno for node in nodes if isinstance(node, ast.Import) and any(it.name == name for it in node.names))
    return next(lines, 0)


def _by_package(lost: Sequence[str], reached: set[str]) -> dict[str, list[str]]:
    """Files that are not imported, by the outermost package that is not imported either, else by themselves."""
    groups: dict[str, list[str]] = {}
    for path in lost:
        parts = path.split("/")
        packages = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        first = next((name for name in packages if f"{name}/__init__.py" not in reached), path)
        groups.setdefault(first, []).append(path)
    return groups
