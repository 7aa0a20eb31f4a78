"""The checks of ``ir.model.access.csv``: its columns, and the models and groups that it names."""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Iterator, Mapping

from hub_runner.checkout.lint import data_parser
from hub_runner.checkout.lint.data_parser import ACCESS, Broken
from hub_runner.checkout.lint.external_ids import in_programs, loaded, undefined
from hub_runner.checkout.lint.module_text import DATA, HINTED, Finding, Text, full, hint

COLUMNS = ("id", "name", "active", "model_id", "group_id", "perm_read", "perm_write", "perm_create", "perm_unlink")


def access(text: Text, local: Mapping[str, Text]) -> Iterator[Finding]:
    """Models and groups of the checkout's modules that an access file names and that nothing defines by then."""
    if isinstance(text.module.manifest.get(DATA), set):
        return  # nobody knows the order of its files
    listed = [posixpath.normpath(name) for name in text.listed(DATA)]
    for number, path in enumerate(listed):
        if posixpath.basename(path) != ACCESS or path not in text.files:
            continue
        references = data_parser.access_references(text.files[path])
        if isinstance(references, Broken):
            yield text.finding(path, references.line, f"cannot be read: it {references.message}", stops=True)
            continue
        yield from _columns(text, path, local)
        earlier = text.early_ids | loaded(text, listed[:number])
        others = [other.installed_ids for other in local.values() if other is not text]
        for line, name, first in data_parser.repeated_ids(text.files[path]):
            yield text.finding(path, line, f"the id {name} is that of line {first}, too: only the later line counts")
        told = 0
        for reference in references:
            whole = full(reference.name, text.module.name)
            if reference.column == "model_id" and (message := _dotted(reference.name, text, local)):
                yield text.finding(path, reference.line, message, stops=True)
                continue
            owner = local.get(whole.partition(".")[0])
            if owner is None or whole in earlier or any(whole in ids for ids in others):
                continue
            later = listed[number:] if owner is text else None
            message, certain = undefined(reference, whole, owner, later, local, hinted=told < HINTED)
            if message and not in_programs(whole.partition(".")[2], local):
                told += 1
                yield text.finding(path, reference.line, message, stops=certain)


def _columns(text: Text, path: str, local: Mapping[str, Text]) -> Iterator[Finding]:
    """Odoo refuses a column that it does not know, and names neither file nor line.

    Certain is only what is like a known one: a module outside of the checkout may add fields to the model.
    """
    if any("ir.model.access" in other.defined.touched or not other.defined.certain for other in local.values()):
        return
    if text.files[path].startswith(codecs.BOM_UTF8):
        message = (
            "begins with a byte order mark, which Odoo takes for a part of the first column: save it as UTF-8 without BOM"
        )
        yield text.finding(path, 1, message, stops=True)
        return
    header = data_parser.header(text.files[path])
    if len(header) == 1 and header[0].count(";") > 1:
        yield text.finding(path, 1, "its columns are separated by semicolons: Odoo reads commas", stops=True)
        return
    for name in header:
        if name and re.split(r"[:/@.]", name)[0] not in COLUMNS:
            close = hint(name, COLUMNS)
            yield text.finding(path, 1, f"there is no column {name!r}{close}", stops=bool(close))


def _dotted(name: str, text: Text, local: Mapping[str, Text]) -> str:
    """``model_my.model``: Odoo takes what stands before the dot for the name of a module."""
    prefix, dot, _ = name.partition(".")
    if not dot or not prefix.startswith("model_") or prefix in local or prefix in text.module.depends:
        return ""
    return f"{name}: in the id of a model its dots become underscores: {name.replace('.', '_')}"
