"""Several runs beside each other, each in a process of its own: with its own port, environment, log and result."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from hub_runner import signals
from hub_runner.errors import Interrupted
from hub_runner.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run that goes on. What it says is kept until it is its turn to be shown."""

    process: subprocess.Popen[bytes]
    stdout: BinaryIO
    stderr: BinaryIO

    @property
    def code(self) -> int:
        """As a shell has it: one that was killed says so too."""
        code = self.process.returncode
        return code if code >= 0 else 128 - code


@dataclass(frozen=True, kw_only=True)
class Task:
    """A process to start, and what it reads from its standard input: pickled, for it is our own process."""

    command: tuple[str, ...]
    given: Any = None


def tasks(plans: Sequence[Plan], *, as_json: bool, python: str = sys.executable) -> list[Task]:
    """What was planned is what is tested: nothing is read or asked again. The name is for who looks at the processes."""
    flags = ("--planned", *(["--json"] if as_json else []))
    return [Task(command=(python, "-m", "hub_runner", "run", it.module.name, *flags), given=it) for it in plans]


def run_beside(
    queue: Sequence[Task],
    jobs: int,
    *,
    environ: Mapping[str, str] = os.environ,
    out: Callable[[], BinaryIO] = lambda: sys.stdout.buffer,
    err: Callable[[], BinaryIO] = lambda: sys.stderr.buffer,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Runs all, ``jobs`` at a time, shows what each said in the given order; the worst exit code.

    One interrupt goes to all that run, waits until they have cleaned up, and keeps the others from starting.
    """
    environ = {**environ, "HUB_RUNNER_PARENT": str(os.getpid())}
    with signals.held() as arrived, contextlib.ExitStack() as files:
        started: list[Job] = []
        shown = _shown(started, out, err)
        try:
            with arrived.raising():
                while len(started) < len(queue) or _running(started):
                    while len(started) < len(queue) and len(_running(started)) < jobs:
                        started.append(_start(queue[len(started)], environ, files))
                    next(shown)
                    sleep(0.05)
        except Interrupted:
            for job in _running(started):
                job.process.send_signal(arrived.received[0])
        for job in started:
            job.process.wait()
        next(shown)
        codes = [job.code for job in started]
        return max([*codes, *(128 + number for number in arrived.received[:1])], default=0)


def _start(task: Task, environ: Mapping[str, str], files: contextlib.ExitStack) -> Job:
    stdin, stdout, stderr = (files.enter_context(tempfile.TemporaryFile()) for _ in range(3))  # noqa: SIM115  # the stack closes them
    pickle.dump(task.given, stdin)
    stdin.seek(0)
    process = subprocess.Popen(task.command, env=environ, stdin=stdin, stdout=stdout, stderr=stderr)
    return Job(process=process, stdout=stdout, stderr=stderr)


def _running(started: Sequence[Job]) -> list[Job]:
    return [job for job in started if job.process.poll() is None]


def _shown(started: Sequence[Job], out: Callable[[], BinaryIO], err: Callable[[], BinaryIO]) -> Iterator[None]:
    """Each step shows what has ended by then, as far as no job before it goes on."""
    done = 0
    while True:
        while done < len(started) and started[done].process.poll() is not None:
            for file, stream in ((started[done].stdout, out()), (started[done].stderr, err())):
                file.seek(0)
                with contextlib.suppress(OSError):  # a reader that has gone is no reason to leave the others alone
                    shutil.copyfileobj(file, stream)
                    stream.flush()
            done += 1
        yield
