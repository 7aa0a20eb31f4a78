"""The lines of a record: all of them there, each once, and none that the recorder did not write.

What runs inside Odoo is the tested module's own code, and the record lies where that code can write. Events are numbered
from 1; once the module's code may run, each is sealed with a secret that only the runner and the recorder know.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

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
