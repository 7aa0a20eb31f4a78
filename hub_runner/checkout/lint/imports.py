"""Which Python files of a module are run when Odoo imports it, found out by following its import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hub_runner.checkout.python import Unparsable, statements
from hub_runner.checkout.snapshot import Files

Trees = Mapping[str, "ast.Module | Unparsable"]  # of all Python files of a module, by path


@dataclass(frozen=True, kw_only=True)
class Missing:
    """An import that certainly fails, because the module has no such file. ``line`` starts at 1."""

    path: str
    line: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Imports:
    """What follows from one file that is imported."""

    certain: set[str] = field(default_factory=set)  # files that are run whatever happens
    possible: set[str] = field(default_factory=set)  # files that a condition, a function or a `try` may run
    missing: list[Missing] = field(default_factory=list)

    @property
    def all(self) -> set[str]:
        return self.certain | self.possible


def follow(start: str, module: str, files: Files, trees: Trees) -> Imports:
    """What importing the file ``start`` of ``module`` runs; nothing if there is no such file."""
    found, names = Imports(), _names(files)
    queue = [(start, True)] if start in files else []
    while queue:
        path, certain = queue.pop()
        known = found.certain if certain else found.all
        if path in known:
            continue
        (found.certain if certain else found.possible).add(path)
        tree = trees.get(path)
        if not isinstance(tree, ast.Module):
            continue
        resolver = _Resolver(path, module, files, names, trees)
        for statement, always in _statements(tree):
            targets, missing = resolver.resolve(statement)
            queue += [(target, certain and always) for target in targets]
            if certain and always:
                found.missing.extend(missing)
    return found


def _names(files: Files) -> set[str]:
    """All that an import may name, as paths: folders, and files without what follows their first dot."""
    names = set[str]()
    for path in files:
        parts = path.split("/")
        names.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
        names.add("/".join([*parts[:-1], parts[-1].partition(".")[0]]))
    return names


def _statements(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """All import statements, each with whether it is run whenever the file is."""
    top = {id(node) for node in tree.body}
    for node in statements(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node, id(node) in top


@dataclass(frozen=True)
class _Resolver:
    path: str  # of the file whose imports are resolved
    module: str
    files: Files
    names: set[str]
    trees: Trees

    def resolve(self, node: ast.Import | ast.ImportFrom) -> tuple[list[str], list[Missing]]:
        """The module's files that the statement imports, and what it asks for in vain. Others' files are left out."""
        targets: list[str] = []
        missing: list[Missing] = []
        if isinstance(node, ast.Import):
            for alias in node.names:
                if (parts := self._own(alias.name)) is not None:
                    targets += self._chain(parts)
            return targets, missing
        base = self._base(node)
        if base is None:
            return targets, missing
        targets += self._chain(base)
        if base and not self._exists(base):
            return targets, [Missing(path=self.path, line=node.lineno, name=".".join(base))]
        for alias in node.names:
            parts = [*base, alias.name]
            if alias.name == "*":
                continue
            if self._exists(parts):
                targets += self._chain(parts)
            elif self._is_package(base) and not self._may_define(base, alias.name, node.lineno):
                missing.append(Missing(path=self.path, line=node.lineno, name=".".join(parts)))
        return targets, missing

    def _own(self, name: str) -> list[str] | None:
        """The parts of an absolute name below this module; None for all other names."""
        prefix = f"odoo.addons.{self.module}"
        return name.removeprefix(prefix).split(".")[1:] if name == prefix or name.startswith(f"{prefix}.") else None

    def _base(self, node: ast.ImportFrom) -> list[str] | None:
        """The package or file after ``from``, as parts below the module; None if it lies outside of the module."""
        if not node.level:
            return self._own(node.module or "")
        package = self.path.split("/")[:-1]
        if node.level - 1 > len(package):
            return None
        return [*package[: len(package) - (node.level - 1)], *(node.module.split(".") if node.module else ())]

    def _chain(self, parts: list[str]) -> list[str]:
        """The files that importing ``parts`` runs: each package on the way, then the file itself."""
        paths = ["/".join([*parts[:depth], "__init__.py"]) for depth in range(len(parts) + 1)]
        return [path for path in (*paths, f"{'/'.join(parts)}.py") if path in self.files]

    def _exists(self, parts: list[str]) -> bool:
        """Whether there is a file, a folder or a compiled library of that name."""
        return "/".join(parts) in self.names

    def _is_package(self, parts: list[str]) -> bool:
        return "/".join([*parts, "__init__.py"]) in self.files and f"{'/'.join(parts)}.py" not in self.files

    def _may_define(self, parts: list[str], name: str, line: int) -> bool:
        """Whether the text of a package may give it an attribute ``name``, so that no file is needed."""
        tree = self.trees.get("/".join([*parts, "__init__.py"]))
        if not isinstance(tree, ast.Module):
            return True
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name in (
                name,
                "__getattr__",
            ):
                return True
            if isinstance(node, ast.Name) and node.id in (name, "globals", "vars", "exec", "setattr", "__path__"):
                return True
            if isinstance(node, (ast.Import, ast.ImportFrom)) and not (node.lineno == line and self._is_here(parts)):
                names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
                if name in names or "*" in names:
                    return True
        return False

    def _is_here(self, parts: list[str]) -> bool:
        return self.path == "/".join([*parts, "__init__.py"])
