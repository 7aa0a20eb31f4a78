"""Which module a failed test needed: one that the tested module's manifest does not name, and that Odoo loads later."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from hub_runner.odoo.inside.tests import module_of
from hub_runner.odoo.inside.types_of_odoo import OdooObject

EXTERNAL_ID = re.compile(r"External ID not found in the system: ((\w+)\.[\w.]+)")
ELSEWHERE = re.compile(r"NotImplementedError: (\w+)\(\) is implemented in module '(\w+)'")  # Odoo's own words
# A model, and what it lacks: Python's words for an attribute, Odoo's for a field, a registry's for a model.
MODEL_AND_NAME = (
    re.compile(r"'(?P<model>[\w.]+)' object has no attribute '(?P<name>\w+)'"),
    re.compile(r"Invalid field '?(?P<model>[\w.]+)\.(?P<name>\w+)'?"),
    re.compile(r"Invalid field '?(?P<name>\w+)'? (?:on|in) (?:model )?'?(?P<model>\w+(?:\.\w+)+)'?"),
    re.compile(r"KeyError: '(?P<model>\w+(?:\.\w+)+)'(?P<name>)"),
)


def needed(traceback: str, registry: OdooObject, after: Collection[str]) -> Iterator[tuple[str, str]]:
    """Modules of ``after`` (loaded after the tested one) that the end of a traceback asks for, each with what it has.

    ``registry`` is complete by now, and knows who adds what.
    """
    end = traceback[-4000:]
    for match in EXTERNAL_ID.finditer(end):
        if match[2] in after:
            yield match[2], match[1]
    for match in ELSEWHERE.finditer(end):
        if match[2] in after:
            yield match[2], match[1]
    for pattern in MODEL_AND_NAME:
        for match in pattern.finditer(end):
            module = provider(registry, match["model"], match["name"])
            if module in after:
                yield module, ".".join(filter(None, (match["model"], match["name"])))


def provider(registry: OdooObject, model: str, name: str) -> str:
    """The module that adds ``name`` to ``model``, or the model itself when ``name`` is empty; empty if nobody does."""
    try:
        cls = registry[model]
    except (KeyError, TypeError):
        return ""
    if not name:
        return str(getattr(cls, "_original_module", "") or "")
    definers = [base for base in cls.__mro__ if name in vars(base) and base.__module__.startswith("odoo.addons.")]
    return module_of(definers[-1].__module__) if definers else ""
