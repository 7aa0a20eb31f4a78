"""Whether a module's tests ask Odoo for web pages, and so for its web assets, which take longer to build than all else."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

CALLS = {"url_open", "start_tour", "browser_js"}


def uses_http(module: Path, others: Iterable[Path] = ()) -> bool:
    """Read, not run: a wrong answer costs time, and never a verdict. ``others`` may have the base classes of the tests."""
    mine = list(_nodes(module))
    bases = {node.name: _bases(node) for it in (mine, *map(_nodes, others)) for node in it if isinstance(node, ast.ClassDef)}
    return any(_says_http(node, bases) for node in mine)


def _nodes(module: Path) -> Iterator[ast.AST]:
    for path in sorted((module / "tests").rglob("*.py")):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
            continue
        yield from ast.walk(tree)


def _says_http(node: ast.AST, bases: dict[str, set[str]]) -> bool:
    if isinstance(node, ast.ClassDef):
        return any("Http" in name for name in _ancestors(node, bases))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS


def _ancestors(node: ast.ClassDef, bases: dict[str, set[str]]) -> set[str]:
    """By their names: two classes of one name are taken for one."""
    found, queue = set[str](), _bases(node)
    while queue:
        found |= queue
        queue = {base for name in queue for base in bases.get(name, ())} - found
    return found


def _bases(node: ast.ClassDef) -> set[str]:
    return {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
