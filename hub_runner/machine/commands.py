"""The programs that setup runs, and what it shows meanwhile.

They run beside each other, and none outlives an interruption. Sentences stay on the screen; of many lines only
the latest is shown.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO, cast

from rich.console import Console
from rich.live import Live
from rich.text import Text

from hub_runner.errors import EnvironmentFailure
from hub_runner.host import process
from hub_runner.text import Careful, one_line

Command = tuple[str, ...]
LAST_LINES = 15  # of a program that failed
PATIENCE = 10.0  # seconds that a program has to end after it was asked to
SILENCE = 1.0  # seconds after which the user is shown that time passes
SPEAK_EVERY = 15.0  # seconds between two lines where no line can be shown in place


def run(commands: Sequence[Command], *, on_line: Callable[[str], None], environ: Mapping[str, str] | None = None) -> None:
    """Run all to the end, beside each other. The first that fails ends the others. Raises EnvironmentFailure.

    While they are silent ``on_line`` hears an empty line each second: the user sees that time passes.
    """
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for command in commands:
            child = Child(command, environ)
            stack.callback(child.end)
            selector.register(child.output, selectors.EVENT_READ, child)
        while selector.get_map():
            ready = selector.select(timeout=SILENCE)
            if not ready:
                on_line("")
            for key, _ in ready:
                child = key.data
                for line in child.read():
                    on_line(line)
                if child.finished:
                    selector.unregister(child.output)
                    child.check()


class Child:
    """A program in a session of its own, so that it can be ended with all that it started, and only by us."""

    def __init__(self, command: Command, environ: Mapping[str, str] | None) -> None:
        self.command = command
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self.finished = False
        self._rest = b""
        self.process = start(command, environ)
        assert self.process.stdout is not None
        self.output = self.process.stdout

    def read(self) -> list[str]:
        """The lines that are complete by now. Blocks if the program is silent."""
        data = os.read(self.output.fileno(), 65536)
        self.finished = not data
        whole = (self._rest + data).replace(b"\r", b"\n")
        *lines, self._rest = [*whole.split(b"\n"), b""] if self.finished else whole.split(b"\n")
        text = [line.decode(errors="replace") for line in lines if line.strip()]
        self.last.extend(text)
        return text

    def check(self) -> None:
        if code := process.wait(self.process):
            said = "\n".join(f"    {line}" for line in self.last)
            raise EnvironmentFailure(f"`{shlex.join(self.command)}` failed (exit {code}). It said last:\n{said}")

    def end(self) -> None:
        """Asks first: apt and mmdebstrap tidy up behind themselves when they are interrupted."""
        self.output.close()
        if self.process.poll() is not None:
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=PATIENCE)
                break
        # What a shell started in the background hears no SIGINT.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(command: Command, environ: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    """Starts a program in a session of its own, whose output comes by a pipe. Raises EnvironmentFailure."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **(environ or {})},
        )
    except OSError as error:
        raise EnvironmentFailure(f"{command[0]} cannot be started: {error.strerror}.") from error


def output(command: Command) -> str | None:
    """What a short command prints; None if it is missing or fails."""
    try:
        done = process.completed(command, timeout=30)
        done.check_returncode()
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()


class Progress:
    """Full lines for what matters; the rest is one line in place on a terminal, and a line now and then elsewhere."""

    def __init__(self, out: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = Console(file=cast("TextIO", Careful(out)), highlight=False, markup=False, emoji=False)
        self.clock = clock
        self.quiet = True  # nothing was said: setup had nothing to do
        self.started = self.spoken = clock()
        self._live: Live | None = None  # the line in place
        self._last = ""

    def close(self) -> None:
        """Wipes the line in place, and gives the terminal its cursor back."""
        if self._live:
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """A full line, which stays."""
        self.close()
        self.console.print(text, soft_wrap=True)
        self.quiet = False
        self.spoken = self.clock()

    def step(self, text: str) -> None:
        """Begin something that takes a while: the elapsed time counts from here."""
        self.say(text)
        self.started, self._last = self.clock(), ""

    @property
    def elapsed(self) -> float:
        """Seconds of the present step."""
        return self.clock() - self.started

    def live(self, text: str) -> None:
        """The latest of many lines. An empty one shows the one before again, with the time that has passed since."""
        text = self._last = text or self._last
        line = f"  {self.elapsed:4.0f} s  {one_line(text)}"
        if self.console.is_terminal:
            if not self._live:
                self._live = Live(console=self.console, transient=True, auto_refresh=False)
                self._live.start()
            self._live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)
        elif self.clock() - self.spoken >= SPEAK_EVERY:
            self.say(line)
