"""The events of a record, in the shapes in which ``odoo/inside`` writes them."""

from __future__ import annotations

import functools
import math
from types import UnionType
from typing import Any, Literal, TypedDict, get_args, get_origin, get_type_hints, is_typeddict


class Numbered(TypedDict):
    """What every event has: its name, and its place in the record."""

    event: str
    n: int


class TestPlace(TypedDict):
    """Where a test lies. Files are relative to the module's folder, or absolute elsewhere; lines start at 1."""

    module: str
    cls: str
    method: str
    home: str | None  # the file of its class
    file: str | None  # the file of its method, which may be inherited
    line: int | None


class _FoundFlags(TypedDict, total=False):
    left_out: bool  # selected by tags, and not asked for


class FoundTest(TestPlace, _FoundFlags):
    selected: bool
    tags: list[str] | None  # None: no test case of Odoo's
    dropped: str  # what a call of it makes (a coroutine, a generator) and nobody runs; empty for a plain method


class LooseTest(TestPlace):
    kind: str  # "inherited" method, method of a "class" that is no test case, "function"


class Start(TypedDict):
    event: Literal["start"]
    odoo: str


class Hooked(TypedDict):
    event: Literal["hooked"]


class HookFailed(TypedDict):
    event: Literal["hook_failed"]
    traceback: str


class Raised(TypedDict):
    event: Literal["raised"]
    traceback: str


class _EndFlags(TypedDict, total=False):
    wrong_order: str  # how the order in which modules were loaded differs from that of a fresh database


class End(_EndFlags):
    event: Literal["end"]
    code: int | None
    blind: str


class LoadingOrder(TypedDict):
    event: Literal["order"]
    new: list[str]  # modules that are to be installed
    later: list[str]  # modules of the prepared database that are loaded after the first new one
    after: list[str]  # modules that are loaded after the tested one


class EndangeredViews(TypedDict):
    """Views of later modules that inherit from a view of which a new module takes a part away."""

    event: Literal["endangered_views"]
    views: list[str]  # external ids


class Loading(TypedDict):
    event: Literal["loading"]
    module: str
    folder: str
    copied: bool


class Suite(TypedDict):
    event: Literal["suite"]
    position: str
    blind: str
    looked_at: list[str]
    imported: list[str]
    present: list[str]
    tests: list[FoundTest]
    loose: list[LooseTest]


class _Flags(TypedDict, total=False):
    replaced: bool  # the test was another one when it was collected
    early_http: bool  # an HttpCase that ran before all modules of a prepared database were loaded


class TestStarted(TestPlace, _Flags):
    event: Literal["test"]


class _Provider(TypedDict, total=False):
    module: str  # that has what is called so, and is not installed


class NameHint(_Provider):
    """A wrong name in an error, and those that are most like it in the registry and database in which it happened."""

    wrong: str
    names: list[str]


class _Hints(TypedDict, total=False):
    hints: list[NameHint]


class ClassOutcome(TestPlace, _Hints):
    event: Literal["class_outcome"]
    status: str
    reason: str
    tracebacks: list[str]


class _Output(TypedDict, total=False):
    output: list[str]  # the last lines that were logged and printed while the test ran; only of a failure


class TestOutcome(TestPlace, _Output, _Hints):
    event: Literal["outcome"]
    run: int
    status: str
    reason: str
    tracebacks: list[str]
    subtests: list[str]
    duration: float  # seconds
    queries: int


class ClassSetUp(TestPlace):
    event: Literal["class_set_up"]
    duration: float  # seconds
    queries: int


class GaveUp(TypedDict):
    """No other test was begun, because that many had failed."""

    event: Literal["gave_up"]
    failed: int


class Need(TestPlace):
    """A test failed for want of a module that was not loaded by then."""

    event: Literal["need"]
    needs: str  # the module
    what: str  # what the test wanted of it: a field, a method, a model, an external id


class Log(_Hints):
    event: Literal["log"]
    level: str  # WARNING, ERROR or CRITICAL: the next one below if it is a level of somebody's own
    logger: str
    message: str
    exception: str
    loading: str | None
    testing: bool
    test: TestPlace | None


class Call(TypedDict):
    file: str  # a path inside the container
    line: int
    function: str
    source: str


class Thread(TypedDict):
    name: str
    frames: list[Call]  # the innermost call last


class Stopped(TypedDict):
    event: Literal["stopped"]
    reason: str  # "single-test-timeout", "test-timeout" or "interrupt"
    seconds: float  # that the limit allows
    test: TestPlace | None
    threads: list[Thread]  # the main thread first


class Tables(TypedDict):
    """What the database held before the tested module was installed in it; views are among them."""

    event: Literal["tables"]
    tables: list[str]


class Migration(TypedDict):
    """A migration script was begun."""

    event: Literal["migration"]
    module: str
    file: str  # relative to the module's folder


class Contents(TypedDict):
    """What the database holds in the end of the modules that were asked for. All lists are sorted."""

    event: Literal["contents"]
    states: list[list[str]]  # name, state and version of each module
    external_ids: list[list[str]]  # MODULE.NAME and model; without those of fields and constraints
    columns: list[str]  # TABLE.COLUMN, of all modules
    fields: list[str]  # MODEL.FIELD
    unowned: list[str]  # tables that belong to no model, and to no field


Event = (
    Start
    | Hooked
    | HookFailed
    | Raised
    | End
    | Loading
    | LoadingOrder
    | EndangeredViews
    | Need
    | Suite
    | TestStarted
    | ClassOutcome
    | ClassSetUp
    | GaveUp
    | TestOutcome
    | Log
    | Stopped
    | Tables
    | Migration
    | Contents
)


def is_of(value: object, shape: Any) -> bool:  # Any: no type stands for "a type, a union or a TypedDict"
    """Whether a value that came out of JSON has the shape of a TypedDict, list, union, literal or plain type."""
    if is_typeddict(shape):
        hints = _hints(shape)
        return isinstance(value, dict) and all(
            is_of(value[name], hint) if name in value else name not in shape.__required_keys__
            for name, hint in hints.items()
        )
    arguments = get_args(shape)
    if get_origin(shape) is list:
        return isinstance(value, list) and all(is_of(item, arguments[0]) for item in value)
    if get_origin(shape) is Literal:
        return value in arguments
    if isinstance(shape, UnionType):
        return any(is_of(value, argument) for argument in arguments)
    if shape is float:
        return type(value) is int or (type(value) is float and math.isfinite(value))
    return type(value) is shape or (shape is type(None) and value is None)


_hints = functools.cache(get_type_hints)
SHAPES = {get_args(get_type_hints(shape)["event"])[0]: shape for shape in get_args(Event)}
