"""What can be found wrong with a module within a second, without Odoo, a database or a container.

Every finding is a mistake as far as the files can tell. Those that ``stop`` the installation for certain end a run before
it starts anything; what depends on Odoo's own models, groups or packages is not judged here.
"""

from __future__ import annotations

import ast
import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hub_runner.checkout import datafiles, imports, models, testfiles
from hub_runner.checkout.datafiles import ACCESS, Broken, Reference
from hub_runner.checkout.modules import MANIFEST, Module
from hub_runner.checkout.python import Unparsable, check
from hub_runner.checkout.snapshot import Files
from hub_runner.checkout.testfiles import TestFile

INSTALLED = ("data", "init_xml", "update_xml")  # what Odoo loads in any case, in this order
LISTS = (*INSTALLED, "demo", "demo_xml")
# Folders whose XML and CSV files exist to be listed in a manifest. Elsewhere files may be read by a program.
FOR_DATA = ("data", "views", "view", "security", "demo", "report", "reports", "wizard", "wizards", "menus", "templates")
# Python files that Odoo does not import with the module: run at an upgrade, by a test, by hand, or only read.
APART = ("tests", "migrations", "upgrades", "static", "doc", "docs", "scripts", "tools", "examples")
# A module whose Python mentions one of these may import files in ways that no import statement shows.
DYNAMIC = (b"importlib", b"pkgutil", b"__import__", b"imp.load")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong; ``line`` starts at 1."""

    file: Path
    line: int
    message: str
    stops: bool = False  # certain to stop the installation, or the import of the module's tests

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class Text:
    """The files of one module, each parsed once and only if somebody asks for it.

    ``python`` is the version of the Python that will run the module; None if it is not known.
    """

    def __init__(self, module: Module, files: Files, *, python: tuple[int, int] | None = None) -> None:
        self.module, self.files, self._python = module, files, python

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
    def defined(self) -> models.Defined:
        """The models of the module."""
        return models.defined(tree for tree in self.trees.values() if isinstance(tree, ast.Module))

    @cached_property
    def ids(self) -> dict[str, set[str] | Broken]:
        """The external ids in each XML or CSV file, always with their module before them."""
        return {path: self._ids(path) for path in self.files if path.endswith((".xml", ".csv"))}

    def _ids(self, path: str) -> set[str] | Broken:
        data = self.files[path]
        ids = datafiles.xml_ids(data) if path.endswith(".xml") else datafiles.csv_ids(data)
        return ids if isinstance(ids, Broken) else {full(name, self.module.name) for name in ids}

    def listed(self, *keys: str) -> list[str]:
        """The files that lists of the manifest name, as they are written there; what is no list of texts names none."""
        lists = (self.module.manifest.get(key) for key in keys)
        return [name for entry in lists if isinstance(entry, (list, tuple)) for name in entry if isinstance(name, str)]

    def manifest_line(self, value: str) -> int:
        """The line of the manifest in which the text ``value`` stands; 1 if there is none."""
        tree = self.trees.get(MANIFEST)
        nodes = ast.walk(tree) if isinstance(tree, ast.Module) else ()
        return next((node.lineno for node in nodes if isinstance(node, ast.Constant) and node.value == value), 1)

    def finding(self, path: str, line: int | None, message: str, *, stops: bool = False) -> Finding:
        return Finding(file=self.module.folder / path, line=line or 1, message=message, stops=stops)


def full(name: str, module: str) -> str:
    """An external id with its module before it."""
    return name if "." in name else f"{module}.{name}"


def lint(text: Text, along: Sequence[Text] = ()) -> list[Finding]:
    """All that is wrong with a module, by file and line. ``along`` are the modules of the checkout that it needs."""
    checks = (_python, _not_imported, _tests, _missing_data, _unlisted, _xml)
    findings = [finding for check in checks for finding in check(text)]
    findings += _access(text, {other.module.name: other for other in (*along, text)})
    return sorted(set(findings), key=lambda finding: (finding.file, finding.line, finding.message))


def _python(text: Text) -> Iterator[Finding]:
    """Files that do not compile, and imports of files that are not there."""
    run = text.imported.certain | text.tested.certain
    for path, tree in text.trees.items():
        if isinstance(tree, Unparsable) and tree.certain and path != MANIFEST and not path.startswith("static/"):
            yield text.finding(path, tree.line, f"this is no Python: {tree}", stops=path in run)
    for missing in (*text.imported.missing, *text.tested.missing):
        name = missing.name.replace(".", "/")
        message = f"imports {missing.name}, and there is neither {name}.py nor {name}/{_hint(name, _stems(text))}"
        yield text.finding(missing.path, missing.line, message, stops=True)


def _stems(text: Text) -> list[str]:
    return [path.removesuffix(".py").removesuffix("/__init__") for path in text.trees]


def _not_imported(text: Text) -> Iterator[Finding]:
    """Python files with models or controllers that nothing imports: Odoo never sees those."""
    if any(word in data for path, data in text.files.items() if path.endswith(".py") for word in DYNAMIC):
        return
    reached = text.imported.all | text.tested.all
    lost = [
        path
        for path, tree in text.trees.items()
        if path not in reached and isinstance(tree, ast.Module) and path.split("/")[0] not in APART and models.is_odoo(tree)
    ]
    for package, paths in _by_package(lost, reached).items():
        importer = posixpath.join(posixpath.dirname(package), "__init__.py")
        what = f"{package} is" if len(paths) == 1 else f"{package}/ ({len(paths)} files with models) is"
        yield text.finding(paths[0], 1, f"{what} not imported in {importer}, so Odoo does not see the models in there")


def _by_package(lost: Sequence[str], reached: set[str]) -> dict[str, list[str]]:
    """Files that are not imported, by the outermost package that is not imported either, else by themselves."""
    groups: dict[str, list[str]] = {}
    for path in lost:
        parts = path.split("/")
        packages = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        first = next((name for name in packages if f"{name}/__init__.py" not in reached), path)
        groups.setdefault(first, []).append(path)
    return groups


def _tests(text: Text) -> Iterator[Finding]:
    """Test files that are not imported, and test methods that can never run."""
    for file in text.test_files:
        if file.holds_tests and not file.unreadable and file.path not in text.tested.all:
            line = file.tests[0].line if file.tests else 1
            message = "is not imported in tests/__init__.py, so none of its tests can run"
            yield text.finding(file.path, line, f"{posixpath.basename(file.path)} {message}")
        for test in file.shadowed:
            message = f"{test.name} never runs: a later definition of the same name takes its place"
            yield text.finding(file.path, test.line, message)


def _missing_data(text: Text) -> Iterator[Finding]:
    for key in LISTS:
        entry = text.module.manifest.get(key) or []
        if not isinstance(entry, (list, tuple)):
            message = f"{key!r} must be a list of files, not {entry!r}"
            yield text.finding(MANIFEST, text.manifest_line(key), message, stops=key in INSTALLED)
        for name in text.listed(key):
            path = posixpath.normpath(name)
            if path in text.files or path.startswith(("..", "/")) or _of_another_module(name, text):
                continue
            candidates = [other for other in text.files if posixpath.splitext(other)[1] == posixpath.splitext(path)[1]]
            message = f"{name} is listed in {key!r} and does not exist{_hint(path, candidates)}"
            yield text.finding(MANIFEST, text.manifest_line(name), message, stops=key in INSTALLED)


def _of_another_module(name: str, text: Text) -> bool:
    """Old manifests may write ``module/path``: Odoo then looks in the addons folder, too."""
    return (text.module.folder.parent / name).exists()


def _unlisted(text: Text) -> Iterator[Finding]:
    """Data files that no list of the manifest names and no program of the module mentions."""
    named = {posixpath.normpath(word) for word in _words(text.module.manifest)}
    mentioned = b"\n".join(data for path, data in text.files.items() if path.endswith((".py", ".js", ".json")))
    for path in text.files:
        parts, name = path.split("/"), posixpath.basename(path)
        if len(parts) < 2 or parts[0] not in FOR_DATA or not name.endswith((".xml", ".csv")) or "template" in parts[1:-1]:
            continue
        stem = name.rpartition(".")[0]
        if path not in named and not re.search(rf"\b{re.escape(stem)}\b".encode(), mentioned):
            yield text.finding(path, 1, f"no list of {MANIFEST} names {path}, so Odoo does not load it")


def _words(value: object) -> Iterator[str]:
    """All texts in a manifest, at any depth: assets and keys of other tools may name files as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (word for entry in value.items() for part in entry for word in _words(part))
    elif isinstance(value, (list, tuple, set)):
        yield from (word for entry in value for word in _words(entry))


def _xml(text: Text) -> Iterator[Finding]:
    installed = {posixpath.normpath(name) for name in text.listed(*INSTALLED)}
    for path, ids in text.ids.items():
        if isinstance(ids, Broken) and (path in installed or path.split("/")[0] not in ("tests", "static")):
            yield text.finding(path, ids.line, f"is not well-formed XML: {ids.message}", stops=path in installed)


def _access(text: Text, local: Mapping[str, Text]) -> Iterator[Finding]:
    """Models and groups of the checkout's modules that an access file names and that nothing defines by then."""
    listed = [posixpath.normpath(name) for name in text.listed(*INSTALLED)]
    for number, path in enumerate(listed):
        if posixpath.basename(path) != ACCESS or path not in text.files:
            continue
        references = datafiles.access_references(text.files[path])
        if isinstance(references, Broken):
            yield text.finding(path, references.line, f"cannot be read: {references.message}", stops=True)
            continue
        for reference in references:
            whole = full(reference.name, text.module.name)
            owner = local.get(whole.partition(".")[0])
            before = listed[:number] if owner is text else owner.listed(*INSTALLED) if owner else ()
            if owner is None or whole in _loaded(owner, before) | _loaded(text, listed[:number]):
                continue
            message, certain = _undefined(reference, whole, owner, listed[number:] if owner is text else (), local)
            if message and not _in_programs(whole.partition(".")[2], local):
                yield text.finding(path, reference.line, message, stops=certain)


def _undefined(
    reference: Reference, whole: str, owner: Text, later: Sequence[str], local: Mapping[str, Text]
) -> tuple[str, bool]:
    """What is wrong with a reference that no data file defines, and whether that is certain."""
    name = whole.partition(".")[2]
    if reference.column == "model_id" and name.startswith("model_"):
        made = frozenset(model for other in local.values() for model in other.defined.made)
        return models.unknown(name.removeprefix("model_"), owner.defined, made)
    if whole in _loaded(owner, later):
        return f"{reference.name} is defined in a file that is listed later: list that file before this one", True
    ids = sorted(name for names in owner.ids.values() if isinstance(names, set) for name in names)
    return f"{reference.name} is defined in no file that is loaded before{_hint(whole, ids)}", True


def _loaded(text: Text, paths: Sequence[str]) -> set[str]:
    sets = (text.ids.get(posixpath.normpath(path)) for path in paths)
    return {name for ids in sets if isinstance(ids, set) for name in ids}


def _in_programs(name: str, local: Mapping[str, Text]) -> bool:
    """Whether some Python or SQL mentions the name, so that a hook may make the external id."""
    word = name.encode()
    return any(
        word in data for text in local.values() for path, data in text.files.items() if path.endswith((".py", ".sql"))
    )


def _hint(name: str, candidates: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else ""
