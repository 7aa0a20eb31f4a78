"""Several runs beside each other, each in a process of its own: with its own port, environment, log and result."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from typing import Any, BinaryIO, NoReturn

from hub_runner import parent, signals
from hub_runner.ending import end_with
from hub_runner.errors import Interrupted

Work = Callable[[], int]
# A copy of this process has loaded all that a run needs. macOS has libraries that do not bear to be copied.
METHOD = "fork" if sys.platform == "linux" else "spawn"


class Words:
    """What a process says: in a file without a name until it is its turn to be shown. It can be handed to that process."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self.file = file or tempfile.TemporaryFile()  # noqa: SIM115  # shown, and closed, much later

    def __reduce__(self) -> tuple[Any, ...]:
        return _handed, (DupFd(self.file.fileno()),)

    def show(self, stream: BinaryIO) -> None:
        self.file.seek(0)
        with contextlib.suppress(OSError):  # a reader that has gone is no reason to leave the others alone
            shutil.copyfileobj(self.file, stream)
            stream.flush()
        self.file.close()


def _handed(descriptor: Any) -> Words:
    return Words(os.fdopen(descriptor.detach(), "wb"))


class Job:
    """A run in a process of its own, from its start on."""

    def __init__(self, work: Work, method: str) -> None:
        self.stdout, self.stderr = Words(), Words()
        words = (work, self.stdout, self.stderr, os.getpid())
        context: Any = multiprocessing.get_context(method)
        self.process: BaseProcess = context.Process(target=_begin, args=words)
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signals.HANDLED)  # until it no longer takes them for ours
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    @property
    def is_running(self) -> bool:
        return self.process.exitcode is None

    def interrupt(self, number: int) -> None:
        assert self.process.pid
        os.kill(self.process.pid, number)

    def join(self) -> int:
        """Waits for its end; the exit code as a shell has it: one that was killed says so too."""
        self.process.join()
        code = self.process.exitcode
        assert code is not None
        return code if code >= 0 else 128 - code


def run_beside(
    queue: Sequence[Work],
    at_once: int,
    *,
    method: str = METHOD,
    out: BinaryIO | None = None,
    err: BinaryIO | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Does all, ``at_once`` at a time, shows what each said in the given order; the worst exit code.

    One interrupt goes to all that run, waits until they have cleaned up, and keeps the others from starting.
    """
    with signals.held() as arrived:
        started: list[Job] = []
        shown = _shown(started, out or sys.stdout.buffer, err or sys.stderr.buffer)
        try:
            while len(started) < len(queue) or _running(started):
                while len(started) < len(queue) and len(_running(started)) < at_once:
                    started.append(Job(queue[len(started)], method))
                next(shown)
                with arrived.raising():  # not above: no process may begin, and no word be shown, by halves
                    sleep(0.05)
        except Interrupted:
            for job in _running(started):
                job.interrupt(arrived.received[0])
        codes = [job.join() for job in started]
        next(shown)
        return max([*codes, *(128 + number for number in arrived.received[:1])], default=0)


def _begin(work: Work, stdout: Words, stderr: Words, maker: int) -> NoReturn:
    """In the new process: its signals and words are its own, and it ends with the one that made it."""
    for number in signals.HANDLED:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.HANDLED)
    os.dup2(stdout.file.fileno(), sys.stdout.fileno())
    os.dup2(stderr.file.fileno(), sys.stderr.fileno())
    parent.end_with_parent(maker)
    end_with(work)


def _running(started: Sequence[Job]) -> list[Job]:
    return [job for job in started if job.is_running]


def _shown(started: Sequence[Job], out: BinaryIO, err: BinaryIO) -> Iterator[None]:
    """Each step shows what has ended by then, as far as no job before it goes on."""
    done = 0
    while True:
        while done < len(started) and not started[done].is_running:
            started[done].stdout.show(out)
            started[done].stderr.show(err)
            done += 1
        yield
