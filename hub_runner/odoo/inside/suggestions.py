"""What a wrong name in an error should likely have been: from the registry and the database in which the error happened."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from importlib import import_module

from hub_runner.odoo.inside.types_of_odoo import Json, OdooObject

_MODEL = r"(?P<model>\w+(?:\.\w+)*)"
_QUOTE = r"[\"'\u201c\u201d]?"
FIELD = (
    re.compile(rf"[Ff]ield {_QUOTE}(?P<wrong>\w+){_QUOTE} (?:found in \S+ node )?does not exist in model {_QUOTE}{_MODEL}"),
    re.compile(rf"Invalid field '?(?P<wrong>\w+)'? (?:on model|on|in) '{_MODEL}'"),
    re.compile(rf"Dependency field '(?P<wrong>\w+)' not found in model {_MODEL}"),
)
METHOD = (
    re.compile(rf"(?P<wrong>\w+) is not a valid action on {_MODEL}"),
    re.compile(r"'(?P<model>\w+(?:\.\w+)+)' object has no attribute '(?P<wrong>\w+)'"),
)
MODEL = (
    re.compile(r"Model '(?P<wrong>[\w.]+)' does not exist in registry"),
    re.compile(r"Model not found: (?P<wrong>[\w.]+)"),
    re.compile(r"KeyError: '(?P<wrong>\w+(?:\.\w+)+)'"),
)
IDENTIFIER = (
    re.compile(r"External ID not found in the system: (?P<wrong>\w+\.[\w.]+)"),
    re.compile(r"No matching record found for external id '(?P<wrong>[\w.]+)'"),
    re.compile(rf"The group {_QUOTE}(?P<wrong>\w+\.\w+){_QUOTE} defined in view does not exist"),
)


def suggestions(text: str, registry: OdooObject) -> list[Json]:
    """Each wrong name at the end of an error's text, with the one that is most like it. Never raises: it only helps."""
    try:
        return list(_suggestions(text[-6000:], registry))
    except Exception:  # noqa: BLE001 - a registry that is broken, a database that is gone
        return []


def _suggestions(text: str, registry: OdooObject) -> Iterator[Json]:
    for match in _matches(FIELD, text):
        yield _closest(match["wrong"], registry[match["model"]]._fields)
    for match in _matches(METHOD, text):
        cls = registry[match["model"]]
        names = [name for name in dir(cls) if not name.startswith("__")]
        yield _closest(match["wrong"], [*names, *cls._fields])
    for match in _matches(MODEL, text):
        yield _closest(match["wrong"], registry.models)
    for match in _matches(IDENTIFIER, text):
        yield _closest(match["wrong"], _identifiers(registry, match["wrong"].partition(".")[0]))


def _matches(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    """The last match of each pattern: what stands at the end of a traceback is what went wrong."""
    for pattern in patterns:
        yield from list(pattern.finditer(text))[-1:]


def _closest(wrong: str, names: Iterable[str]) -> Json:
    """None if the name is there after all: a prepared database hides what a fresh one would not have yet."""
    names = list(names)
    if wrong in names:
        return {"wrong": wrong, "names": []}
    return {"wrong": wrong, "names": difflib.get_close_matches(wrong, names, n=1, cutoff=0.7)}


def _identifiers(registry: OdooObject, module: str) -> list[str]:
    """The external ids of a module that were there before, as a transaction of its own sees them."""
    connection = import_module("odoo.sql_db").db_connect(registry.db_name)
    with connection.cursor() as cr:
        cr.execute("SET LOCAL lock_timeout TO '2s'")  # the transaction in which the error happened may still be open
        cr.execute("SELECT module || '.' || name FROM ir_model_data WHERE module = %s", (module,))
        return [name for (name,) in cr.fetchall()]
