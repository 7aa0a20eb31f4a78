"""Text for people: made safe to show, made short, and written to streams whose reader may go away.

What comes out of a test, a manifest or a container may hold anything, terminal commands included.
"""

from __future__ import annotations

import codecs
import difflib
import io
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
# C0 and C1 controls, lone surrogates, and the marks that turn the direction of text or break lines.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def harmless(text: str) -> str:
    """``text`` without terminal escapes; line ends stay, each other control character becomes U+FFFD."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _CONTROLS.sub("\ufffd", text.replace("\r", " ").replace("\t", "    "))


def one_line(text: str) -> str:
    """``text``, harmless and on one line: what a module says of itself must not look like a line of ours."""
    return harmless(text).replace("\n", " ")


def inert(text: str) -> str:
    """``text`` that GitHub's runner does not take for a workflow command (``::`` at a line's start, ``##[`` anywhere)."""
    return _COMMAND.sub(r"\1: ", text).replace("##[", "# #[")


def as_ci_takes_it(environ: Mapping[str, str]) -> Callable[[str], str]:
    """What must be done to text of others before it is printed: GitHub's runner obeys commands in any output."""
    return inert if environ.get("GITHUB_ACTIONS") == "true" else str


def as_shown(text: str) -> str:
    """``text``, harmless to a terminal and to the CI system that this process runs in."""
    return as_ci_takes_it(os.environ)(harmless(text))


def without_credentials(text: object) -> str:
    """Text with addresses, or an address, without the user and password (a token, perhaps) in them."""
    return re.sub(r"//[^/\s]*@", "//", str(text))  # a password may hold an @


def shorten(text: str, width: int) -> str:
    """``text`` in at most ``width`` characters, with dots at its end if something is left out.

    It is cut between two words, unless that would leave out half of it.
    """
    if len(text) <= width:
        return text
    whole_words = text[: width - 2].rpartition(" ")[0].rstrip()
    return f"{whole_words if len(whole_words) > width // 2 else text[: width - 3]}..."


def closest(name: str, candidates: Iterable[str], count: int = 1) -> list[str]:
    """What ``name`` was perhaps meant to be, the likeliest first; nothing if no candidate is like it.

    Capitals do not matter: they are what is mistaken most easily.
    """
    written = {candidate.lower(): candidate for candidate in candidates}
    return [written[match] for match in difflib.get_close_matches(name.lower(), list(written), n=count, cutoff=0.7)]


def not_utf8(data: bytes) -> tuple[int, str] | None:
    """What keeps ``data`` from being text in UTF-8, with its line (from 1) before it; None if nothing does."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return 1, "is written in UTF-16: save it as UTF-8"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return line, f"is not written in UTF-8 (the byte 0x{data[error.start]:02x} is none of it): save it as UTF-8"
    return None


def did_you_mean(names: Iterable[str]) -> str:
    """A question; empty if there is no name."""
    return f"Did you mean {' or '.join(names)}?" if (names := list(names)) else ""


class Careful(io.TextIOBase):
    """Writes to ``stream`` and never raises: what its encoding lacks becomes ``?``, and a reader may be gone.

    Text goes through ``passed`` before it is written.
    """

    def __init__(self, stream: TextIO, *, passed: Callable[[str], str] = str) -> None:
        self._stream, self._passed = stream, passed
        self.gone = False  # whether nobody reads any more

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        if not self.gone:
            self._attempt(self._passed(text).encode(self.encoding, "replace").decode(self.encoding))
        return len(text)

    def flush(self) -> None:
        if not self.gone:
            self._attempt("")

    def isatty(self) -> bool:
        return not self.gone and self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def _attempt(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self.gone = True
            silence(self._stream)


def say(text: str, stream: TextIO | None = None) -> None:
    """A line on standard error, or on ``stream``. Work does not break off because nobody can read it any more."""
    Careful(stream or sys.stderr, passed=as_shown).write(f"{text}\n")


def silence(stream: TextIO) -> None:
    """Redirects a broken stream to nowhere: Python flushes it once more at its end and exits with 120 if that fails."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass  # it has no descriptor or is closed: nothing can be flushed


def counted(number: int, noun: str) -> str:
    """``1 test``, ``2 tests``, ``2 classes``."""
    return f"{number} {noun}" + ("" if number == 1 else "es" if noun.endswith("s") else "s")


def listed(lines: Sequence[str], at_most: int = 20) -> tuple[str, ...]:
    """The first ``at_most`` of ``lines``, and how many more there are."""
    more = len(lines) - at_most
    return (*lines[:at_most], *((f"... and {more} more",) if more > 0 else ()))


def last(text: str, count: int = 12) -> tuple[str, ...]:
    """The last ``count`` lines of ``text`` that are not empty."""
    return tuple(line for line in text.rstrip().splitlines() if line.strip())[-count:]


def last_line(text: str) -> str:
    """The last line of ``text`` that is not empty: that of a traceback names the exception. Empty if there is none."""
    return next(iter(last(text, 1)), "")


def relative(path: Path, root: Path) -> str:
    """``path`` as seen from ``root`` if it lies in there, else as it is; with slashes on every system."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def file_line(file: str | None, line: int | None) -> str:
    """``file:line``; the file alone if no line is known, and nothing without a file."""
    return f"{file}:{line}" if file and line else file or ""


def percentage(value: float) -> str:
    """``value`` percent with one decimal, cut and not rounded: 99.99 must not look like 100."""
    return f"{math.floor(value * 10) / 10:.1f} %"
