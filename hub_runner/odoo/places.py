"""Places of tests as pytest and IDEs write them (``FILE::Class::test``, ``FILE:LINE``), looked up in the test files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from hub_runner.checkout.testfiles import TestFile, ancestors
from hub_runner.errors import UsageError
from hub_runner.odoo.choice import Choice, Place
from hub_runner.text import closest, listed

# Classes of Odoo that hold no tests: what derives from these only has no tests but those in its own body.
WITHOUT_TESTS = {"TransactionCase", "HttpCase", "SingleTransactionCase", "SavepointCase", "BaseCase", "TestCase", "object"}


def looked_up(choice: Choice, module: str, files: Collection[str], test_files: Sequence[TestFile]) -> Choice:
    """The choice with each of its places as ``located`` gives it. Raises UsageError."""
    return replace(choice, places=tuple(located(place, module, files, test_files) for place in choice.places))


def located(place: Place, module: str, files: Iterable[str], test_files: Iterable[TestFile]) -> Place:
    """The same place with the class and test of its line. Raises UsageError if it is certain that there is no such test.

    ``files`` are all files of the module; ``test_files`` those below ``tests``, parsed.
    """
    by_path = {file.path: file for file in test_files}
    if place.file not in set(files):
        raise _unknown(f"{module} has no file {place.file!r}", place.file, by_path)
    file = by_path.get(place.file)
    if file is None or file.unreadable:
        return place
    if place.line:
        return _at_line(place, file)
    if place.cls:
        _check_class(place, file)
    if place.method:
        _check_method(place, file, by_path)
    return place


def _at_line(place: Place, file: TestFile) -> Place:
    """The test at the line, or its class, or the whole file."""
    around = [span for span in file.spans if span.first <= (place.line or 0) <= span.last]
    found = max(around, key=lambda span: span.first, default=None)
    return replace(place, line=None, cls=found.cls if found else "", method=found.method if found else "")


def _check_class(place: Place, file: TestFile) -> None:
    if _is_among(place.cls, {*file.bases, *file.words}):
        return
    holders = [test.cls for test in file.tests if test.method == place.cls]
    if holders:
        raise UsageError(f"{place.cls} is no class of {place.file}. Did you mean {place.file}::{holders[0]}::{place.cls}?")
    raise _unknown(f"{place.file} has no class {place.cls!r}", place.cls, file.bases)


def _check_method(place: Place, file: TestFile, files: Mapping[str, TestFile]) -> None:
    """Nothing is said of a class that may inherit its tests from where nobody looked."""
    bases: dict[str, frozenset[str]] = {}
    methods: dict[str, set[str]] = {}
    for other in files.values():
        for name, names in other.bases.items():
            bases[name] = bases.get(name, frozenset()) | names
        for span in other.spans:
            methods.setdefault(span.cls, set()).add(span.method)
    classes = ancestors([place.cls], bases)
    if not classes <= bases.keys() | WITHOUT_TESTS:
        return
    known = sorted({method for name in classes for method in methods.get(name, ()) if method.startswith("test")})
    if not _is_among(place.method, {*known, *file.words}):
        raise _unknown(f"{place.file}::{place.cls} has no test {place.method!r}", place.method, known)


def _is_among(name: str, names: set[str]) -> bool:
    """Also for what ``parameterized`` makes of one of them: ``test_x_0_a`` of ``test_x``, ``TestX_0`` of ``TestX``."""
    return name in names or re.sub(r"_\d+(_\w*)?$", "", name) in names


def _unknown(what: str, wrong: str, known: Iterable[str]) -> UsageError:
    names = sorted(known)
    close = closest(wrong, names)
    hint = f" Did you mean {close[0]}?" if close else f" It has {', '.join(listed(names, 10))}." if names else ""
    return UsageError(f"{what}.{hint}")


def parsed(word: str) -> tuple[str, Place] | None:
    """The path of a file and the place in it that a word of the command line names; None if it names no Python file."""
    match = re.fullmatch(r"(?P<path>.+\.py)(?:::(?P<cls>\w+)(?:::(?P<method>\w+))?|:(?P<line>[1-9]\d*)(?::\d+)?)?", word)
    if not match:
        return None
    line = int(match["line"]) if match["line"] else None
    return match["path"], Place(cls=match["cls"] or "", method=match["method"] or "", line=line)
