"""Whether each value of a result has the type that a run gives it: what somebody wrote by hand may have any other."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hub_runner.result import Result

_hints = functools.cache(get_type_hints)


def misfit(result: Result) -> str | None:
    """The place of the first value whose type is another one, such as ``info.port``; None if there is none."""
    return next(_misfits(result, Result, ""), None)


def _misfits(value: object, hint: Any, place: str) -> Iterator[str]:  # Any: no type stands for "a type, a union or an alias"
    if isinstance(hint, type) and is_dataclass(hint) and isinstance(value, hint):
        for name, kind in _hints(hint).items():
            yield from _misfits(getattr(value, name), kind, f"{place}.{name}".removeprefix("."))
    elif isinstance(hint, UnionType):
        if all(any(_misfits(value, kind, place)) for kind in get_args(hint)):
            yield place
    elif get_origin(hint) is tuple:
        yield from _of_items(value, tuple, value if isinstance(value, tuple) else (), get_args(hint)[0], place)
    elif get_origin(hint) in (dict, Mapping):
        yield from _of_items(value, Mapping, value.values() if isinstance(value, Mapping) else (), get_args(hint)[1], place)
    elif not _is_of(value, hint):
        yield place


def _of_items(value: object, kind: type, items: Iterable[object], hint: Any, place: str) -> Iterator[str]:
    if not isinstance(value, kind):
        yield place
    for item in items:
        yield from _misfits(item, hint, place)


def _is_of(value: object, kind: type) -> bool:
    if isinstance(value, bool):  # which Python takes for a number
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)
