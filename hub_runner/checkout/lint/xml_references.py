"""External ids that XML data files ask for before anything defines them, and what else Odoo refuses in those files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from hub_runner.checkout.lint import xmlfiles
from hub_runner.checkout.lint.data_parser import Broken, Reference
from hub_runner.checkout.lint.external_ids import in_programs, loaded, undefined
from hub_runner.checkout.lint.module_text import INSTALLED, Finding, Text, full

# Odoo makes these by itself, for each model, field and value of a selection.
_MADE_BY_ODOO = ("field_", "selection__", "constraint_", "module_")


def references(text: Text, local: Mapping[str, Text]) -> Iterator[Finding]:
    """All that is wrong in the XML files that the installation loads, in their order."""
    listed = [posixpath.normpath(name) for name in text.listed(*INSTALLED)]
    for number, path in enumerate(listed):
        if path not in text.files or not path.endswith(".xml") or isinstance(text.ids.get(path), Broken):
            continue
        file = xmlfiles.read(text.files[path])
        for mistake in file.mistakes:
            if not mistake.since or (text.series and float(text.series) >= float(mistake.since)):
                yield text.finding(path, mistake.line, mistake.message, stops=True)
        told = set[str]()
        for asked in file.asked:
            if asked.name not in told and (message := _wrong(asked, text, local, listed, number)):
                told.add(asked.name)
                yield text.finding(path, asked.line, message[0], stops=message[1])


def _wrong(
    asked: xmlfiles.Asked, text: Text, local: Mapping[str, Text], listed: list[str], number: int
) -> tuple[str, bool] | None:
    """What is wrong with an id, and whether that is certain; None if nothing is, or if nobody here can know."""
    whole = full(asked.name, text.module.name)
    prefix, _, name = whole.partition(".")
    owner = local.get(prefix)
    if owner is None or not name or name.startswith(_MADE_BY_ODOO):
        return None
    before = {full(other, text.module.name) for other in asked.before} | loaded(text, listed[:number])
    if owner is not text:
        before |= loaded(owner, owner.listed(*INSTALLED))
    if whole in before or _may_be_made_along(whole, before, owner) or in_programs(name, local):
        return None
    if owner is text and whole in loaded(text, [listed[number]]):
        return f"{asked.name} is defined further down in this file: its record must stand before this line", True
    column = "model_id" if name.startswith("model_") else "group_id"
    reference = Reference(line=asked.line, column=column, name=asked.name)
    later = listed[number:] if owner is text else []
    message, certain = undefined(reference, whole, owner, later, local)
    return (message, certain) if message else None


def _may_be_made_along(whole: str, before: set[str], owner: Text) -> bool:
    """Odoo gives the parent of a record whose model has ``_inherits`` the record's id, ``_`` and the parent's model."""
    if any(whole in ids for ids in owner.ids.values() if isinstance(ids, set)):
        return False
    return any(whole.startswith(f"{known}_") for known in before)
