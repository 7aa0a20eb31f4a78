"""Interrupt, terminate and hang-up become one exception, raised once, and only where the run can take it.

The usual handler raises anywhere: a signal between `finally:` and the first line of a cleanup tears the cleanup down. So
here signals are noted, and raised only inside `raising()`, which surrounds the body of a run but none of its cleanup.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from hub_runner.errors import Interrupted

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stop(BaseException):
    """What the handler raises. No Exception: the SDK, like many, takes each of those for a failure of its own."""


class Signals:
    """What has arrived so far. Made by ``held``."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self._raising = False
        self._raised = False

    def handle(self, number: int, frame: FrameType | None = None) -> None:
        self.received.append(number)
        self._raise_first()

    @contextlib.contextmanager
    def raising(self) -> Iterator[None]:
        """From here the first signal raises Interrupted, also one that came before. Later ones only count."""
        self._raising = True
        try:
            self._raise_first()
            yield
        except _Stop:
            raise Interrupted(self.received[0]) from None
        finally:
            self._raising = False

    def _raise_first(self) -> None:
        if self._raising and self.received and not self._raised:
            self._raised = True
            raise _Stop


@contextlib.contextmanager
def held() -> Iterator[Signals]:
    """Catches the signals until the block ends. A hang-up that was ignored from the start (nohup) stays ignored."""
    signals = Signals()
    before = {
        number: signal.signal(number, signals.handle)
        for number in HANDLED
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN)
    }
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
