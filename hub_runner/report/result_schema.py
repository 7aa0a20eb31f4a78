"""``python -m hub_runner.report.result_schema`` prints docs/result.schema.json: ``result.json`` as JSON Schema (2020-12)."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import get_args, get_origin, get_type_hints

from hub_runner.report.causes import Cause
from hub_runner.report.result_file import SCHEMA, Json
from hub_runner.result import Coverage, Lifecycle, Outcome, Problem, RunInfo, SetUp, Status

TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "array", "items": TEXT}
NUMBER: Json = {"type": "number", "minimum": 0}
COUNT: Json = {"type": "integer", "minimum": 0}
DIGEST: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
PLAIN: dict[object, Json] = {
    str: TEXT,
    Path: TEXT,
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    dt.datetime: {"type": "string", "format": "date-time"},
}


def schema() -> Json:
    """Keys may be added by a later version, so none is forbidden; those of today are required."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "result.json of hub-runner",
        "description": "What the keys mean: docs/result.md. Generated: python -m hub_runner.report.result_schema",
        **_record(
            {
                "schema": {"const": SCHEMA},
                "hub_runner": TEXT,
                "passed": PLAIN[bool],
                "return_code": {"type": "integer", "minimum": 0, "maximum": 255},
                "summary": TEXT,
                "counts": _record({**{status.value: COUNT for status in Status}, "total": COUNT}),
                "part": _or_null(TEXT),
                "left_out": COUNT,
                "odoo_version": _or_null(TEXT),
                "coverage": _or_null(_of(Coverage, percent=NUMBER, percent_of_changed=_or_null(NUMBER))),
                "problems": _list(_of(Problem)),
                "notes": TEXTS,
                "waived": TEXTS,
                "unrun": _named(TEXT),
                "causes": _list(_of(Cause, without=("failures",), tests=TEXTS)),
                "reproduce": _or_null(TEXT),
                "lifecycle": _or_null(_of(Lifecycle)),
                "tests": _list(_of(Outcome, name=TEXT, flaky=PLAIN[bool], reproduce=TEXT)),
                "set_ups": _list(_of(SetUp)),
                "durations": COUNT,
                "finished": PLAIN[dt.datetime],
                "phases": _named(NUMBER),
                "cleanup": TEXT,
                "leftovers": TEXTS,
                "log_sha256": _or_null(DIGEST),
                "run": _of(RunInfo, without=("run_id", "trees"), project=TEXT),
            }
        ),
    }


def _of(kind: type, *, without: tuple[str, ...] = (), **more: Json) -> Json:
    """A dataclass as ``dataclasses.asdict`` and ``json`` write it, without some of its fields, and with some more."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind) if field.name not in without]
    return _record({**{name: _typed(hints[name]) for name in names}, **more})


def _typed(hint: object) -> Json:
    """Raises KeyError for a type that no result has had yet."""
    arguments = get_args(hint)
    if isinstance(hint, UnionType):
        return {"anyOf": [_typed(argument) for argument in arguments]}
    if get_origin(hint) is tuple and arguments[1:] != (...,):
        items = [_typed(argument) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if get_origin(hint) is tuple:
        return _list(_typed(arguments[0]))
    if get_origin(hint) in (dict, Mapping):
        return _named(_typed(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [member.value for member in hint]}
    return _of(hint) if is_dataclass(hint) and isinstance(hint, type) else PLAIN[hint]


def _record(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _named(values: Json) -> Json:
    return {"type": "object", "additionalProperties": values}


def _or_null(value: Json) -> Json:
    return {"anyOf": [value, {"type": "null"}]}


def text() -> str:
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
