"""All checks of one module, and those of its Python files."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence

from hub_runner.checkout.lint import access_csv, classes, manifest_files, models
from hub_runner.checkout.lint.text import Finding, Text, hint
from hub_runner.checkout.lint.xml_references import references
from hub_runner.checkout.modules import MANIFEST
from hub_runner.checkout.python import Unparsable

# Folders with Python files that Odoo does not import with the module: run at an upgrade, by a test, by hand, or only read.
APART = ("tests", "migrations", "upgrades", "static", "doc", "docs", "scripts", "tools", "examples")
# A module whose Python mentions one of these may import files in ways that no import statement shows.
DYNAMIC = (b"importlib", b"pkgutil", b"__import__", b"imp.load")


def lint(text: Text, along: Sequence[Text] = ()) -> list[Finding]:
    """All that is wrong with a module, by file and line. ``along`` are the modules of the checkout that it needs."""
    checks = (
        _python,
        _not_imported,
        _tests,
        manifest_files.version,
        manifest_files.mistyped_keys,
        manifest_files.missing,
        manifest_files.unlisted,
        manifest_files.broken_xml,
    )
    findings = [finding for check in checks for finding in check(text)]
    local = {other.module.name: other for other in (*along, text)}
    findings += access_csv.access(text, local)
    findings += references(text, local)
    findings += classes.mistakes(text, local)
    return sorted(set(findings), key=lambda finding: (finding.file, finding.line, finding.message))


def _python(text: Text) -> Iterator[Finding]:
    """Files that do not compile, and imports of files that are not there."""
    run = text.imported.certain | text.tested.certain
    for path, tree in text.trees.items():
        if isinstance(tree, Unparsable) and tree.certain and path != MANIFEST and not path.startswith("static/"):
            yield text.finding(path, tree.line, f"this is no Python: {tree}", stops=path in run)
    for missing in (*text.imported.missing, *text.tested.missing):
        name = missing.name.replace(".", "/")
        message = f"imports {missing.name}, and there is neither {name}.py nor {name}/{hint(name, _stems(text))}"
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


def _tests(text: Text) -> Iterator[Finding]:
    """Test files that are not imported, and test methods that can never run."""
    for file in text.test_files:
        if file.holds_tests and not file.unreadable and file.path not in text.tested.all:
            line = file.tests[0].line if file.tests else 1
            message = "is not imported in tests/__init__.py, so none of its tests can run"
            yield text.finding(file.path, line, f"{posixpath.basename(file.path)} {message}", in_tests=True)
        for test in file.shadowed:
            message = f"{test.name} never runs: a later definition of the same name takes its place"
            yield text.finding(file.path, test.line, message, in_tests=True)
