"""Children that are waited for, one that must outlive this process, and the end of this process with its exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from hub_runner.errors import EnvironmentFailure, HubRunnerError, told_apart
from hub_runner.exit_codes import ExitCode, signal_exit_code
from hub_runner.host.signals import HANDLED
from hub_runner.text import as_shown, silence

# GitHub, Azure and Jenkins kill every process that carries these when a job is over, wherever it has gone.
PATHS = ("HUB_RUNNER_STATE", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "XDG_CACHE_HOME")  # variables that may hold a relative one
CI_MARKS = {"RUNNER_TRACKING_ID", "VSTS_PROCESS_LOOKUP_ID", "JENKINS_NODE_COOKIE", "BUILD_ID"}


def started(module: str, *arguments: str, holding: int) -> subprocess.Popen[bytes]:
    """Starts ``python -m MODULE ARGUMENTS`` so that it outlives this process, also if a CI system kills a job's rest.

    It runs in a session of its own, reads a pipe of ours as its input, and holds the descriptor ``holding``, too.
    Raises EnvironmentFailure if no process can be made.
    """
    environ = {key: value for key, value in os.environ.items() if key not in CI_MARKS}
    # It runs in another folder, where a relative path would lead elsewhere.
    environ |= {name: str(Path(environ[name]).absolute()) for name in PATHS if environ.get(name)}
    searched = filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))
    folders = (Path(__file__).parents[2], *map(Path, searched))
    environ["PYTHONPATH"] = os.pathsep.join(str(folder.absolute()) for folder in folders)
    try:
        return subprocess.Popen(
            (sys.executable, "-m", module, *arguments),
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


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kills a child that may have ended, and waits for its end."""
    if child.returncode is None and _looked_at(child, os.WNOHANG) is None:
        os.kill(child.pid, signal.SIGKILL)  # it is there until we have waited for it: the number cannot mean another one
        _looked_at(child, 0)


def wait(child: subprocess.Popen[bytes]) -> int:
    """Waits for the end of a child; its exit code, negative for a signal.

    Not ``child.wait()``: that takes a lock, and if a signal's exception breaks it off just there, the lock stays taken. The
    next one, in the cleanup, would wait for ever. (Seen when a terminal with a watch was closed.)
    """
    code = _looked_at(child, 0) if child.returncode is None else child.returncode
    assert code is not None
    return code


def completed(
    command: Sequence[str],
    *,
    timeout: float,
    environ: Mapping[str, str] | None = None,
    given: bytes | None = None,
    merged: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """Runs a command to its end: its exit code and what it wrote, all of it on standard output if ``merged``.

    ``given`` is its standard input, else that is empty. Raises OSError if it cannot be started, subprocess.TimeoutExpired
    if it does not end within ``timeout`` seconds: it is killed then. Not ``subprocess.run``, for the reason of ``wait``.
    """
    with subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
    ) as child:
        try:
            output, complaint = child.communicate(given, timeout=timeout)
        finally:
            kill(child)
    return subprocess.CompletedProcess(command, child.returncode, output, complaint)


def _looked_at(child: subprocess.Popen[bytes], options: int) -> int | None:
    """The exit code of a child if it has ended, which ``child`` knows from then on."""
    try:
        pid, status = os.waitpid(child.pid, options)
    except ChildProcessError:  # whoever was broken off had waited already, and its exit code is lost
        pid, status = child.pid, signal.SIGKILL
    if pid:
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode


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
        code = signal_exit_code(signal.SIGINT)
    except OSError as error:
        if expected := told_apart(error):
            _say(f"hub-runner: {expected}")
        code = expected.return_code if expected else _defect()
    except Exception:  # noqa: BLE001  # the last resort: said plainly, with a code of its own
        code = _defect()
    for number in HANDLED:  # one more at the very end must not change the exit code
        signal.signal(number, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        _flush(stream)
    sys.exit(code)


def _defect() -> int:
    _say(f"{traceback.format_exc()}hub-runner: this is a defect of hub-runner itself, please report it.")
    return ExitCode.DEFECT.value


def _flush(stream: TextIO) -> None:
    """Python flushes once more at its end, and would turn the exit code into 120 if that failed: so not to a dead reader."""
    try:
        stream.flush()
    except (OSError, ValueError):  # closed or full
        silence(stream)


def _say(text: str) -> None:
    """If nobody can read it any more, the exit code says it alone. Errors quote manifests and other files of modules."""
    with contextlib.suppress(OSError, ValueError):
        print(as_shown(text), file=sys.stderr)  # noqa: T201
