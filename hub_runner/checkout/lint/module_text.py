"""The files of one module as the checks see them: each parsed once, and only if a check asks for it."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hub_runner.checkout import testfiles
from hub_runner.checkout.lint import data_parser, defined_models, imports
from hub_runner.checkout.lint.data_parser import Broken
from hub_runner.checkout.manifest_text import missing_comma
from hub_runner.checkout.modules import MANIFEST, Module
from hub_runner.checkout.python import Unparsable, check, statements
from hub_runner.checkout.snapshot import Files
from hub_runner.checkout.testfiles import TestFile
from hub_runner.text import closest, relative

DATA = "data"  # the list of a manifest that Odoo loads in any case
OF_OLD = ("init_xml", "update_xml")  # before it up to 16.0, and the first one since 19.0; 17.0 and 18.0 pass over both
ITERABLE = (list, tuple, set, dict)  # what Odoo takes for a list
HINTED = 20  # findings of one kind that say what was meant: a name is compared with thousands of others
DEMO = ("demo", "demo_xml")  # those that it loads if the database has demo data
# Python that has to do with external ids, and a text in it that begins with a part of a name and goes on with a value.
_OF_IDS = re.compile(rb"ir[._]model[._]data|xml_?id")
_MADE_UP = re.compile(rb"""["'](?:[^"'\s]*\.)?([A-Za-z]\w{2,}_)[%{]""")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong; ``line`` starts at 1."""

    file: Path
    line: int
    message: str
    stops: bool = False  # certain to stop the installation, or the import of the module's tests
    in_tests: bool = False  # about test methods that cannot run: a run's verdict judges these by what really ran

    def shown(self, folder: Path) -> str:
        """``FILE:LINE: words``, with the path as seen from ``folder`` if it lies below it."""
        return f"{self.path(folder)}:{self.line}: {self.message}"

    def path(self, folder: Path) -> str:
        return relative(self.file, folder)


class Text:
    """The files of one module, each parsed once and only if somebody asks for it.

    ``python`` is the version of the Python that will run the module, ``series`` that of Odoo, such as 19.0; None if it is
    not known.
    """

    def __init__(
        self, module: Module, files: Files, *, python: tuple[int, int] | None = None, series: str | None = None
    ) -> None:
        self.module, self.files, self.series, self._python = module, files, series, python

    @cached_property
    def trees(self) -> dict[str, ast.Module | Unparsable]:
        """The Python files by path, each with its syntax tree or why it has none."""
        return {path: self._tree(path) for path in self.files if path.endswith(".py")}

    def _tree(self, path: str) -> ast.Module | Unparsable:
        try:
            return check(self.files[path], path, python=self._python)
        except Unparsable as error:
            return error

    @cached_property
    def test_files(self) -> tuple[TestFile, ...]:
        return testfiles.scan(self.trees)

    @cached_property
    def imported(self) -> imports.Imports:
        """What Odoo imports when it installs the module."""
        return imports.follow("__init__.py", self.module.name, self.files, self.trees)

    @cached_property
    def tested(self) -> imports.Imports:
        """What Odoo imports in order to find the module's tests."""
        return imports.follow("tests/__init__.py", self.module.name, self.files, self.trees)

    @cached_property
    def defined(self) -> defined_models.Defined:
        """The models of the module."""
        trees = [tree for path, tree in self.trees.items() if not path.startswith("tests/")]
        return defined_models.defined(
            (tree for tree in trees if isinstance(tree, ast.Module)),
            certain=not any(isinstance(tree, Unparsable) for tree in trees),
        )

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of all functions, and what else is given a value by a plain name."""
        trees = (tree for tree in self.trees.values() if isinstance(tree, ast.Module))
        return frozenset(name for tree in trees for node in statements(tree) for name in _defined(node))

    @cached_property
    def ids(self) -> dict[str, set[str] | Broken]:
        """The external ids in each XML or CSV file, always with their module before them."""
        return {path: self._ids(path) for path in self.files if path.endswith((".xml", ".csv"))}

    def _ids(self, path: str) -> set[str] | Broken:
        data = self.files[path]
        ids = data_parser.xml_ids(data) if path.endswith(".xml") else data_parser.csv_ids(data)
        return ids if isinstance(ids, Broken) else {full(name, self.module.name) for name in ids}

    @cached_property
    def made_up(self) -> tuple[str, ...]:
        """How external ids begin whose ends the module's Python makes up: ``rule_`` for ``f"rule_{code}"``."""
        programs = (data for path, data in self.files.items() if path.endswith(".py") and _OF_IDS.search(data))
        return tuple({name.decode() for data in programs for name in _MADE_UP.findall(data)})

    def made_by(self, path: str) -> set[str]:
        """The external ids that a file makes; of one that is not well-formed, all that look like some."""
        ids = self.ids.get(path, set[str]())
        if isinstance(ids, Broken):
            return {full(name, self.module.name) for name in data_parser.written_ids(self.files[path])}
        return ids

    @cached_property
    def installed_ids(self) -> set[str]:
        """The external ids of all files that the installation loads in any case."""
        return self.early_ids | self._ids_of(DATA)

    @cached_property
    def early_ids(self) -> set[str]:
        """Those that may be there before the first file of ``data`` is loaded."""
        return self._ids_of(*OF_OLD)

    @cached_property
    def demo_ids(self) -> set[str]:
        """Those of the demo data, which Odoo loads directly after the module's other files, before any other module's."""
        return self._ids_of(*DEMO)

    def _ids_of(self, *keys: str) -> set[str]:
        return {name for path in self.listed(*keys) for name in self.made_by(posixpath.normpath(path))}

    def listed(self, *keys: str) -> list[str]:
        """The files that lists of the manifest name, as they are written there; what Odoo cannot go through names none."""
        lists = (self.module.manifest.get(key) for key in keys)
        return [name for entry in lists if isinstance(entry, ITERABLE) for name in entry if isinstance(name, str)]

    def manifest_line(self, value: str) -> int:
        """The line of the manifest in which the text ``value`` stands; 1 if there is none."""
        tree = self.trees.get(MANIFEST)
        nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
        return next((node.lineno for node in nodes if isinstance(node, ast.Constant) and node.value == value), 1)

    def joined(self, value: str) -> str:
        """What is missing before ``value`` of a manifest's list if it is two texts, as the end of a message."""
        found = missing_comma(self.files.get(MANIFEST, b"").decode(errors="replace"), value)
        return f"; a comma is missing after {found[1]!r}" if found else ""

    def finding(self, path: str, line: int | None, message: str, *, stops: bool = False, in_tests: bool = False) -> Finding:
        return Finding(file=self.module.folder / path, line=line or 1, message=message, stops=stops, in_tests=in_tests)


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def full(name: str, module: str) -> str:
    """An external id with its module before it."""
    return name if "." in name else f"{module}.{name}"


def hint(name: str, candidates: Iterable[str]) -> str:
    """What ``name`` was perhaps meant to be, as the end of a message; nothing if no candidate is like it."""
    close = closest(name, candidates)
    return f"; did you mean {close[0]}?" if close else ""


def classes(text: Text, path: str) -> Iterator[ast.ClassDef]:
    """The classes of a Python file, wherever they stand; none of a file that cannot be parsed."""
    tree = text.trees.get(path)
    return (
        (node for node in statements(tree) if isinstance(node, ast.ClassDef)) if isinstance(tree, ast.Module) else iter(())
    )


def methods(cls: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (node for node in cls.body if isinstance(node, ast.FunctionDef))


def takes_nothing(method: ast.FunctionDef) -> bool:
    """Whether it has no parameter at all, and no decorator that may do without."""
    arguments = method.args
    return not (arguments.posonlyargs or arguments.args or arguments.vararg or method.decorator_list)
