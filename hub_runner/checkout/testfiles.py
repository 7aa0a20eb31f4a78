"""The test files of a module as it was tested, read without importing anything.

Whether a module's tests ask Odoo for web pages, and so for its web assets, which take longer to build than all else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Named = TypeVar("_Named", ast.ClassDef, _Function)


@dataclass(frozen=True, kw_only=True)
class Defined:
    """A test method in the text of a file; ``line`` starts at 1."""

    cls: str
    method: str
    line: int
    nested: bool = False  # inside of a function or another class, where it may never come to be

    @property
    def name(self) -> str:
        return f"{self.cls}.{self.method}"


@dataclass(frozen=True, kw_only=True)
class TestFile:
    """``path`` is relative to the module's folder, with POSIX separators."""

    path: str
    tests: tuple[Defined, ...] = ()
    shadowed: tuple[Defined, ...] = ()  # a later definition of the same name takes their place
    unreadable: str = ""  # why it could not be parsed

    __test__ = False

    @property
    def holds_tests(self) -> bool:
        """A file that cannot be read counts by its name: better asked about than forgotten."""
        return bool(self.tests) or (bool(self.unreadable) and Path(self.path).name.startswith("test_"))


def scan(files: Mapping[str, bytes]) -> tuple[TestFile, ...]:
    """All Python files of the module's ``tests`` folder, at any depth, out of all of its files by their paths."""
    return tuple(_read(name, files[name]) for name in sorted(files) if name.startswith("tests/") and name.endswith(".py"))


def _read(name: str, data: bytes) -> TestFile:
    try:
        tree = ast.parse(data, filename=name)
    except (SyntaxError, ValueError, RecursionError) as error:
        return TestFile(path=name, unreadable=str(error))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    outer = set(_outer(tree))
    return TestFile(
        path=name,
        tests=tuple(test for cls in classes if cls.bases for test in _methods(cls, nested=cls not in outer)),
        shadowed=tuple(_shadowed(tree)),
    )


def _outer(node: ast.AST) -> Iterator[ast.ClassDef]:
    """The classes of a module itself, be it under a condition."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield child
        elif not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _outer(child)


def _methods(cls: ast.ClassDef, *, nested: bool = False) -> Iterator[Defined]:
    for node in _functions(cls):
        if node.name.startswith("test"):
            yield Defined(cls=cls.name, method=node.name, line=node.lineno, nested=nested)


def _functions(cls: ast.ClassDef) -> list[_Function]:
    return [node for node in cls.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _shadowed(tree: ast.Module) -> Iterator[Defined]:
    """Only what is certain: the same name twice in one body, without a condition, and not built on the first."""
    for cls in _replaced([node for node in tree.body if isinstance(node, ast.ClassDef)]):
        yield from _methods(cls)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for function in _replaced(_functions(node)):
                if function.name.startswith("test"):
                    yield Defined(cls=node.name, method=function.name, line=function.lineno)


def _replaced(nodes: list[_Named]) -> Iterator[_Named]:
    last = {node.name: node for node in nodes}
    for node in nodes:
        heir = last[node.name]
        if heir is not node and not _uses(heir, node.name):
            yield node


def _uses(heir: ast.AST, name: str) -> bool:
    """Whether the later definition is built on the earlier one: as its base, or in a decorator."""
    heads = [*getattr(heir, "bases", ()), *getattr(heir, "decorator_list", ())]
    return any(isinstance(node, ast.Name) and node.id == name for head in heads for node in ast.walk(head))


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
