"""Interrupt, terminate and hang-up become one exception, raised once, and only while the run can take it.

The usual handler raises anywhere: a signal between `finally:` and the first line of a cleanup breaks the cleanup off. So
here signals are noted, and raised only inside ``Signals.interruptible``, which does the work of a run but none of its
cleanup.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeVar

from hub_runner.errors import Interrupted

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Answer = TypeVar("Answer")


class Stop(BaseException):
    """What the handler raises. It is no Exception, because the SDK takes each of those for a failure of its own.

    Work that catches it must come to its end quickly; ``number`` is the signal's.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


class Signals:
    """The signals that have arrived so far. Made by ``held``."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self._raising = False
        self._raised = False

    def handle(self, number: int, frame: FrameType | None = None) -> None:
        self.received.append(number)
        self._raise_first()

    def interruptible(self, work: Callable[[], Answer]) -> Answer:
        """Does ``work``; its answer. The first signal breaks it off, also one that came before; later ones only count.

        Raises Interrupted. This is a function and no context manager, because Python runs handlers between any two steps:
        between the end of a ``with`` block and its ``__exit__``, too, where no ``except`` of ours would catch Stop.
        """
        try:
            try:
                self._raising = True
                self._raise_first()
                return work()
            finally:  # a signal just before this line raises here, still inside the outer try
                self._raising = False
        except Stop:
            raise Interrupted(self.received[0]) from None

    def _raise_first(self) -> None:
        if self._raising and self.received and not self._raised:
            self._raised = True
            raise Stop(self.received[0])


@contextlib.contextmanager
def held() -> Iterator[Signals]:
    """Catches the signals until the block ends. A hang-up that was ignored from the start (nohup) stays ignored.

    An INT that was ignored from the start is caught all the same: shells start background jobs of scripts like that, and
    whoever sends an INT to the runner wants it to end.
    """
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


def heed_children() -> None:
    """Lets this process learn again how its children end, also if whoever started it ignores SIGCHLD, which is inherited.

    The kernel forgets them otherwise, and Python takes that for success: a red session would be green.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def heed_interrupts() -> None:
    """Makes Python raise KeyboardInterrupt on INT again, also if INT was ignored from the start (a script's `... &`)."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
