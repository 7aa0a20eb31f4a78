"""All checks of one module, and those of its Python files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from hub_runner.checkout.lint import access_csv, manifest, models, tests
from hub_runner.checkout.lint.module_text import HINTED, Finding, Text, hint
from hub_runner.checkout.lint.not_imported import not_imported
from hub_runner.checkout.lint.xml_references import references
from hub_runner.checkout.modules import MANIFEST
from hub_runner.checkout.python import Unparsable


def lint(text: Text, along: Sequence[Text] = ()) -> list[Finding]:
    """All that is wrong with a module, by file and line. ``along`` are the modules of the checkout that it needs."""
    checks = (
        _python,
        not_imported,
        _tests,
        manifest.version,
        manifest.mistyped_keys,
        manifest.missing,
        manifest.unlisted,
        manifest.broken_xml,
    )
    findings = [finding for check in checks for finding in check(text)]
    local = {other.module.name: other for other in (*along, text)}
    findings += access_csv.access(text, local)
    findings += references(text, local)
    findings += models.mistakes(text, local)
    findings += tests.mistakes(text)
    return sorted(set(findings), key=lambda finding: (finding.file, finding.line, finding.message))


def _python(text: Text) -> Iterator[Finding]:
    """Files that do not compile, and imports of files that are not there."""
    run = text.imported.certain | text.tested.certain
    for path, tree in text.trees.items():
        if isinstance(tree, Unparsable) and tree.certain and path != MANIFEST and not path.startswith("static/"):
            yield text.finding(path, tree.line, f"this is no Python: {tree}", stops=path in run)
    for number, missing in enumerate((*text.imported.missing, *text.tested.missing)):
        name = missing.name.replace(".", "/")
        meant = hint(name, _stems(text)) if number < HINTED else ""
        message = f"imports {missing.name}, and there is neither {name}.py nor {name}/{meant}"
        yield text.finding(missing.path, missing.line, message, stops=True)


def _stems(text: Text) -> list[str]:
    return [path.removesuffix(".py").removesuffix("/__init__") for path in text.trees]


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
