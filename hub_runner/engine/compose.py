"""Docker's command line: pure functions build the commands, one function starts them.

Docker's compose plugin: which one is here, and whether it is recent enough.

The end of a stream, for messages about what went wrong.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from hub_runner.errors import EnvironmentFailure

Client = subprocess.Popen[bytes]


def config_command(file: Path, folder: Path) -> tuple[str, ...]:
    """A name is given because compose can make none of a folder with a name in another script than Latin."""
    where = ("--file", str(file), "--project-directory", str(folder), "--project-name", "hub-runner")
    return ("docker", "compose", *where, "config", "--format", "json")


def up_command(project: str, model: Path) -> tuple[str, ...]:
    return ("docker", "compose", "--project-name", project, "--file", str(model), "up", "--detach")


def exec_command(container: str, command: tuple[str, ...]) -> tuple[str, ...]:
    """Its standard input is the client's."""
    return ("docker", "exec", "--interactive", container, *command)


@contextlib.contextmanager
def started(command: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[Client]:
    """A client that goes on beside us until it is followed; it is killed where it outlives the block."""
    client = _start(command, environ, stdin=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield client
    finally:
        with client:  # closes its streams and waits for its end
            client.kill()


def follow(client: Client, timeout: float, *listeners: Callable[[bytes], None]) -> int | None:
    """Ends the client's input, and gives its words to ``listeners`` as they come, until it ends.

    Its exit code; None where ``timeout`` seconds were over first.
    """
    assert client.stdin
    assert client.stdout
    client.stdin.close()
    end = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        selector.register(client.stdout, selectors.EVENT_READ)
        while selector.select(max(end - time.monotonic(), 0)):
            if not (chunk := os.read(client.stdout.fileno(), 65536)):
                return client.wait()
            for listen in listeners:
                listen(chunk)
    return None


def _start(command: tuple[str, ...], environ: Mapping[str, str], *, stdin: int, stderr: int) -> Client:
    """Starts a client out of reach of the terminal's Ctrl-C, which is the runner's to handle. Raises EnvironmentFailure."""
    try:
        return subprocess.Popen(
            command, env=environ, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
    except FileNotFoundError as error:
        raise EnvironmentFailure("`docker` is not on PATH. `nox -s setup` installs what is missing.") from error
    except OSError as error:
        raise EnvironmentFailure(f"`docker` cannot be started: {error.strerror}. Look at `command -v docker`.") from error


def ask(command: tuple[str, ...], environ: Mapping[str, str]) -> tuple[int, str, str]:
    """Runs a client that answers at once: its exit code, its words and its complaints."""
    with _start(command, environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        words, complaint = process.communicate()
    return process.returncode, words.decode(errors="replace"), complaint.decode(errors="replace")


OLDEST = (2, 20)
SINCE = ".".join(map(str, OLDEST))


def version(environ: Mapping[str, str]) -> str:
    """The plugin's version, such as 2.26.1. Raises EnvironmentFailure where it is missing or too old."""
    code, words, complaint = ask(("docker", "compose", "version", "--short"), environ)
    words = words.strip()
    if code != 0 or not words:
        raise EnvironmentFailure(too_old(f"It said: {(complaint.strip() or 'nothing').splitlines()[0].rstrip('.')}."))
    numbers = re.match(r"v?(\d+)\.(\d+)", words)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise EnvironmentFailure(too_old(f"This is {words}."))
    return words


def too_old(seen: str) -> str:
    return (
        f"Docker's compose plugin is missing or too old ({SINCE} or later is needed). {seen} `nox -s setup` installs what "
        "is missing."
    )


class Tail:
    """The last bytes of a stream, about ``size`` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._chunks: deque[bytes] = deque()
        self._length = 0

    def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._length += len(chunk)
        while self._length - len(self._chunks[0]) > self._size:
            self._length -= len(self._chunks.popleft())

    @property
    def text(self) -> bytes:
        return b"".join(self._chunks)[-self._size :]

    def __str__(self) -> str:
        return self.text.decode(errors="replace").strip()
