"""Whether a module's tests ask Odoo for web pages, and so for its web assets, which take longer to build than all else."""

from __future__ import annotations

import ast
from pathlib import Path

CALLS = {"url_open", "start_tour", "browser_js"}


def uses_http(module: Path) -> bool:
    """Read, not run: a wrong answer costs time, and never a verdict."""
    return any(_is_http(path) for path in sorted((module / "tests").rglob("*.py")))


def _is_http(path: Path) -> bool:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return False
    return any(_says_http(node) for node in ast.walk(tree))


def _says_http(node: ast.AST) -> bool:
    if isinstance(node, ast.ClassDef):
        names = [base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases]
        return any("Http" in name for name in names)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS
