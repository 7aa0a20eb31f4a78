"""Text that came out of a test, made safe to show: it may hold anything, terminal commands included."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
# C0 and C1 controls, lone surrogates, and the marks that turn the direction of text or break lines.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def harmless(text: str) -> str:
    """``text`` without terminal escapes; line ends stay, each other control character becomes U+FFFD."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _CONTROLS.sub("\ufffd", text.replace("\r", " ").replace("\t", "    "))


def inert(text: str) -> str:
    """``text`` that GitHub's runner does not take for a workflow command (``::`` at a line's start, ``##[`` anywhere)."""
    return _COMMAND.sub(r"\1: ", text).replace("##[", "# #[")


def shorten(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
