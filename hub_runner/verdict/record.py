"""The record that the launcher wrote inside Odoo.

The file ends where the process ended: its last line may be torn. A record without its end is never taken for a success,
nor is one into which somebody else has written.

The lines of a record: all of them there, each once, and none that the recorder did not write.

What runs inside Odoo is the tested module's own code, and the record lies where that code can write. Events are numbered
from 1; once the module's code may run, each is sealed with a secret that only the runner and the recorder know.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub_runner.verdict import entries
from hub_runner.verdict.entries import Event, Found, Logged, Loose, Recorded, TestId, number, objects, text, texts


@dataclass(frozen=True, kw_only=True)
class Recording:
    wrong: str = ""  # with the record as a whole
    started: bool = False
    odoo_version: str | None = None
    hooked: bool = False
    hook_failure: str | None = None
    raised: str | None = None  # the exception that broke through all of Odoo, with its traceback
    ended: bool = False
    end_code: int | None = None
    blind: str = ""  # why errors that were logged could not be seen, once the module was installed or at the end
    loading: tuple[str, ...] = ()  # modules in the order in which Odoo loaded them
    elsewhere: tuple[tuple[str, str], ...] = ()  # modules that the run did not copy in, and their folders
    suites: tuple[str, ...] = ()  # positions whose tests of the module were collected
    looked_at: frozenset[str] = frozenset()  # files from which Odoo took tests
    imported: frozenset[str] = frozenset()  # files of tests/ that were imported
    found: tuple[Found, ...] = ()
    present: frozenset[str] = frozenset()  # FILE:CLASS.METHOD of the test methods that were there after the import
    loose: tuple[Loose, ...] = ()  # test methods that no test runs
    replaced: tuple[TestId, ...] = ()  # tests that were others when they were collected
    running: TestId | None = None  # started, and never ended
    outcomes: tuple[Recorded, ...] = ()
    class_outcomes: tuple[Recorded, ...] = ()  # setUpClass and tearDownClass
    logs: tuple[Logged, ...] = ()

    @classmethod
    def parse(cls, data: bytes, secret: bytes = b"") -> Recording:
        events, wrong = opened(data, secret)
        builder = _Builder({"wrong": wrong})
        for event in events:
            builder.add(event)
        return builder.built()


@dataclass
class _Builder:
    values: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    found: dict[Any, Found] = field(default_factory=dict)
    loose: dict[Any, Loose] = field(default_factory=dict)
    outcomes: dict[Any, Recorded] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        handler = getattr(self, f"_on_{event.get('event')}", None)
        if handler:
            handler(event)

    def built(self) -> Recording:
        kinds = dict.fromkeys(("looked_at", "imported", "present"), frozenset)
        lists: dict[str, Any] = {name: kinds.get(name, tuple)(items) for name, items in self.lists.items()}
        return Recording(
            **self.values,
            **lists,
            found=tuple(self.found.values()),
            loose=tuple(self.loose.values()),
            outcomes=tuple(self._outcomes().values()),
        )

    def _outcomes(self) -> dict[Any, Recorded]:
        """Up to 17.0 Odoo runs a test again in each file that imports its class: what failed once has failed."""
        outcomes: dict[Any, Recorded] = {}
        for outcome in self.outcomes.values():
            if outcome.key not in outcomes or outcomes[outcome.key].status not in ("failed", "error"):
                outcomes[outcome.key] = outcome
        return outcomes

    def _extend(self, name: str, *items: Any) -> None:
        self.lists.setdefault(name, []).extend(items)

    def _on_start(self, event: Event) -> None:
        self.values.update(started=True, odoo_version=text(event, "odoo") or None)

    def _on_hooked(self, event: Event) -> None:
        self.values["hooked"] = True

    def _on_hook_failed(self, event: Event) -> None:
        self.values["hook_failure"] = text(event, "traceback") or "unknown"

    def _on_raised(self, event: Event) -> None:
        self.values["raised"] = text(event, "traceback") or text(event, "error")

    def _on_end(self, event: Event) -> None:
        self.values.update(ended=True, end_code=number(event, "code") or 0)
        self._note_blindness(event)

    def _on_loading(self, event: Event) -> None:
        self._extend("loading", text(event, "module"))
        if event.get("copied") is False:
            self._extend("elsewhere", (text(event, "module"), text(event, "folder")))

    def _on_suite(self, event: Event) -> None:
        """Each position finds all tests, and selects some: a test counts as selected where one of them did."""
        self._extend("suites", text(event, "position"))
        self._note_blindness(event)
        self._extend("looked_at", *texts(event, "looked_at"))
        self._extend("imported", *texts(event, "imported"))
        self._extend("present", *texts(event, "present"))
        for item in map(entries.found, objects(event, "tests")):
            if item.key not in self.found or item.selected:
                self.found[item.key] = item
        for loose in map(entries.loose, objects(event, "loose")):
            self.loose.setdefault(loose.key, loose)

    def _note_blindness(self, event: Event) -> None:
        self.values["blind"] = self.values.get("blind") or text(event, "blind")

    def _on_test(self, event: Event) -> None:
        self.values["running"] = entries.test_id(event)
        if event.get("replaced") is True:
            self._extend("replaced", entries.test_id(event))

    def _on_outcome(self, event: Event) -> None:
        """Odoo may try a run again: the last attempt counts. One that ended in an unknown way is still running."""
        outcome = entries.recorded(event)
        if outcome.status != "unknown":
            self.values["running"] = None
            self.outcomes[outcome.key, number(event, "run")] = outcome

    def _on_class_outcome(self, event: Event) -> None:
        self._extend("class_outcomes", entries.recorded(event))

    def _on_log(self, event: Event) -> None:
        self._extend("logs", entries.logged(event))


EARLY = ("start", "hook_failed")  # before the recorder has heard the secret


def opened(data: bytes, secret: bytes) -> tuple[list[Mapping[str, Any]], str]:
    """The events in their order, and what is wrong with the record as a whole; empty where nothing is.

    A last line without its end is where a process was killed, and is passed over.
    """
    lines = data.split(b"\n")[:-1]
    events: dict[int, Mapping[str, Any]] = {}
    for line in lines:
        event = _event(line, secret)
        if event is not None:
            events.setdefault(event["n"], event)
    foreign, missing = len(lines) - len(events), max(events, default=0) - len(events)
    wrong = [f"{foreign} of its lines are not the recorder's own"] if foreign else []
    wrong += [f"{missing} of its lines are missing"] if missing else []
    return list(events.values()), ", and ".join(wrong)


def _event(line: bytes, secret: bytes) -> Mapping[str, Any] | None:
    """None for anything that the recorder does not write."""
    text, _, seal = line.rpartition(b" ") if line[-1:] != b"}" else (line, b"", b"")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    number = event.get("n") if isinstance(event, dict) else None
    if type(number) is not int or number < 1:
        return None
    if secret and not (hmac.compare_digest(_seal(text, secret), seal) or (not seal and event.get("event") in EARLY)):
        return None
    return event  # type: ignore[no-any-return]  # a dictionary, as was seen above


def _seal(text: bytes, secret: bytes) -> bytes:
    """On both sides of the text: nobody can go on from a seal that was seen."""
    return hashlib.sha256(secret + text + secret).hexdigest().encode()
