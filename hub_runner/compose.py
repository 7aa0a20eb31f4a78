"""Docker's command line: pure functions build the commands, one function starts them."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from hub_runner.errors import EnvironmentFailure


def config_command(file: Path, folder: Path) -> tuple[str, ...]:
    """A name is given because compose can make none of a folder with a name in another script than Latin."""
    where = ("--file", str(file), "--project-directory", str(folder), "--project-name", "hub-runner")
    return ("docker", "compose", *where, "config", "--format", "json")


def up_command(project: str, model: Path) -> tuple[str, ...]:
    return ("docker", "compose", "--project-name", project, "--file", str(model), "up", "--detach")


def exec_command(container: str, command: tuple[str, ...]) -> tuple[str, ...]:
    return ("docker", "exec", container, *command)


def run(
    command: tuple[str, ...], *, environ: Mapping[str, str], output: Callable[[bytes], None], timeout: float | None = None
) -> int | None:
    """Runs a client in a process group of its own, its words going to ``output`` as they come.

    The exit code; None where ``timeout`` seconds were over first, and the client was killed.
    """
    end = time.monotonic() + (timeout or float("inf"))
    with _start(command, environ, stderr=subprocess.STDOUT) as process, selectors.DefaultSelector() as selector:
        assert process.stdout is not None
        selector.register(process.stdout, selectors.EVENT_READ)
        try:
            while selector.select(None if timeout is None else max(end - time.monotonic(), 0)):
                if not (chunk := os.read(process.stdout.fileno(), 65536)):
                    return process.wait()
                output(chunk)
            return None
        finally:
            process.kill()


def _start(command: tuple[str, ...], environ: Mapping[str, str], stderr: int) -> subprocess.Popen[bytes]:
    """Starts a client out of reach of the terminal's Ctrl-C, which is the runner's to handle. Raises EnvironmentFailure."""
    try:
        return subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
    except FileNotFoundError as error:
        raise EnvironmentFailure("`docker` is not on PATH. `nox -s setup` installs what is missing.") from error
    except OSError as error:
        raise EnvironmentFailure(f"`docker` cannot be started: {error.strerror}. Look at `command -v docker`.") from error


def ask(command: tuple[str, ...], environ: Mapping[str, str]) -> tuple[int, str, str]:
    """Runs a client that answers at once: its exit code, its words and its complaints."""
    with _start(command, environ, stderr=subprocess.PIPE) as process:
        words, complaint = process.communicate()
    return process.returncode, words.decode(errors="replace"), complaint.decode(errors="replace")
