"""The single things that the launcher writes down, as typed values. What is missing or of a wrong type becomes empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TestId:
    """Where a test lies. ``file`` is relative to the module's folder, ``line`` starts at 1."""

    module: str
    cls: str
    method: str
    file: str | None = None
    line: int | None = None
    home: str | None = None  # the file of its class, where that is another one: the method may be inherited

    __test__ = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.module, self.origin or "", self.cls, self.method

    @property
    def origin(self) -> str | None:
        return self.home or self.file

    @property
    def name(self) -> str:
        return f"{self.cls}.{self.method}" if self.cls else self.method


@dataclass(frozen=True, kw_only=True)
class Recorded(TestId):
    """A test that ended: ``status`` is passed, failed, error or skipped; ``duration`` in seconds."""

    status: str
    reason: str = ""
    tracebacks: tuple[str, ...] = ()
    subtests: tuple[str, ...] = ()
    duration: float = 0.0
    queries: int | None = None


@dataclass(frozen=True, kw_only=True)
class Found(TestId):
    """A test that Odoo's loader found, before it applied positions and tags."""

    selected: bool
    tags: tuple[str, ...] | None = ()  # None: no test case of Odoo's
    dropped: str = ""  # what a call of it makes (a coroutine, a generator) and nobody runs


@dataclass(frozen=True, kw_only=True)
class Loose(TestId):
    """What looks like a test: an ``inherited`` method, one of a ``class`` that is no test case, a ``function``."""

    kind: str = "inherited"


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A warning or error. ``loading`` is the module that was being installed; ``test`` the test that was running."""

    level: str
    logger: str
    message: str
    exception: str = ""
    loading: str | None = None
    test: TestId | None = None
    testing: bool = False  # while tests ran, also between two of them: in a setUpClass

    @property
    def is_error(self) -> bool:
        return self.level not in ("WARNING", "INFO", "DEBUG")


def test_id(event: Event) -> TestId:
    return TestId(**_place(event))


def recorded(event: Event) -> Recorded:
    duration = event.get("duration")
    return Recorded(
        **_place(event),
        status=text(event, "status"),
        reason=text(event, "reason"),
        tracebacks=texts(event, "tracebacks"),
        subtests=texts(event, "subtests"),
        duration=float(duration) if isinstance(duration, (int, float)) else 0.0,
        queries=number(event, "queries"),
    )


def found(event: Event) -> Found:
    tags = None if event.get("tags", ()) is None else texts(event, "tags")
    return Found(**_place(event), selected=event.get("selected") is True, tags=tags, dropped=text(event, "dropped"))


def loose(event: Event) -> Loose:
    return Loose(**_place(event), kind=text(event, "kind") or "inherited")


def logged(event: Event) -> Logged:
    return Logged(
        level=text(event, "level"),
        logger=text(event, "logger"),
        message=text(event, "message"),
        exception=text(event, "exception"),
        loading=text(event, "loading") or None,
        test=test_id(event) if event.get("method") else None,
        testing=event.get("testing") is True,
    )


def _place(event: Event) -> dict[str, Any]:
    names = {name: text(event, name) for name in ("module", "cls", "method")}
    files = {name: text(event, name) or None for name in ("file", "home")}
    return {**names, **files, "line": number(event, "line")}


def text(event: Event, name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def texts(event: Event, name: str) -> tuple[str, ...]:
    value = event.get(name)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def objects(event: Event, name: str) -> list[Event]:
    value = event.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def number(event: Event, name: str) -> int | None:
    value = event.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
