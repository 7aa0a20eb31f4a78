"""What is read from the traceback of a failed test: its exception, and the frames that lie in the module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub_runner.checkout.python import lies_in
from hub_runner.report.javascript import browser_first
from hub_runner.result import Outcome
from hub_runner.text import harmless, shorten

_FRAME = re.compile(
    r'^  File "(?P<file>[^"\n]*)", line (?P<line>\d+)(?:, in (?P<function>.*))?(?:\n    (?P<source>.*))?', re.M
)
_EXCEPTION = re.compile(r"^Traceback \(most recent call last\):\n(?: .*\n)*(?P<message>\S.*(?:\n.*)*)", re.MULTILINE)
_NEXT = re.compile(
    r"\n\n(?:Traceback \(most recent call last\):|The above exception was the direct|During handling of the above)"
)
# Odoo's error in a template: its first line says only that one was rendered. Below it stand the cause, and the place.
_IN_TEMPLATE = re.compile(r"\S*QWeb(?:Error|Exception): Error while render(?:ing)? the template:?\n\s*(?P<cause>\S.*)")
_TEMPLATE = re.compile(r"^\s*Template: (.+)$", re.MULTILINE)
_ELEMENT = re.compile(r"^\s*(?:Element|Node): (.+)$", re.MULTILINE)
WIDTH = 200  # characters of one line
LINES = 30  # of one shortened traceback; the log and result.json have all of it


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One step of a traceback. ``file`` is a path inside Odoo's container, ``line`` starts at 1."""

    file: str
    line: int
    function: str = ""
    source: str = ""


def deepest(outcome: Outcome) -> Frame | None:
    """The last frame in the module's own files; None if the traceback has none. The server's side of a test goes first."""
    return next((frames[-1] for text in _texts(outcome) if (frames := _own_frames(text, outcome.module))), None)


def callers(outcome: Outcome) -> list[Frame]:
    """The module's own frames that lead to the deepest one, the nearest first."""
    frames = next((found for text in _texts(outcome) if (found := _own_frames(text, outcome.module))), [])
    others = (frame for frame in frames[-2::-1] if frame != frames[-1])
    return list(dict.fromkeys(others))  # each once, however often a recursion came through


def exception(outcome: Outcome) -> str:
    """The first line of the last exception. What follows it may be a message of many lines, or a comparison."""
    return shorten(harmless(_message(outcome)[0]), WIDTH)


def message(outcome: Outcome) -> list[str]:
    """The lines of the last exception's message below its first one, harmless to show: a comparison, for example."""
    lines = (shorten(harmless(line).rstrip(), WIDTH) for line in _message(outcome)[1:])
    return [line for line in lines if line.strip()]


def failing_line(outcome: Outcome) -> int | None:
    """The line of the test's own file that the last traceback passed through; else the line where the test begins."""
    name = (outcome.file or "").rpartition("/")[2]
    frames = [frame for frame in _frames(outcome.traceback) if name and frame.file.endswith(f"/{name}")]
    return frames[-1].line if frames else outcome.line


def relevant(outcome: Outcome, limit: int = LINES) -> list[str]:
    """The module's own frames, the last frame, and the exception itself, at most ``limit`` + 1 lines, harmless to show."""
    lines = [
        shorten(line.rstrip(), WIDTH) for line in _kept(harmless(outcome.traceback).rstrip().split("\n"), outcome.module)
    ]
    if len(lines) <= limit:
        return lines
    half = limit // 2
    return [*lines[:half], f"  ... {len(lines) - 2 * half} lines left out ...", *lines[-half:]]


def _texts(outcome: Outcome) -> tuple[str, ...]:
    return tuple(text for text in (outcome.server_traceback, outcome.traceback) if text)


def _message(outcome: Outcome) -> list[str]:
    """All lines of the last exception of the traceback that tells most; the text itself if it is no traceback."""
    text = next(iter(_texts(outcome)), "")
    last = next(reversed(list(_blocks_of(text))), text)
    match = _EXCEPTION.search(last)
    return _cause_first(browser_first(match["message"] if match else text.strip())).splitlines() or [""]


def _cause_first(message: str) -> str:
    """The message of an error in a template with its cause before Odoo's words; each other one as it is."""
    match = _IN_TEMPLATE.match(message)
    if not match:
        return message
    place = ", ".join(found[1] for pattern in (_TEMPLATE, _ELEMENT) if (found := pattern.search(message)))
    return f"{match['cause']} ({f'in the template {place}' if place else 'in a template'})\n{message}"


def _blocks_of(text: str) -> Iterator[str]:
    """The tracebacks of a chain of exceptions, or of several subtests."""
    start = 0
    for match in _NEXT.finditer(text):
        yield text[start : match.start() + 1]
        start = match.start() + 2
    yield text[start:]


def _frames(text: str) -> list[Frame]:
    return [
        Frame(file=match["file"], line=int(match["line"]), function=match["function"] or "", source=match["source"] or "")
        for match in _FRAME.finditer(text)
    ]


def _own_frames(text: str, module: str) -> list[Frame]:
    """The frames in the module's files, of the last traceback that has any."""
    every = ([frame for frame in _frames(block) if lies_in(frame.file, module)] for block in _blocks_of(text))
    return next(reversed([frames for frames in every if frames]), [])


def _kept(lines: list[str], module: str) -> Iterator[str]:
    blocks = list(_blocks(lines))
    left_out = 0
    for number, block in enumerate(blocks):
        follows = blocks[number + 1][0] if number + 1 < len(blocks) else ""
        match = _FRAME.match(block[0])
        if match and not lies_in(match["file"], module) and _FRAME.match(follows):
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
