"""A run that is started to be killed, with all the processes that belong to it."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from tests.standins.checkout import REPOSITORY, Checkout

# As a shell in a window starts a command: with a terminal of its own if it has one, and deaf to no signal, whatever
# started the chaos (a shell's background job ignores Ctrl-C, and hands that on).
FRESH = """
import fcntl, os, signal, sys, termios
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
if os.isatty(0):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
RUNNER = (sys.executable, "-m", "hub_runner", "run", "probe")
DEAF = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")  # as a script without job control starts `... &`
HERE = ("runner", "tty")  # fronts that start in the checkout itself, the second one on a terminal
MARKS = {
    "runner": "-m hub_runner ",
    "guard": "hub_runner.cleanup.guard",
    "compose": "--project-name",
    "nox": "-m nox",
    "client": "docker exec",
}


def started_by(front: str, words: tuple[str, ...] = ("run", "probe")) -> tuple[str, ...]:
    """What the user types into ``front``, for `hub_runner WORDS`."""
    runner = (sys.executable, "-m", "hub_runner", *words)
    session = "test" if words[0] == "run" else words[0]
    nox = (sys.executable, "-m", "nox", "--session", session, "--", *words[1:])
    return {
        "deaf runner": (*DEAF, *runner),
        "deaf nox": (*DEAF, *nox),
        "runner": runner,
        "tty": runner,
        "nox": nox,
        "terminal": nox,
        "script": (str(REPOSITORY / "scripts" / "run-tests.sh"), *words[1:]),
        "step": ("bash", "-e", "-c", f'{" ".join(nox)}; echo "the step goes on"'),  # as a CI system starts it
    }[front]


def phases_of(log: str) -> list[str]:
    """Where a run has come by, by its log."""
    return re.findall(r"^hub-runner \| phase +(\w+)$", log, re.MULTILINE)


def standing(checkout: Checkout, front: str) -> tuple[Path, dict[str, str]]:
    """The folder in which the user types ``front``, and the variables: nox is that of this repository."""
    return (checkout.root, checkout.environ) if front in HERE else (REPOSITORY, checkout.environ_elsewhere)


class Victim:
    """``front`` is what the user started. All of its processes carry the state folder of its checkout."""

    RUNS = ".hub-runner/runs"

    def __init__(
        self,
        checkout: Checkout,
        front: str,
        environ: Mapping[str, str] | None = None,
        words: tuple[str, ...] = ("run", "probe"),
    ) -> None:
        self.checkout, self.front = checkout, front
        self.terminal = -1
        self.told: list[int] = []  # the signals that the front was sent
        self.cwd, self.environ = standing(checkout, front)
        self.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), self.environ["PATH"]])
        self.environ["RUNNER_TRACKING_ID"] = "github_chaos"
        if front in HERE:  # nox keeps the environments of its sessions there
            (checkout.root / "tmp").mkdir(exist_ok=True)
            self.environ["TMPDIR"] = str(checkout.root / "tmp")
        self.environ.update(environ or {})
        self.output = (checkout.root / "output").open("a+b", buffering=0)
        with contextlib.ExitStack() as stack:
            streams = self._streams(stack)
            self.process = subprocess.Popen(
                (sys.executable, "-c", FRESH, *started_by(front, words)),
                cwd=self.cwd,
                env=self.environ,
                stdin=subprocess.PIPE if self.terminal < 0 else streams,  # a pipe that stays open: somebody may type yet
                stdout=streams,
                stderr=streams,
                start_new_session=True,
            )
        self._wait_for_terminal()

    def _streams(self, stack: contextlib.ExitStack) -> int:
        if self.front not in ("terminal", "tty"):
            return self.output.fileno()
        self.terminal, slave = pty.openpty()
        stack.callback(os.close, slave)
        self.reader = threading.Thread(target=self._drain, args=(self.terminal,), daemon=True)
        self.reader.start()
        return slave

    def _wait_for_terminal(self) -> None:
        """Until the terminal is the front's own: the kernel tells nobody before that if it closes."""
        while self.terminal >= 0 and self.process.poll() is None and os.tcgetpgrp(self.terminal) != self.process.pid:
            time.sleep(0.01)

    def _drain(self, terminal: int) -> None:
        """Somebody reads what is shown, until the terminal is closed. Never waits in a read: that would keep it open."""
        with contextlib.suppress(OSError):
            while self.terminal == terminal:
                if select.select([terminal], [], [], 0.05)[0]:
                    self.output.write(os.read(terminal, 65536))

    def hub_runner(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What the same user types next, in the same place."""
        return self.checkout.hub_runner(*words, environ=self.environ, cwd=self.cwd)

    def close_terminal(self) -> None:
        if self.process.poll() is None:
            self.told.append(signal.SIGHUP)  # by the kernel
        terminal, self.terminal = self.terminal, -1
        self.reader.join()
        os.close(terminal)

    def processes(self) -> Iterator[psutil.Process]:
        """All that lives of it, wherever it was reparented to."""
        state = self.environ["HUB_RUNNER_STATE"]
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("HUB_RUNNER_STATE") == state and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def find(self, *roles: str) -> list[psutil.Process]:
        """Those that play one of ``roles``: runner, guard, compose, nox, client (of docker), job (of a batch)."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                is_job = process.ppid() == self.process.pid and MARKS["runner"] in line
                if any(MARKS[role] in line for role in roles if role in MARKS) or ("job" in roles and is_job):
                    found.append(process)
        return found

    def send(self, number: int, *roles: str) -> int:
        """A signal to the front (without ``roles``) or to those who play them; how many there were."""
        targets = self.find(*roles) if roles else [psutil.Process(self.process.pid)] if self.process.poll() is None else []
        self.told += [number] * (bool(targets) and not roles)
        for process in targets:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        return len(targets)

    def send_group(self, number: int) -> None:
        """To all that the front's terminal would reach."""
        if self.process.poll() is None:
            self.told.append(number)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def wait_for(self, role: str, timeout: float = 15) -> None:
        """Until somebody plays ``role``, or the run is over."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end and not self.find(role):
            time.sleep(0.02)

    def wait_for_phase(self, phase: str, timeout: float = 60, *, times: int = 1) -> None:
        """Until it has come to ``phase`` so many times, or is over."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end and self.phases.count(phase) < times:
            time.sleep(0.02)

    def wait(self, seconds: float) -> None:
        """Lets it live for so long, or until its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=seconds)

    def end(self, timeout: float = 60) -> list[str]:
        """Waits until no process is left; those that are left after ``timeout`` seconds are named, and killed."""
        end = time.monotonic() + timeout
        while (self.process.poll() is None or any(self.processes())) and time.monotonic() < end:
            time.sleep(0.1)
        names = []
        for process in list(self.processes()):
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                words = " ".join(process.cmdline()[:6])
                process.kill()
                names.append(f"process {process.pid} {words}")
        self.process.wait()
        if self.process.stdin:  # not before: for a shell the end of its input is a wish to end
            self.process.stdin.close()
        if self.terminal >= 0:
            self.close_terminal()
        self.output.close()
        return names

    @property
    def said(self) -> str:
        """What its users were shown so far."""
        return (self.checkout.root / "output").read_text(errors="replace")

    @property
    def logs(self) -> list[str]:
        """What the runs of this checkout wrote, the oldest first."""
        files = self.checkout.root.glob(f"{self.RUNS}/*/proof_of_execution_tests.log")
        return [path.read_text(errors="replace") for path in sorted(files, key=lambda path: path.stat().st_mtime)]

    @property
    def phases(self) -> list[str]:
        """Where the run has come by, by its log."""
        return phases_of(self.logs[-1]) if self.logs else []

    @property
    def phase(self) -> str:
        return (self.phases or ["before"])[-1]
