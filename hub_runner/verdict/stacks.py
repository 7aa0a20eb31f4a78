"""Where the threads of Odoo's process were when it was stopped: the module's own lines first."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.checkout.python import lies_in
from hub_runner.verdict.events import Call, Thread
from hub_runner.verdict.evidence import Evidence

INNERMOST = 3  # calls outside of the module that are shown below those of the module
LINES = 30


def described(evidence: Evidence) -> tuple[str, ...]:
    """One line a call, the innermost first, of the threads that are in the module; of the others only the innermost call."""
    return tuple(line for thread in _threads(evidence) for line in _lines(thread, evidence))[:LINES]


def place(evidence: Evidence) -> tuple[str, int] | None:
    """The module's own line at which it was stopped, as seen from the checkout."""
    for thread in _threads(evidence):
        if calls := _own(thread, evidence):
            file = evidence.in_checkout(_inside(calls[0], evidence))
            return (file, calls[0]["line"]) if file else None
    return None


def _threads(evidence: Evidence) -> list[Thread]:
    """Those that are in the module first; the main thread, in which tests run, before others."""
    threads = evidence.record.stopped["threads"] if evidence.record.stopped else []
    return sorted(threads, key=lambda thread: not _own(thread, evidence))


def _lines(thread: Thread, evidence: Evidence) -> Iterator[str]:
    own, innermost = _own(thread, evidence), thread["frames"][::-1]
    if not own:
        yield from (f"thread {thread['name']}: {_line(call['file'], call)}" for call in innermost[:1])
        return
    yield f"thread {thread['name']}, the innermost call first:"
    for call in own:
        yield f"  {_line(evidence.in_checkout(_inside(call, evidence)) or call['file'], call)}"
    outside = [call for call in innermost[:INNERMOST] if call not in own]
    if outside:
        yield "  inside of Odoo and Python:"
        yield from (f"    {_line(call['file'], call)}" for call in outside)


def _line(file: str, call: Call) -> str:
    return f"{file}:{call['line']} in {call['function']}" + (f": {call['source']}" if call["source"] else "")


def _own(thread: Thread, evidence: Evidence) -> list[Call]:
    """The calls that lie in the module's files, the innermost first."""
    return [call for call in thread["frames"][::-1] if lies_in(call["file"], evidence.module.name)]


def _inside(call: Call, evidence: Evidence) -> str:
    return call["file"].rpartition(f"/{evidence.module.name}/")[2]
