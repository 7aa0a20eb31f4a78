"""External ids that XML data files ask for before anything defines them, and what else Odoo refuses in those files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from hub_runner.checkout.lint import xmlfiles
from hub_runner.checkout.lint.data_parser import Broken, Reference
from hub_runner.checkout.lint.external_ids import in_programs, undefined
from hub_runner.checkout.lint.module_text import DATA, HINTED, Finding, Text, full

# Odoo makes these by itself, for each model, field and value of a selection.
_MADE_BY_ODOO = ("field_", "selection__", "constraint_", "module_")


@dataclass(frozen=True, kw_only=True)
class _Before:
    """The external ids that are there when Odoo comes to an element of a file."""

    earlier: Set[str]  # of the module's files before this one
    here: Mapping[str, int]  # of this file, with the number of the element
    others: Sequence[Set[str]]  # of the other modules: one may define an id in the name of another
    position: int

    def have(self, whole: str) -> bool:
        there = whole in self.earlier or self.here.get(whole, self.position) < self.position
        return there or any(whole in ids for ids in self.others)


def references(text: Text, local: Mapping[str, Text]) -> Iterator[Finding]:
    """All that is wrong in the XML files that the installation loads, in their order."""
    if isinstance(text.module.manifest.get(DATA), set):
        return  # nobody knows the order of its files
    listed = [posixpath.normpath(name) for name in text.listed(DATA)]
    earlier = set(text.early_ids)
    for number, path in enumerate(listed):
        if path in text.files and path.endswith(".xml") and not isinstance(text.ids.get(path), Broken):
            yield from _in_file(text, path, local, earlier, listed[number:])
        earlier |= text.made_by(path)


def _in_file(text: Text, path: str, local: Mapping[str, Text], earlier: Set[str], later: Sequence[str]) -> Iterator[Finding]:
    file = xmlfiles.read(text.files[path])
    for mistake in file.mistakes:
        if not mistake.since or (text.series and float(text.series) >= float(mistake.since)):
            yield text.finding(path, mistake.line, mistake.message, stops=True)
    here: dict[str, int] = {}
    for name, position in file.ids.items():
        here.setdefault(full(name, text.module.name), position)
    others = [other.installed_ids for other in local.values() if other is not text]
    told = set[str]()
    for asked in file.asked:
        whole = full(asked.name, text.module.name)
        owner = local.get(whole.partition(".")[0])
        if owner is None or asked.name in told:
            continue
        before = _Before(earlier=earlier, here=here, others=others, position=asked.position)
        coming = later if owner is text else None
        if message := _wrong(asked, whole, before, owner, coming, local, hinted=len(told) < HINTED):
            told.add(asked.name)
            yield text.finding(path, asked.line, message[0], stops=message[1])


def _wrong(
    asked: xmlfiles.Asked,
    whole: str,
    before: _Before,
    owner: Text,
    later: Sequence[str] | None,
    local: Mapping[str, Text],
    *,
    hinted: bool,
) -> tuple[str, bool] | None:
    """What is wrong with an id, and whether that is certain; None if nothing is, or if nobody here can know."""
    name = whole.partition(".")[2]
    if not name or name.startswith(_MADE_BY_ODOO):
        return None
    if before.have(whole) or _may_be_made_along(whole, before, owner, later) or in_programs(name, local):
        return None
    if later and whole in before.here:
        return f"{asked.name} is defined further down in this file: its record must stand before this line", True
    column = "model_id" if name.startswith("model_") else "group_id"
    reference = Reference(line=asked.line, column=column, name=asked.name)
    message, certain = undefined(reference, whole, owner, later, local, hinted=hinted)
    return (message, certain) if message else None


def _may_be_made_along(whole: str, before: _Before, owner: Text, later: Sequence[str] | None) -> bool:
    """Odoo gives the parent of a record whose model has ``_inherits`` the record's id, ``_`` and the parent's model."""
    if any(whole in ids for ids in owner.ids.values() if isinstance(ids, set)):
        return False
    demo = owner.demo_ids if later is None else frozenset[str]()
    parents = (whole[:end] for end, letter in enumerate(whole) if letter == "_")
    return any(before.have(parent) or parent in demo for parent in parents)
