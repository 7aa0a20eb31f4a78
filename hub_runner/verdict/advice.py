"""What to do next about the causes that are met most: the very line of the file, and the likeliest right name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hub_runner.checkout.modules import MANIFEST
from hub_runner.requirements import names
from hub_runner.text import closest, did_you_mean
from hub_runner.verdict import nameless_files
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.install_cause import Cause, first
from hub_runner.verdict.known_mistakes import known
from hub_runner.verdict.recorded import Hint, Logged
from hub_runner.verdict.source_lines import lines_of, lines_with, python_files

_MISSING_ID = re.compile(
    r"(?:external id|External ID not found in the system:) '?(?P<id>[\w.]+)|External ID must not be .*'(?P<other>[\w.]+)'"
)
_MISSING_IMPORT = re.compile(r"ModuleNotFoundError: No module named '(?P<name>[\w.]+)'")
# What libraries say of their own optional requirements; the name must stand in it for itself.
_WANTED_PACKAGE = re.compile(r"(?:requires|needs) the `?(?P<name>[\w][\w-]*)`? package to be installed")
# Up to 18.0 a One2many looks its inverse up like this, and says nothing else if it is not there.
_INVERSE = re.compile(r"_fields\[self\.inverse_name\]\n(?:[ ~^]+\n)?KeyError: '(?P<field>\w+)'\s*\Z")
_MANY2ONE = re.compile(r"^\s+(?P<field>\w+)\s*(?::[^=]*)?=\s*fields\.Many2one\(")
_MISSING_MODULE = re.compile(r"that depends on module ['\"](?P<name>\w+)['\"]")  # quoted with ' up to 17.0
# What ends a record of an XML file, and what begins one.
_RECORD = re.compile(r"<(?:record|template|menuitem|function|delete|act_window|report|asset)\b")
_END = re.compile(r"</(?:record|template|function|odoo|data|openerp)>")


def explained(evidence: Evidence, log: Logged) -> Cause:
    """The first cause of an error that Odoo logged, at its very line, with what to do about it."""
    cause = first(evidence, log)
    text = "\n".join((cause.error, *cause.details))
    for hint in log.hints:
        cause = _with_hint(evidence, cause, hint)
    if cause.advice:
        return cause
    cause = nameless_files.placed(evidence, cause)
    if cause.advice:
        return cause
    if found := known(text):
        placed = (_at_name(evidence, cause, wrong) for wrong in found.wrong)
        cause = next((other for other in placed if other != cause), cause)
        return replace(cause, advice=found.advice)
    if match := _INVERSE.search(log.exception):
        return _missing_inverse(evidence, cause, match["field"])
    if match := _MISSING_ID.search(text):
        return _missing_id(evidence, cause, match["id"] or match["other"])
    if match := _MISSING_MODULE.search(text):
        return _missing_module(evidence, cause, match["name"])
    if "FileNotFoundError" in cause.error and not cause.file:
        return _missing_file(evidence, cause)
    if cause.file == MANIFEST:
        return replace(cause, advice=_other_version(evidence))
    if "external dependency is not met" in text:
        advice = "Nothing in the image brings it: correct its name there, or say which package it is in python-packages."
        return replace(cause, advice=advice)
    if match := _MISSING_IMPORT.search(cause.error):
        return _missing_import(evidence, cause, match["name"])
    if match := _WANTED_PACKAGE.search(text):
        advice = f"A library wants the package {match['name']}, which no file names: add it to external_dependencies or to "
        return replace(cause, advice=f"{advice}python-packages, and hub-runner installs it before the tests.")
    return cause


def _missing_import(evidence: Evidence, cause: Cause, name: str) -> Cause:
    """A package that no manifest and no requirements file names. Whose it is, only a known name says: nothing is guessed."""
    top = name.partition(".")[0]
    if top == "odoo" or name.startswith("."):
        return cause
    known = names.of_import(top)
    if not known and (dots := _own(evidence.module.folder.parent / cause.module, cause.file or "", top)):
        ways = f"`from {dots} import {top}`, or `from {dots}{top} import ...` for a name in it"
        return replace(cause, advice=f"{top} is the module's own: write {ways}.")
    package = known or f"the package that brings {top!r}"
    if (cause.file or "").startswith("tests/"):
        file = "test-requirements.txt in the checkout's root"
    else:
        file = "external_dependencies of the manifest"
    advice = f"No file names {package}: add it to {file}, and hub-runner installs it before the tests."
    return replace(cause, advice=advice)


def _own(folder: Path, file: str, name: str) -> str:
    """The dots of a relative import by which ``file`` reaches a file or package of the module; empty if there is none.

    The file itself does not count: ``stripe.py`` may well import a package stripe.
    """
    importer = PurePosixPath(file)
    others = {PurePosixPath(path.relative_to(folder)) for path in python_files(folder)} - {importer}
    for level, parent in enumerate(importer.parents, start=1):
        if parent / f"{name}.py" in others or any(path.parent == parent / name for path in others):
            return "." * level
    return ""


def _missing_inverse(evidence: Evidence, cause: Cause, name: str) -> Cause:
    """The field by which the records of a One2many lead back; Odoo does not say of which model it was asked for."""
    folder = evidence.module.folder.parent / cause.module
    lines = (line for path in python_files(folder) for line in lines_of(path))
    known = [match["field"] for line in lines if (match := _MANY2ONE.search(line))]
    advice = f"This One2many is to lead back by a field {name}, which its model does not have."
    return replace(_at_name(evidence, cause, name), advice=f"{advice} {did_you_mean(closest(name, known))}".rstrip())


def _with_hint(evidence: Evidence, cause: Cause, hint: Hint) -> Cause:
    """The line of a wrong name, and what Odoo itself knows that is most like it."""
    cause = _at_name(evidence, cause, hint.wrong)
    return replace(cause, advice=hint.advice) if hint.advice else cause


def _at_name(evidence: Evidence, cause: Cause, wrong: str) -> Cause:
    """The line in which a wrong name stands: Odoo only names the beginning of the record, or no place at all."""
    folder = evidence.module.folder.parent / cause.module
    if cause.file and cause.file.endswith(".py"):
        return cause  # from a traceback
    if not cause.file:
        return _in_python(folder, cause, wrong)
    lines = lines_of(folder / cause.file)
    start, end = _record(lines, cause.line) if cause.line else (1, len(lines))
    line = _line_of_name(lines[start - 1 : end], wrong, start)
    return replace(cause, line=line) if line else cause


def _record(lines: Sequence[str], line: int) -> tuple[int, int]:
    """The first and last line of the record that Odoo names by a line of its start tag, which may be the tag's last."""
    start = line
    while start > 1 and not _RECORD.search(lines[start - 1] if start <= len(lines) else ""):
        start -= 1
    end = next((number for number in range(line, len(lines) + 1) if _END.search(lines[number - 1])), len(lines))
    return start, end


def _line_of_name(lines: Sequence[str], name: str, start: int) -> int | None:
    """An attribute ``name`` that says it comes first: the word may stand elsewhere in a right way."""
    word = re.escape(name)
    for pattern in (rf"name=[\"']{word}[\"']", rf"(?<![\w.]){word}(?!\w)", rf"\b{word}\b"):
        for number, line in enumerate(lines, start):
            if re.search(pattern, line):
                return number
    return None


def _in_python(folder: Path, cause: Cause, wrong: str) -> Cause:
    """Odoo refuses a field's arguments, or the name of a model, without a traceback through the module."""
    word = re.compile(rf"[\"'](?:[\w.]*\.)?{re.escape(wrong)}(?:\.[\w.]*)?[\"']")
    file, line = next(lines_with(folder, word), (None, None))
    return replace(cause, file=file, line=line)


def _missing_id(evidence: Evidence, cause: Cause, name: str) -> Cause:
    """An ID that is used before the file that defines it: the classic is an ACL before its group (incident I8)."""
    module = evidence.module
    prefix, _, short = name.rpartition(".")
    user = cause.file or ""
    cause = _at_name(evidence, cause, name if _holds(module.folder / user, name) else short)
    if prefix.startswith("model_"):
        return replace(cause, advice=f"In the id of a model its dots become underscores: {name.replace('.', '_')}.")
    if short.startswith("model_") and (advice := _missing_model(module.folder, short)):
        return replace(cause, advice=advice)
    order = module.data_files
    definer = next((file for file in order if file != user and short in _ids(module.folder / file)), None)
    if definer and user in order and order.index(definer) > order.index(user):
        advice = f"{definer} defines {name}, and stands after {user} in the manifest's data: list it before."
    elif definer:
        advice = f"{definer} defines {name}: it must be loaded before it is used."
    elif prefix in ("", module.name) and (unlisted := _definer(module.folder, short)):
        advice = (
            f"{unlisted} defines {name}, and the manifest does not list it: add it to data, before {user or 'its user'}."
        )
    else:
        known = [identifier for file in order for identifier in _ids(module.folder / file)]
        close = closest(short, known, 2) if prefix in ("", module.name) else []
        unknown = f"No data file of the manifest defines {name}: check its spelling, or the module that it belongs to."
        if prefix and prefix != module.name and prefix not in (*evidence.record.loading, "base") and "." not in prefix:
            unknown = f"The module {prefix} is not installed here: add it to depends in the manifest."
        advice = did_you_mean(close) or unknown
    return replace(cause, advice=advice)


def _missing_model(folder: Path, short: str) -> str:
    """Odoo makes ``model_x_y`` for each model that it has seen: one that no ``__init__.py`` imports is written in vain."""
    models = {
        name: path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*.py"))
        for name in re.findall(r"^\s+_(?:name|inherit) = [\"']([\w.]+)[\"']", "\n".join(lines_of(path)), re.MULTILINE)
    }
    wanted = short.removeprefix("model_")
    for name, file in models.items():
        if name.replace(".", "_") == wanted:
            package = file.rpartition("/")[0]
            importer = f"{package}/__init__.py imported there and in __init__.py" if package else "__init__.py"
            return f"{file} defines the model {name}, and Odoo has not seen it: is it imported in {importer}?"
    names = {name.replace(".", "_") for name in models}
    return did_you_mean([f"model_{name}" for name in closest(wanted, names, 2)])


def _missing_file(evidence: Evidence, cause: Cause) -> Cause:
    """The line of the manifest that lists it, and the file that is most like it."""
    module = evidence.module
    text = "\n".join((cause.error, *cause.details))
    path = next((entry for entry in module.data_files if entry in text and not (module.folder / entry).is_file()), None)
    if not path:
        return replace(cause, advice="The manifest's data names a file that is not there.")
    line = _line_of_name(lines_of(module.folder / MANIFEST), path, 1)
    files = [file.relative_to(module.folder).as_posix() for file in module.folder.rglob(f"*{Path(path).suffix}")]
    close = closest(path, files, 2)
    advice = f"The manifest's data names {path}, a file that is not there. {did_you_mean(close)}".rstrip()
    return replace(cause, file=MANIFEST, line=line, advice=advice)


def _missing_module(evidence: Evidence, cause: Cause, name: str) -> Cause:
    """One that lies in the checkout was copied along: Odoo 17.0 and 18.0 leave it out for its version, silently."""
    if (evidence.module.folder.parent / name / MANIFEST).is_file():
        return replace(cause, module=name, file=MANIFEST, line=None, advice=_other_version(evidence))
    neighbours = [path.parent.name for path in evidence.module.folder.parent.glob(f"*/{MANIFEST}")]
    close = did_you_mean(closest(name, neighbours, 2))
    advice = f"{close} Or add {name} to an addons folder or the image." if close else ""
    unknown = f"Add {name} to an addons folder or the image, or take it out of depends."
    return replace(cause, advice=advice or unknown)


def _other_version(evidence: Evidence) -> str:
    series = (evidence.record.odoo_version or "").partition("-")[0] or "SERIES"
    return (
        f"Odoo refuses it for its version: this one takes {series}.x.y.z, or x.y.z alone. Correct it there; a module that "
        "nobody needs may say `installable: False`."
    )


def _definer(folder: Path, short: str) -> str | None:
    """The data file that defines an external id, be it listed or not."""
    files = (path for path in sorted(folder.rglob("*.xml")) if "static" not in path.relative_to(folder).parts)
    return next((path.relative_to(folder).as_posix() for path in files if short in _ids(path)), None)


def _ids(path: Path) -> set[str]:
    """The external ids that a data file defines, without the module's name."""
    text = "\n".join(lines_of(path))
    if path.suffix == ".csv":
        return {line.partition(",")[0].strip("\"' ") for line in text.splitlines()[1:]}
    return {name.rpartition(".")[2] for name in re.findall(r"\bid=[\"']([\w.]+)[\"']", text)}


def _holds(path: Path, word: str) -> bool:
    return any(word in line for line in lines_of(path))
