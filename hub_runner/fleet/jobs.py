"""Tasks beside each other, each in a process of its own; what they print is shown in the order in which they began.

Processes begin as copies (fork) of the one that has loaded and planned everything. A ``python -m hub_runner run`` for each
module would be simpler, but would load and plan again: 0.35 s of processor time more for each module.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from typing import Any, BinaryIO, NoReturn

import psutil

from hub_runner.errors import Interrupted
from hub_runner.exit_codes import ExitCode, signal_exit_code
from hub_runner.fleet.engines import RemoteEngine, Slots
from hub_runner.fleet.live_table import LiveTable, Row
from hub_runner.host import parent_watch, signals
from hub_runner.host.process import end_with
from hub_runner.report.terminal import HEARTBEAT
from hub_runner.text import last_line, one_line, shorten

METHOD = "fork" if sys.platform == "linux" else "spawn"  # macOS: some system libraries break in a copied process
TAIL = 4096  # bytes at the end of a process's output in which its last line is looked for
SPARE = 256  # open files beside those of tasks
WIDTH = 160  # characters of that line


def jobs_for_this_machine() -> int:
    """As many runs as there are cores, and 2 GB of free memory for each: an Odoo server, a test process and PostgreSQL."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, psutil.virtual_memory().available // 2**31))


@dataclass(frozen=True, kw_only=True)
class Task:
    """``work`` is done in a process of its own and returns the exit code; ``name`` is what the user calls it."""

    name: str
    work: Callable[[], int]


class Output:
    """What a process prints, in a file without a name until it is shown. An Output can be handed to another process.

    Because the file has no name, nothing of it is left, whoever is killed.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self.file = file or tempfile.TemporaryFile()  # noqa: SIM115  # shown, and closed, much later

    def __reduce__(self) -> tuple[Any, ...]:  # Any: as pickle declares it
        return _received, (DupFd(self.file.fileno()),)

    def show(self, stream: BinaryIO) -> None:
        self.file.seek(0)
        with contextlib.suppress(OSError):  # if the reader is gone, the other tasks go on
            shutil.copyfileobj(self.file, stream)
            stream.flush()
        self.file.close()

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def add(self, line: str) -> None:
        """Adds a line as a whole, although other processes may add to the same file."""
        os.write(self.file.fileno(), f"\n{line}\n".encode())

    def lines(self) -> list[bytes]:
        """Those that were added so far."""
        return os.pread(self.file.fileno(), os.fstat(self.file.fileno()).st_size, 0).splitlines()

    def last_line(self) -> str:
        """The last line so far, harmless to show. Reading it does not move the position of the process that writes."""
        descriptor = self.file.fileno()
        end = os.fstat(descriptor).st_size
        text = os.pread(descriptor, TAIL, max(0, end - TAIL)).decode(errors="replace")
        return shorten(one_line(last_line(text)).strip(), WIDTH)


def _received(descriptor: Any) -> Output:  # Any: what DupFd returns has no public type
    return Output(os.fdopen(descriptor.detach(), "wb"))


class Job:
    """A task in its process, from the start of the process on."""

    def __init__(self, task: Task, method: str, engine: RemoteEngine | None = None) -> None:
        """``engine`` is the one that the process uses; None for that of this process."""
        self.task, self.began = task, time.monotonic()
        self.stdout, self.stderr = Output(), Output()
        self.code: int | None = None  # once it has ended, as a shell has it: 128 plus the number of a signal that killed it
        context: BaseContext = multiprocessing.get_context(method)
        arguments = (task.work, self.stdout, self.stderr, os.getpid(), engine)
        self._process: BaseProcess = context.Process(target=_begin, args=arguments)  # type: ignore[attr-defined]
        # Blocked until the copy has set up its own handlers: before that it would handle a signal as if it were us.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signals.HANDLED)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    @property
    def is_running(self) -> bool:
        """Once it has ended, nothing of the process stays open here: a thousand would be more than a process may have."""
        if self.code is None and (code := self._process.exitcode) is not None:
            self.code = code if code >= 0 else signal_exit_code(-code)
            self._process.close()
        return self.code is None

    def interrupt(self, number: int) -> None:
        assert self._process.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def join(self) -> int:
        """Waits for its end. Returns the exit code."""
        if self.is_running:
            self._process.join()
        assert not self.is_running
        assert self.code is not None
        return self.code

    def row(self) -> Row:
        """What it does now, as far as its last line tells."""
        last = self.stdout.last_line() or self.stderr.last_line() or "it has printed nothing yet"
        return Row(self.task.name, time.monotonic() - self.began, last)


class Screen:
    """Shows the output of jobs that have ended, in the order in which they began.

    Of those that run it shows a ``table`` to a person, and elsewhere a sign of life every 20 seconds.
    """

    def __init__(
        self,
        out: BinaryIO,
        err: BinaryIO,
        *,
        life: BinaryIO,
        table: LiveTable | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out, self._err, self._life, self._table, self._clock = out, err, life, table, clock
        self._begin = self._beat = clock()
        self._shown = 0  # jobs

    def update(self, jobs: Sequence[Job], total: int) -> None:
        """Shows each job that has ended if all jobs before it were shown. ``total`` includes jobs that are yet to come."""
        while self._shown < len(jobs) and not jobs[self._shown].is_running:
            self.clear()
            jobs[self._shown].stdout.show(self._out)
            jobs[self._shown].stderr.show(self._err)
            self._shown += 1
        running = [job for job in jobs if job.is_running]
        head = f"[{self._clock() - self._begin:6.1f} s] {len(jobs) - len(running)} of {total} modules done, running:"
        if not running:
            return
        if self._table:
            self._table.show(head, [job.row() for job in running])
        elif self._clock() - self._beat >= HEARTBEAT:
            self._beat = self._clock()
            self._say_what_runs(head, running)

    def clear(self) -> None:
        """From now on lines can be printed."""
        if self._table:
            self._table.clear()

    def _say_what_runs(self, head: str, running: Sequence[Job]) -> None:
        rows = (f"  {row.name} (since {row.seconds:.0f} s): {row.doing}" for row in (job.row() for job in running))
        text = "\n".join([head, *rows, ""])
        with contextlib.suppress(OSError, ValueError):  # the reader is gone
            self._life.write(text.encode(errors="replace"))
            self._life.flush()


def run_beside(
    tasks: Sequence[Task],
    slots: Slots,
    screen: Screen,
    *,
    max_failed: int | None = None,
    method: str = METHOD,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[list[int], int]:
    """Does all tasks. Returns the exit codes of those that were started, and a signal's number or 0.

    Tasks begin in the order that suits the ``slots``, and ``slots.begun`` says whose code is whose. Once ``max_failed``
    tasks have failed, no other is started. A signal goes to every process that runs, which has the time to clean up, and no
    other is started either.
    """
    _open_files(2 * len(tasks) + SPARE)
    with signals.held() as arrived:
        jobs: list[Job] = []
        try:
            while _go_on(jobs, tasks, slots, method, max_failed):
                screen.update(jobs, len(tasks))
                arrived.interruptible(partial(sleep, 0.05))  # only here: no process is started, and nothing shown, by halves
        except Interrupted:
            for job in _running(jobs):
                job.interrupt(arrived.received[0])
        finally:
            screen.clear()
        codes = [job.join() for job in jobs]
        screen.update(jobs, len(tasks))
        return codes, next(iter(arrived.received), 0)


def _open_files(number: int) -> None:
    """Lets this process have so many files open: what all have printed that wait until a slow one before them is shown."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS has another limit besides
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _go_on(jobs: list[Job], tasks: Sequence[Task], slots: Slots, method: str, max_failed: int | None) -> bool:
    """Gives back the slots of jobs that have ended, begins others there, and says whether any slot is taken.

    Not whether any job runs: all may have ended since their slots were looked at, and then tasks wait for these slots.
    """
    for number, job in zip(tuple(slots.begun), jobs, strict=True):
        if number in slots.running and not job.is_running:
            slots.give_back(number, environment_failed=job.code == ExitCode.ENVIRONMENT)
    while not _failed(jobs, max_failed) and (begun := slots.take()):
        number, engine = begun
        jobs.append(Job(tasks[number], method, engine))
    return bool(slots.running)


def _begin(work: Callable[[], int], stdout: Output, stderr: Output, parent: int, engine: RemoteEngine | None) -> NoReturn:
    """In the new process: gives it handlers and streams of its own, and lets it end with the process that made it."""
    if engine:
        engine.enter()
    for number in signals.HANDLED:
        if signal.getsignal(number) != signal.SIG_IGN:  # ignored: nohup
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.HANDLED)
    os.dup2(stdout.file.fileno(), sys.stdout.fileno())
    os.dup2(stderr.file.fileno(), sys.stderr.fileno())
    parent_watch.end_with_parent(parent)
    end_with(work)


def _failed(jobs: Sequence[Job], at_most: int | None) -> bool:
    return at_most is not None and sum(bool(job.code) for job in jobs) >= at_most


def _running(jobs: Sequence[Job]) -> list[Job]:
    return [job for job in jobs if job.is_running]
