"""Docker's command line: pure functions build the commands, one function starts them, one follows them to their end."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from signal import Signals
from typing import IO

from hub_runner.errors import EnvironmentFailure
from hub_runner.host import process

Client = subprocess.Popen[bytes]
ANSWER = 60.0  # seconds that a question to docker's client may take, of which none needs the network


def config_command(file: Path, folder: Path) -> tuple[str, ...]:
    """Prints the file as compose reads it. A name is given: compose makes none of a folder without Latin letters."""
    source = ("--file", str(file), "--project-directory", str(folder), "--project-name", "hub-runner")
    return ("docker", "compose", *source, "config", "--format", "json")


def up_command(run_id: str, *, start: bool = True) -> tuple[str, ...]:
    """Makes, and starts, the model that it reads from standard input: it holds secrets, which no file must keep."""
    return (*_of_model(run_id), "up", "--detach" if start else "--no-start")


def build_command(run_id: str, service: str) -> tuple[str, ...]:
    """Builds the image of one service of the model that it reads from standard input."""
    return (*_of_model(run_id), "build", service)


def _of_model(run_id: str) -> tuple[str, ...]:
    """All variables are filled in by then: no .env of the folder that the command was started in is read a second time."""
    source = ("--file", "-", "--env-file", os.devnull, "--project-directory", "/")
    return ("docker", "compose", "--project-name", run_id, *source)


def exec_command(container: str, command: tuple[str, ...], *, tty: bool = False) -> tuple[str, ...]:
    """Runs ``command`` in a container; its standard input is that of docker's client, which may be a terminal."""
    return ("docker", "exec", "--interactive", *(("--tty",) if tty else ()), container, *command)


def pull_command(image: str, *, platform: str = "") -> tuple[str, ...]:
    return ("docker", "pull", *(("--platform", platform) if platform else ()), image)


def push_command(image: str) -> tuple[str, ...]:
    return ("docker", "push", image)


@contextlib.contextmanager
def started(command: tuple[str, ...], environ: Mapping[str, str], *, given: bytes | None = None) -> Iterator[Client]:
    """A client that goes on beside us until it is followed; it is killed if it outlives the block.

    ``given`` is all of its standard input; without it, that is a pipe which stays open until the client is followed.
    Raises EnvironmentFailure if docker cannot be started.
    """
    with contextlib.ExitStack() as files:
        stdin: int | IO[bytes] = subprocess.PIPE
        if given is not None:  # a file without a name: a pipe would block if the client did not read
            stdin = files.enter_context(tempfile.TemporaryFile())
            stdin.write(given)
            stdin.seek(0)
        client = _start(command, environ, stdin=stdin, stderr=subprocess.STDOUT)
    try:
        yield client
    finally:
        with client:  # closes its streams and waits for its end
            process.kill(client)


def follow(
    client: Client, timeout: float, *listeners: Callable[[bytes], None], first_output: float | None = None
) -> int | None:
    """Ends the client's input and gives its output to ``listeners`` as it comes, until the client ends.

    The exit code; None if ``timeout`` seconds passed first, or ``first_output`` seconds without any output. Raises
    EnvironmentFailure if a signal ended the client.
    """
    assert client.stdout
    if client.stdin:
        client.stdin.close()
    begin = time.monotonic()
    limit = timeout if first_output is None else min(timeout, first_output)
    with selectors.DefaultSelector() as selector:
        selector.register(client.stdout, selectors.EVENT_READ)
        while selector.select(max(begin + limit - time.monotonic(), 0)):
            if not (chunk := os.read(client.stdout.fileno(), 65536)):
                return ended(client)
            for listen in listeners:
                listen(chunk)
            limit = timeout
    return None


def ended(client: Client) -> int:
    """The exit code of a client, whose end is waited for. Raises EnvironmentFailure if a signal ended it.

    Then nobody knows what came of its work, and whatever it ran in a container is not to blame.
    """
    code = process.wait(client)
    if code < 0:
        raise EnvironmentFailure(
            f"Docker's client was ended by {Signals(-code).name} during its work. Look for what kills processes on this "
            "machine, as the kernel does if memory runs out, and try again."
        )
    return code


def _start(command: tuple[str, ...], environ: Mapping[str, str], *, stdin: int | IO[bytes], stderr: int) -> Client:
    """Starts a client out of reach of the terminal's Ctrl-C, which is the runner's to handle. Raises EnvironmentFailure."""
    try:
        return subprocess.Popen(
            command, env=environ, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
    except FileNotFoundError as error:
        raise EnvironmentFailure("`docker` is not on PATH. `nox -s setup` installs what is missing.") from error
    except OSError as error:
        raise EnvironmentFailure(f"`docker` cannot be started: {error.strerror}. Look at `command -v docker`.") from error


def ask(
    command: tuple[str, ...], environ: Mapping[str, str], *, timeout: float = ANSWER, given: bytes | None = None
) -> tuple[int, str, str]:
    """Runs a client that answers at once: its exit code, its standard output and its standard error.

    ``given`` is its standard input, else that is empty. Raises EnvironmentFailure if docker cannot be started or does not
    answer within ``timeout`` seconds.
    """
    stdin = subprocess.DEVNULL if given is None else subprocess.PIPE
    with _start(command, environ, stdin=stdin, stderr=subprocess.PIPE) as client:
        try:
            output, complaint = client.communicate(given, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise EnvironmentFailure(
                f"`{' '.join(command)}` did not answer within {timeout:g} s. Try it by hand: a plugin of docker or a folder "
                "on a network that does not answer may hold it up."
            ) from error
        finally:
            _kill_group(client)
            process.kill(client)
    return client.returncode, output.decode(errors="replace"), complaint.decode(errors="replace")


def _kill_group(client: Client) -> None:
    """Compose is a process of its own below docker, and holds the output open if docker alone is killed."""
    if client.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(client.pid, 9)


OLDEST = (2, 20)
SINCE = ".".join(map(str, OLDEST))


def version(environ: Mapping[str, str]) -> str:
    """The compose plugin's version, such as 2.26.1. Raises EnvironmentFailure if it is missing or too old."""
    code, output, complaint = ask(("docker", "compose", "version", "--short"), environ)
    output = output.strip()
    if code != 0 or not output:
        raise EnvironmentFailure(too_old(f"It said: {(complaint.strip() or 'nothing').splitlines()[0].rstrip('.')}."))
    numbers = re.match(r"v?(\d+)\.(\d+)", output)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise EnvironmentFailure(too_old(f"This is {output}."))
    return output


def too_old(seen: str) -> str:
    """The message about a plugin that cannot be used; ``seen`` is a sentence about what is here."""
    return (
        f"Docker's compose plugin is missing or too old ({SINCE} or later is needed). {seen} `nox -s setup` installs what "
        "is missing."
    )


class Tail:
    """The last bytes of a stream, about ``size`` of them, for messages about what went wrong."""

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

    @property
    def last_line(self) -> str:
        """What docker's client said last, without the words that it puts before what the engine said."""
        lines = str(self).splitlines() or ["docker said nothing"]
        return lines[-1].removeprefix("Error response from daemon: ")

    def __str__(self) -> str:
        return self.text.decode(errors="replace").strip()
