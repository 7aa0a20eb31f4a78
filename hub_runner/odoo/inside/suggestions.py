"""What a wrong name in an error should likely have been: from the registry and the database in which the error happened."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from hub_runner.odoo.inside.types_of_odoo import Json, OdooObject

_MODEL = r"(?P<model>\w+(?:\.\w+)*)"
_QUOTE = r"[\"'\u201c\u201d]?"
FIELD = (
    re.compile(rf"[Ff]ield {_QUOTE}(?P<wrong>\w+){_QUOTE} (?:found in \S+ node )?does not exist in model {_QUOTE}{_MODEL}"),
    re.compile(rf"Invalid field '?(?P<wrong>\w+)'? (?:on model|on|in) '{_MODEL}'"),
    re.compile(rf"Dependency field '(?P<wrong>\w+)' not found in model {_MODEL}"),
    re.compile(r"Unknown field \"(?P<model>\w+(?:\.\w+)*)\.(?P<wrong>\w+)\" in"),
    re.compile(rf"'(?P<wrong>\w+)' declared in '[\w.]+' does not exist on '{_MODEL}'"),
    re.compile(r"Invalid field (?P<model>\w+(?:\.\w+)*)\.(?P<wrong>\w+) in"),
)
RELATED = re.compile(rf"Field (?P<wrong>\w+) referenced in related field definition {_MODEL}\.(?P<field>\w+) does not exist")
SELECTION = re.compile(rf"Wrong value for {_MODEL}\.(?P<field>\w+): '(?P<wrong>[^'\n]*)'")
METHOD = (
    re.compile(rf"(?P<wrong>\w+) is not a valid action on {_MODEL}"),
    re.compile(r"'(?P<model>\w+(?:\.\w+)+)' object has no attribute '(?P<wrong>\w+)'"),
)
MODEL = (
    re.compile(r"Model '(?P<wrong>[\w.]+)' does not exist in registry"),
    re.compile(r"Model not found: (?P<wrong>[\w.]+)"),
    re.compile(r"unknown comodel_name '(?P<wrong>[\w.]+)'"),
    re.compile(r"from non-existing model '(?P<wrong>[\w.]+)'"),
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
    for match in _matches((RELATED,), text):
        yield _closest(match["wrong"], _target_of_related(match["model"], match["field"], match["wrong"], registry))
    for match in _matches((SELECTION,), text):
        selection = registry[match["model"]]._fields[match["field"]].selection
        yield _closest(match["wrong"], _keys(selection), cutoff=0.6)
    for match in _matches(MODEL, text):
        yield _model(match["wrong"], registry)
    for match in _matches(IDENTIFIER, text):
        yield _closest(match["wrong"], _identifiers(registry, match["wrong"].partition(".")[0]))


def _matches(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    """The last match of each pattern: what stands at the end of a traceback is what went wrong."""
    for pattern in patterns:
        yield from list(pattern.finditer(text))[-1:]


def _keys(selection: object) -> list[str]:
    """The values of a selection field; none if a method makes them."""
    return [str(key) for key, _ in selection] if isinstance(selection, list) else []


def _closest(wrong: str, names: Iterable[str], cutoff: float = 0.7) -> Json:
    """None if the name is there after all: a prepared database hides what a fresh one would not have yet."""
    names = list(names)
    if wrong in names:
        return {"wrong": wrong, "names": []}
    return {"wrong": wrong, "names": difflib.get_close_matches(wrong, names, n=1, cutoff=cutoff)}


def _model(wrong: str, registry: OdooObject) -> Json:
    """The model of the registry that is most like it; else the module that has this very one, if any in the image has."""
    hint = _closest(wrong, registry.models)
    if not hint["names"] and wrong not in registry.models:
        hint["module"] = module_with(wrong, import_module("odoo.addons").__path__)
    return hint


def _target_of_related(model: str, field: str, wrong: str, registry: OdooObject) -> Iterable[str]:
    """The fields of the model in which a related field looks for ``wrong``."""
    path = registry[model]._fields[field].related
    for name in path.split(".") if isinstance(path, str) else path:
        if name == wrong:
            break
        model = registry[model]._fields[name].comodel_name
    names: Iterable[str] = registry[model]._fields
    return names


def module_with(model: str, addons: Iterable[str]) -> str:
    """The module in the folders ``addons`` whose Python text makes ``model``; empty if none does.

    Modules that are not installed are no part of the registry, so their files are read: a second for all of Odoo's own.
    """
    text = re.compile(rb"^\s+_name\s*=\s*[\"']" + re.escape(model.encode()) + rb"[\"']", re.MULTILINE)
    likely = model.partition(".")[0]  # mail.thread is mail's
    for folder in addons:
        modules = sorted(Path(folder).glob("*/__manifest__.py"), key=lambda path: (path.parent.name != likely, path))
        for manifest in modules:
            for path in manifest.parent.glob("models/**/*.py"):
                if text.search(path.read_bytes()):
                    return manifest.parent.name
    return ""


def _identifiers(registry: OdooObject, module: str) -> list[str]:
    """The external ids of a module that were there before, as a transaction of its own sees them."""
    connection = import_module("odoo.sql_db").db_connect(registry.db_name)
    with connection.cursor() as cr:
        cr.execute("SET LOCAL lock_timeout TO '2s'")  # the transaction in which the error happened may still be open
        cr.execute("SELECT module || '.' || name FROM ir_model_data WHERE module = %s", (module,))
        return [name for (name,) in cr.fetchall()]
