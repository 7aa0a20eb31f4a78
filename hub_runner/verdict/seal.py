"""Whether a record is the recorder's own: nobody else wrote into it, and no line of it is missing.

What runs inside Odoo is the tested module's own code, and the record lies where that code can write. Therefore events are
numbered from 1, and each one is sealed with a secret that only the runner and the recorder know.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from hub_runner.verdict.events import SHAPES, Event, Numbered, is_of

EARLY = ("start", "hook_failed")  # written before the recorder has read the secret


def read(data: bytes, secret: bytes) -> tuple[list[Event], str]:
    """The events in their order, and what is wrong with the record as a whole, empty if nothing is.

    A last line without its end is where a process was killed: it is passed over. So is an event of an unknown name.
    """
    lines = data.split(b"\n")[:-1]
    events: dict[int, Event] = {}
    for line in lines:
        if event := _opened(line, secret):
            events.setdefault(event["n"], event)  # type: ignore[arg-type]  # of an unknown name at worst: left out below
    foreign, missing = len(lines) - len(events), max(events, default=0) - len(events)
    wrong = [f"{foreign} of its lines are not the recorder's own"] if foreign else []
    wrong += [f"{missing} of its lines are missing"] if missing else []
    return [event for event in events.values() if event["event"] in SHAPES], ", and ".join(wrong)


def _opened(line: bytes, secret: bytes) -> dict[str, Any] | None:  # Any: what JSON gives, until its shape was checked
    """The event of one line; None for anything that the recorder does not write."""
    text, _, seal = line.rpartition(b" ") if line[-1:] != b"}" else (line, b"", b"")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    early = not seal and isinstance(event, dict) and event.get("event") in EARLY
    if not early and not hmac.compare_digest(hmac.digest(secret, text, "sha256").hex().encode(), seal):
        return None
    if not is_of(event, Numbered) or event["n"] < 1 or not is_of(event, SHAPES.get(event["event"], Numbered)):
        return None
    return dict(event)
