"""Tracebacks, cut down to the frames that a reader of a failing test wants to see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub_runner.result import Outcome
from hub_runner.text import harmless, shorten

_FRAME = re.compile(r'  File "(?P<file>[^"\n]*)", line (?P<line>\d+)')
_EXCEPTION = re.compile(r"^Traceback \(most recent call last\):\n(?: .*\n)*(?P<line>\S.*)", re.MULTILINE)
WIDTH = 200
LINES = 30  # of one shortened traceback; the log and result.json have all of it


def relevant(outcome: Outcome, limit: int = LINES) -> list[str]:
    """The module's own frames, the last frame, and the exception itself, at most ``limit`` + 1 lines, harmless to show."""
    lines = [
        shorten(line.rstrip(), WIDTH) for line in _kept(harmless(outcome.traceback).rstrip().split("\n"), outcome.module)
    ]
    if len(lines) <= limit:
        return lines
    half = limit // 2
    return [*lines[:half], f"  ... {len(lines) - 2 * half} lines left out ...", *lines[-half:]]


def exception(outcome: Outcome) -> str:
    """The first line of the last exception. What follows it may be a message of many lines, or a comparison."""
    lines = [match["line"] for match in _EXCEPTION.finditer(outcome.traceback)]
    return shorten((lines or [outcome.traceback.strip().partition("\n")[0]])[-1], WIDTH)


def failing_line(outcome: Outcome) -> int | None:
    """The line of the test's own file that the last traceback passed through; else the line where the test begins."""
    name = (outcome.file or "").rpartition("/")[2]
    marks = [m for m in _FRAME.finditer(outcome.traceback) if name and m["file"].endswith(f"/{name}")]
    return int(marks[-1]["line"]) if marks else outcome.line


def _kept(lines: list[str], module: str) -> Iterator[str]:
    blocks = list(_blocks(lines))
    left_out = 0
    for number, block in enumerate(blocks):
        follows = blocks[number + 1][0] if number + 1 < len(blocks) else ""
        match = _FRAME.match(block[0])
        if match and f"/{module}/" not in match["file"] and _FRAME.match(follows):
            left_out += 1
            continue
        if left_out:
            yield f"  ... {left_out} {'frame' if left_out == 1 else 'frames'} outside of {module} ..."
        left_out = 0
        yield from block


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """A frame with its lines of source is one block; every other line is a block of its own."""
    block: list[str] = []
    for line in lines:
        in_frame = bool(block) and bool(_FRAME.match(block[0])) and line.startswith("    ")
        if block and not in_frame:
            yield block
            block = []
        block.append(line)
    if block:
        yield block
