"""Who reads along: a person at a terminal gets a live line, everyone else plain lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from hub_runner.observer import Observer
from hub_runner.report.harmless import inert
from hub_runner.report.plain import Plain

# Set by whoever wants plain lines: people, CI systems, and programs that act for people.
PLAIN = ("NO_COLOR", "CI", "AI_AGENT", "AGENT")


def terminal(stream: TextIO, environ: Mapping[str, str], troubles: Sequence[str] = ()) -> Observer:
    """The observer that suits ``stream``. ``troubles`` is what other reports may still add until the run is finished."""
    if not is_for_a_person(stream, environ):
        return Plain(stream, troubles=troubles, inert=inert if environ.get("GITHUB_ACTIONS") == "true" else str)
    from hub_runner.report.live import Live

    return Live(stream, troubles=troubles)


def is_for_a_person(stream: TextIO, environ: Mapping[str, str]) -> bool:
    if any(environ.get(name) for name in PLAIN) or environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return False
    try:
        return stream.isatty()
    except ValueError:  # a closed stream
        return False
