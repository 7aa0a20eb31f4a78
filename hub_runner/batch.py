"""Several modules, each in an environment of its own; the gravest exit code is that of the whole.

Several runs beside each other, each in a process of its own: with its own port, environment, log and result.
"""

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
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from typing import Any, BinaryIO, NoReturn

from hub_runner import errors, report
from hub_runner.checkout import modules
from hub_runner.errors import HubRunnerError, Interrupted, UsageError, gravest, signal_exit_code
from hub_runner.host import process, signals
from hub_runner.host.process import end_with
from hub_runner.plan import Plan, plans
from hub_runner.result import Observers, RunInfo
from hub_runner.settings import Settings

RUNNING = ("hub_runner.run", "hub_runner.report.junit", "hub_runner.report.terminal")
BROKEN_OFF = "the run was broken off while it was being prepared."


def run_modules(
    names: list[str],
    settings: Settings,
    *,
    command: tuple[str, ...],
    as_json: bool = False,
    at_once: int = 1,
) -> int:
    """Refuses all that is wrong first, then runs; an interrupt ends the whole. Raises HubRunnerError.

    ``at_once`` runs go on beside each other, in processes of their own.
    """
    process.follow()
    with _refusing(settings):
        with errors.packages(), _loading(*RUNNING):
            planned = _plans(names, settings, command)
        if at_once < 2 or len(planned) < 2:  # what a run raises was in its way before it had a log of its own
            return _run_each(planned, report.reporting(settings, as_json=as_json))
    return run_beside([partial(_run_one, it, as_json=as_json) for it in planned], at_once)


def _run_one(planned: Plan, *, as_json: bool) -> int:
    """One of several beside each other. What was planned is what is tested: nothing is read or asked again."""
    with _refusing(planned.settings):
        return _run_each([planned], report.reporting(planned.settings, as_json=as_json))


def _run_each(planned: list[Plan], reporting: Callable[[RunInfo], Observers]) -> int:
    from hub_runner.run import run

    codes: list[int] = []
    with signals.held() as arrived:
        for it in planned:
            if arrived.received:  # perhaps too late to be in the last run's verdict: it ends the whole all the same
                codes.append(signal_exit_code(arrived.received[0]))
                break
            codes.append(run(it, reporting, arrived).return_code)
    return gravest(codes)


@contextlib.contextmanager
def _refusing(settings: Settings) -> Iterator[None]:
    """First of all the older log goes, which must not be taken for ours (I9); where nothing begins, the new one says why.

    Where there is not even a folder for modules is no checkout, and no log is left there.
    """
    anew = any(folder.is_dir() for folder in settings.addons_folders)
    report.refused(settings.output_folder, BROKEN_OFF, anew=anew)
    try:
        yield
    except HubRunnerError as error:
        report.refused(settings.output_folder, str(error), anew=anew)
        raise


@contextlib.contextmanager
def _loading(*names: str) -> Iterator[None]:
    """All that a run needs, the engine's SDK above all, takes as long to load as compose to read its file: side by side."""
    with ThreadPoolExecutor(1) as pool:
        loaded = pool.submit(lambda: [import_module(name) for name in names])
        yield
        loaded.result()


def _plans(names: list[str], settings: Settings, command: tuple[str, ...]) -> list[Plan]:
    if not names:
        listing = modules.catalogue(settings.addons_folders).listing()
        raise UsageError(f"Which module? Say `nox -s test -- MODULE`. {listing}")
    return plans(list(dict.fromkeys(names)), settings, command=command)


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
        return code if code >= 0 else signal_exit_code(-code)


def run_beside(
    queue: Sequence[Work],
    at_once: int,
    *,
    method: str = METHOD,
    out: BinaryIO | None = None,
    err: BinaryIO | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Does all, ``at_once`` at a time, shows what each said in the given order; the gravest exit code.

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
                arrived.interruptible(partial(sleep, 0.05))  # not above: no process may begin, no word be shown, by halves
        except Interrupted:
            for job in _running(started):
                job.interrupt(arrived.received[0])
        codes = [job.join() for job in started]
        next(shown)
        return gravest([*codes, *map(signal_exit_code, arrived.received[:1])])


def _begin(work: Work, stdout: Words, stderr: Words, maker: int) -> NoReturn:
    """In the new process: its signals and words are its own, and it ends with the one that made it."""
    for number in signals.HANDLED:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.HANDLED)
    os.dup2(stdout.file.fileno(), sys.stdout.fileno())
    os.dup2(stderr.file.fileno(), sys.stderr.fileno())
    process.end_with_parent(maker)
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
