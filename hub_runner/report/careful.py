"""A terminal or pipe that may go away at any moment, without a word to whoever writes to it."""

from __future__ import annotations

import io
import os
from typing import TextIO


class Careful(io.TextIOBase):
    """Takes what is written to ``stream``; what it cannot show becomes ``?``, and a reader that is gone is no error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.gone = False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        if not self.gone:
            self._attempt(text.encode(self.encoding, "replace").decode(self.encoding))
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
            _silence(self._stream)


def _silence(stream: TextIO) -> None:
    """Python flushes stdout once more at its end, and would turn the exit code into 120 if that failed."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass  # a stream without a descriptor, or a closed one: nothing that could be flushed
