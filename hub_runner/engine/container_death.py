"""Why a service's container ended: what its state and the engine's events say, and nothing that they do not."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from typing import TypedDict

from hub_runner.engine.container import State

ENGINE_RESTARTED = 255  # what the engine notes of a container that went down with the engine itself


class Event(TypedDict, total=False):
    """One event of one container, as ``docker events`` tells it."""

    Action: str  # oom, kill, die, stop, destroy ...
    Actor: dict[str, dict[str, str]]


def cause_of_death(state: State | None, events: Iterable[Event]) -> str:
    """Such as "killed from outside with SIGKILL". ``state`` is None if the container is gone.

    ``events`` are its own, as far as the engine remembers: it knows a few hundred, of all its containers.
    """
    actions = {event.get("Action", ""): event for event in events}
    if (state and state.get("OOMKilled")) or "oom" in actions:
        return f"out of memory, so the kernel killed it{_code(state)}"
    if "destroy" in actions or (state and state["Status"] == "removing"):
        return "removed from outside"
    if state is None:
        return "gone: somebody removed it, or the engine lost it"
    if "stop" in actions:
        return f"stopped from outside{_code(state)}"
    if "kill" in actions:
        return f"killed from outside with {_signal(actions['kill'])}{_code(state)}"
    code = state.get("ExitCode", 0)
    if code == ENGINE_RESTARTED:
        return f"exited with {code}, as containers do if the engine itself ends"
    if code > 128 and (name := _signal_name(code - 128)):
        known = "die" in actions  # each container's last event
        how = ", which did not come through the engine" if known else "; the engine no longer knows who sent it"
        return f"ended by {name} (exit code {code}){how}"
    return f"{state['Status']} with {code}"


def is_still_told(state: State | None, events: Iterable[Event]) -> bool:
    """Whether the engine is about to say more of this end. It tells the signal first, the stop or removal later."""
    signals = {event.get("Action", ""): _signal(event) for event in events if _signal(event) != "SIGKILL"}
    if {"stop", "destroy"} & signals.keys() or (state and state["Status"] == "removing"):
        return False
    return "kill" in signals or (state is None and bool(signals))


def _code(state: State | None) -> str:
    return f" (exit code {state.get('ExitCode')})" if state else ""


def _signal(event: Event) -> str:
    number = event.get("Actor", {}).get("Attributes", {}).get("signal", "")
    return (_signal_name(int(number)) if number.isdecimal() else "") or f"signal {number}"


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else ""
