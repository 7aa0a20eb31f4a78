"""Tells that the terminal has another size or has been somebody else's, so that what is shown can be laid out anew."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType, TracebackType

SIGNALS = (signal.SIGWINCH, signal.SIGCONT)  # another size; and `fg` after Ctrl-Z: the shell had set it for itself


class TerminalChanges:
    """A context manager of the main thread. ``fileno`` becomes readable after each of ``SIGNALS``."""

    def __enter__(self) -> TerminalChanges:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._before = [signal.signal(number, self._note) for number in SIGNALS]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in zip(SIGNALS, self._before, strict=True):
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def _note(self, number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):  # so many unread: one more says nothing new
            os.write(self._writer, b"x")

    def fileno(self) -> int:
        return self._reader

    def clear(self) -> None:
        """Forgets those so far, of which there is one at least."""
        os.read(self._reader, 65536)
