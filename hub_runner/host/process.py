"""Interrupt, terminate and hang-up become one exception, raised once, and only where the run can take it.

The usual handler raises anywhere: a signal between `finally:` and the first line of a cleanup tears the cleanup down. So
here signals are noted, and raised only inside `raising()`, which surrounds the body of a run but none of its cleanup.

The end of the parent process, which nobody else tells us of.

A process that outlives the one that starts it, also where a CI system kills all that a job has left.

How a process of ours ends: whatever happened, with words that its user understands and the right exit code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hub_runner.errors import EnvironmentFailure, ExitCode, HubRunnerError, Interrupted

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


def follow(environ: Mapping[str, str] = os.environ) -> None:
    """Ends this process with its parent, where whoever started it asked for that (HUB_RUNNER_PARENT, a process id)."""
    if (parent := environ.get("HUB_RUNNER_PARENT", "")).isdecimal():
        end_with_parent(int(parent))


def end_with_parent(parent: int, *, interval: float = 0.2) -> None:
    """Sends this process SIGTERM once ``parent`` is gone: a nox that is killed leaves its child running, unsignalled."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(interval)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()


# GitHub, Azure and Jenkins kill every process that carries these when a job is over, wherever it has gone.
CI_MARKS = {"RUNNER_TRACKING_ID", "VSTS_PROCESS_LOOKUP_ID", "JENKINS_NODE_COOKIE", "BUILD_ID"}


def started(words: tuple[str, ...], *, holding: int) -> subprocess.Popen[bytes]:
    """``python -m WORDS`` in a session of its own, with a pipe to its input; it holds the descriptor ``holding``, too.

    Raises EnvironmentFailure where no process can be made.
    """
    package = str(Path(__file__).parents[2])
    environ = {key: value for key, value in os.environ.items() if key not in CI_MARKS}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    try:
        return subprocess.Popen(
            (sys.executable, "-m", *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(holding,),
            start_new_session=True,
            cwd="/",
            env=environ,
        )
    except OSError as error:
        raise EnvironmentFailure(
            f"The process that guards the cleanup could not be started: {error}. Nothing was begun without it. Look at the "
            "limits of processes and memory (`ulimit -a`), and whether this Python is still there."
        ) from error


def end_with(work: Callable[[], int]) -> NoReturn:
    """Does ``work`` and ends the process with the exit code that it returns, or that of what it raises (see ``errors``).

    Expected errors are one clear paragraph, a defect is a traceback.
    """
    try:
        code = work()
    except HubRunnerError as error:
        _say(f"hub-runner: {error}")
        code = error.return_code
    except KeyboardInterrupt:
        code = 130
    except Exception:  # noqa: BLE001  # the last resort: said plainly, with a code of its own
        _say(f"{traceback.format_exc()}hub-runner: this is a defect of hub-runner itself, please report it.")
        code = ExitCode.DEFECT.value
    for number in HANDLED:  # one more at the very end must not change the exit code
        signal.signal(number, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed or full
            stream.flush()
    os._exit(code)  # all is done: the interpreter's own end would take longer than what the runner itself does


def _say(text: str) -> None:
    """Where nobody can read it any more, the exit code says it alone."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr)  # noqa: T201
