"""The checks of a module's manifest and data files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from hub_runner.checkout.lint import datafiles, models
from hub_runner.checkout.lint.datafiles import ACCESS, Broken, Reference
from hub_runner.checkout.lint.text import INSTALLED, Finding, Text, full, hint
from hub_runner.checkout.modules import MANIFEST

COLUMNS = ("id", "name", "active", "model_id", "group_id", "perm_read", "perm_write", "perm_create", "perm_unlink")
LISTS = (*INSTALLED, "demo", "demo_xml")
# Folders whose XML and CSV files exist to be listed in a manifest. Elsewhere files may be read by a program.
FOR_DATA = ("data", "views", "view", "security", "demo", "report", "reports", "wizard", "wizards", "menus", "templates")


def version(text: Text) -> Iterator[Finding]:
    """A version of another series: Odoo ignores such a module with a warning, or refuses its manifest."""
    parts = text.module.version.split(".")
    if text.series and len(parts) > 3 and parts[:2] != text.series.split("."):
        message = f"version {text.module.version} is not of Odoo {text.series}, which does not install it"
        yield text.finding(MANIFEST, text.manifest_line(text.module.version), message)


def missing(text: Text) -> Iterator[Finding]:
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
            message = f"{name} is listed in {key!r} and does not exist{text.joined(name) or hint(path, candidates)}"
            yield text.finding(MANIFEST, text.manifest_line(name), message, stops=key in INSTALLED)


def _of_another_module(name: str, text: Text) -> bool:
    """Old manifests may write ``module/path``: Odoo then looks in the addons folder, too."""
    return (text.module.folder.parent / name).exists()


def unlisted(text: Text) -> Iterator[Finding]:
    """Data files that no list of the manifest names and no program of the module mentions."""
    named = {posixpath.normpath(word) for word in _words(text.module.manifest)}
    programs = {path: data for path, data in text.files.items() if path.endswith((".py", ".js", ".json"))}
    mentioned = b"\n".join(data for path, data in programs.items() if path != MANIFEST)
    for path in text.files:
        parts, name = path.split("/"), posixpath.basename(path)
        if len(parts) < 2 or parts[0] not in FOR_DATA or not name.endswith((".xml", ".csv")) or "template" in parts[1:-1]:
            continue
        if path not in named and not re.search(_mention(name, text.module.name), mentioned):
            yield text.finding(path, 1, f"no list of {MANIFEST} names {path}, so Odoo does not load it")


def _mention(name: str, module: str) -> bytes:
    """A pattern for what in a program may mean the file: its name, or a text that is or ends with its name without ``.xml``.

    A model's Python file is often called like the file with its views, and a module like its model: neither is meant.
    """
    stem = name.rpartition(".")[0]
    as_text = rf"|[\"'/]{re.escape(stem)}[\"']" if stem != module else ""
    return rf"\b{re.escape(name)}\b{as_text}".encode()


def _words(value: object) -> Iterator[str]:
    """All texts in a manifest, at any depth: assets and keys of other tools may name files as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (word for entry in value.items() for part in entry for word in _words(part))
    elif isinstance(value, (list, tuple, set)):
        yield from (word for entry in value for word in _words(entry))


def broken_xml(text: Text) -> Iterator[Finding]:
    installed = {posixpath.normpath(name) for name in text.listed(*INSTALLED)}
    for path, ids in text.ids.items():
        if isinstance(ids, Broken) and (path in installed or path.split("/")[0] not in ("tests", "static")):
            yield text.finding(path, ids.line, f"is not well-formed XML: {ids.message}", stops=path in installed)


def access(text: Text, local: Mapping[str, Text]) -> Iterator[Finding]:
    """Models and groups of the checkout's modules that an access file names and that nothing defines by then."""
    listed = [posixpath.normpath(name) for name in text.listed(*INSTALLED)]
    for number, path in enumerate(listed):
        if posixpath.basename(path) != ACCESS or path not in text.files:
            continue
        references = datafiles.access_references(text.files[path])
        if isinstance(references, Broken):
            yield text.finding(path, references.line, f"cannot be read: {references.message}", stops=True)
            continue
        yield from _columns(text, path, local)
        for reference in references:
            whole = full(reference.name, text.module.name)
            if reference.column == "model_id" and (message := _dotted(reference.name, text, local)):
                yield text.finding(path, reference.line, message, stops=True)
                continue
            owner = local.get(whole.partition(".")[0])
            before = listed[:number] if owner is text else owner.listed(*INSTALLED) if owner else ()
            if owner is None or whole in loaded(owner, before) | loaded(text, listed[:number]):
                continue
            message, certain = undefined(reference, whole, owner, listed[number:] if owner is text else (), local)
            if message and not in_programs(whole.partition(".")[2], local):
                yield text.finding(path, reference.line, message, stops=certain)


def _columns(text: Text, path: str, local: Mapping[str, Text]) -> Iterator[Finding]:
    """Odoo refuses a column that it does not know, and names neither file nor line.

    Certain is only what is like a known one: a module outside of the checkout may add fields to the model.
    """
    if any("ir.model.access" in other.defined.touched or not other.defined.certain for other in local.values()):
        return
    for name in datafiles.header(text.files[path]):
        if name and re.split(r"[:/@.]", name)[0] not in COLUMNS:
            close = hint(name, COLUMNS)
            yield text.finding(path, 1, f"there is no column {name!r}{close}", stops=bool(close))


def _dotted(name: str, text: Text, local: Mapping[str, Text]) -> str:
    """``model_my.model``: Odoo takes what stands before the dot for the name of a module."""
    prefix, dot, _ = name.partition(".")
    if not dot or not prefix.startswith("model_") or prefix in local or prefix in text.module.depends:
        return ""
    return f"{name}: in the id of a model its dots become underscores: {name.replace('.', '_')}"


def undefined(
    reference: Reference, whole: str, owner: Text, later: Sequence[str], local: Mapping[str, Text]
) -> tuple[str, bool]:
    """What is wrong with a reference that no data file defines, and whether that is certain."""
    name = whole.partition(".")[2]
    if reference.column == "model_id" and name.startswith("model_"):
        made = frozenset(model for other in local.values() for model in other.defined.made)
        return models.unknown(name.removeprefix("model_"), owner.defined, made)
    if whole in loaded(owner, later):
        return f"{reference.name} is defined in a file that is listed later: list that file before this one", True
    elsewhere = next((path for path, names in owner.ids.items() if isinstance(names, set) and whole in names), None)
    if elsewhere:
        return f"{reference.name} is defined in {elsewhere}, which `data` of {owner.module.name} does not list", True
    ids = sorted(name for names in owner.ids.values() if isinstance(names, set) for name in names)
    return f"{reference.name} is defined in no file that is loaded before{hint(whole, ids)}", True


def loaded(text: Text, paths: Sequence[str]) -> set[str]:
    sets = (text.ids.get(posixpath.normpath(path)) for path in paths)
    return {name for ids in sets if isinstance(ids, set) for name in ids}


def in_programs(name: str, local: Mapping[str, Text]) -> bool:
    """Whether some Python or SQL mentions the name, so that a hook may make the external id."""
    word = name.encode()
    return any(
        word in data for text in local.values() for path, data in text.files.items() if path.endswith((".py", ".sql"))
    )
