"""The record that the launcher wrote inside Odoo, as typed values.

The file ends where the process ended: its last line may be torn, and a test may have written nonsense into it. What
cannot be read is left out; a record without its end is never taken for a success.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TestId:
    """Where a test lies. ``file`` is relative to the module's folder, ``line`` starts at 1."""

    module: str
    cls: str
    method: str
    file: str | None = None
    line: int | None = None

    __test__ = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.module, self.file or "", self.cls, self.method

    @property
    def name(self) -> str:
        return f"{self.cls}.{self.method}"


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
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A warning or error. ``loading`` is the module that was being installed; ``test`` the test that was running."""

    level: str
    logger: str
    message: str
    exception: str = ""
    loading: str | None = None
    test: TestId | None = None

    @property
    def is_error(self) -> bool:
        return self.level not in ("WARNING", "INFO", "DEBUG")


@dataclass(frozen=True, kw_only=True)
class Recording:
    started: bool = False
    odoo_version: str | None = None
    hooked: bool = False
    hook_failure: str | None = None
    raised: str | None = None  # the exception that broke through all of Odoo, with its traceback
    ended: bool = False
    end_code: int | None = None
    loading: tuple[str, ...] = ()  # modules in the order in which Odoo loaded them
    suites: tuple[str, ...] = ()  # positions whose tests of the module were collected
    looked_at: frozenset[str] = frozenset()  # files from which Odoo took tests
    imported: frozenset[str] = frozenset()  # files of tests/ that were imported
    found: tuple[Found, ...] = ()
    loose: tuple[TestId, ...] = ()  # test methods that no test runs
    running: TestId | None = None  # started, and never ended
    outcomes: tuple[Recorded, ...] = ()
    class_outcomes: tuple[Recorded, ...] = ()  # setUpClass and tearDownClass
    logs: tuple[Logged, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Recording:
        builder = _Builder()
        for event in _events(data):
            builder.add(event)
        return builder.built()


def _events(data: bytes) -> Iterator[Mapping[str, Any]]:
    for line in data.split(b"\n"):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


@dataclass
class _Builder:
    values: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    found: dict[Any, Found] = field(default_factory=dict)
    loose: dict[Any, TestId] = field(default_factory=dict)
    outcomes: dict[Any, Recorded] = field(default_factory=dict)

    def add(self, event: Mapping[str, Any]) -> None:
        handler = getattr(self, f"_on_{event.get('event')}", None)
        if handler:
            handler(event)

    def built(self) -> Recording:
        lists: dict[str, Any] = {
            name: tuple(items) for name, items in self.lists.items() if name not in ("looked_at", "imported")
        }
        return Recording(
            **self.values,
            **lists,
            found=tuple(self.found.values()),
            loose=tuple(self.loose.values()),
            outcomes=tuple(self.outcomes.values()),
        )

    def _extend(self, name: str, *items: Any) -> None:
        self.lists.setdefault(name, []).extend(items)

    def _on_start(self, event: Mapping[str, Any]) -> None:
        self.values.update(started=True, odoo_version=_text(event, "odoo") or None)

    def _on_hooked(self, event: Mapping[str, Any]) -> None:
        self.values["hooked"] = True

    def _on_hook_failed(self, event: Mapping[str, Any]) -> None:
        self.values["hook_failure"] = _text(event, "traceback") or "unknown"

    def _on_raised(self, event: Mapping[str, Any]) -> None:
        self.values["raised"] = _text(event, "traceback") or _text(event, "error")

    def _on_end(self, event: Mapping[str, Any]) -> None:
        self.values.update(ended=True, end_code=_number(event, "code") or 0)

    def _on_loading(self, event: Mapping[str, Any]) -> None:
        self._extend("loading", _text(event, "module"))

    def _on_suite(self, event: Mapping[str, Any]) -> None:
        self._extend("suites", _text(event, "position"))
        self._extend("looked_at", *_texts(event, "looked_at"))
        self._extend("imported", *_texts(event, "imported"))
        for item in _objects(event, "tests"):
            test = Found(**_test_id(item), selected=item.get("selected") is True, tags=_texts(item, "tags"))
            if test.key not in self.found or test.selected:
                self.found[test.key] = test
        for item in _objects(event, "loose"):
            self.loose.setdefault(TestId(**_test_id(item)).key, TestId(**_test_id(item)))

    def _on_test(self, event: Mapping[str, Any]) -> None:
        self.values["running"] = TestId(**_test_id(event))

    def _on_outcome(self, event: Mapping[str, Any]) -> None:
        """Odoo may try a test again: the last attempt counts."""
        self.values["running"] = None
        outcome = _recorded(event)
        self.outcomes[outcome.key] = outcome

    def _on_class_outcome(self, event: Mapping[str, Any]) -> None:
        self._extend("class_outcomes", _recorded(event))

    def _on_log(self, event: Mapping[str, Any]) -> None:
        texts = {name: _text(event, name) for name in ("level", "logger", "message", "exception")}
        test = TestId(**_test_id(event)) if event.get("method") else None
        self._extend("logs", Logged(**texts, loading=_text(event, "loading") or None, test=test))


def _recorded(event: Mapping[str, Any]) -> Recorded:
    duration = event.get("duration")
    return Recorded(
        **_test_id(event),
        status=_text(event, "status"),
        reason=_text(event, "reason"),
        tracebacks=_texts(event, "tracebacks"),
        subtests=_texts(event, "subtests"),
        duration=float(duration) if isinstance(duration, (int, float)) else 0.0,
        queries=_number(event, "queries"),
    )


def _test_id(event: Mapping[str, Any]) -> dict[str, Any]:
    names = {name: _text(event, name) for name in ("module", "cls", "method")}
    return {**names, "file": _text(event, "file") or None, "line": _number(event, "line")}


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _texts(event: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = event.get(name)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _objects(event: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = event.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _number(event: Mapping[str, Any], name: str) -> int | None:
    value = event.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
