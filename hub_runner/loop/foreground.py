"""A process in the odoo container on this command's own terminal, or on its pipes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import termios
from collections.abc import Iterator

from hub_runner.engine import compose
from hub_runner.engine.environment import Environment


def in_foreground(environment: Environment, command_line: tuple[str, ...]) -> int:
    """The exit code of the process. What is typed is for it, unlike with all other clients; so is Ctrl-C."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    line = compose.exec_command(environment.odoo()["Id"], command_line, tty=is_terminal)
    with _terminal_kept():
        return subprocess.run(line, env=dict(environment.environ), check=False).returncode


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """A client that is killed leaves the terminal as it had set it: deaf to Enter and without an echo."""
    try:
        before = termios.tcgetattr(sys.stdin)
    except (termios.error, ValueError, OSError):  # no terminal
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
