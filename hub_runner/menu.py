"""What a noxfile needs: the modules for its menu, and sessions that run with the right interpreter.

Only nox's own environment is there when it runs: the standard library and what nox brings (virtualenv, filelock).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_runner import modules, parent, settings
from hub_runner.cli import forget_proof
from hub_runner.errors import UsageError
from hub_runner.interpreter import python

# What `nox -l` says of the sessions that every repository has.
SESSIONS = {
    "test": "Test modules, each in a throw-away environment: nox -s test -- MODULE...",
    "setup": "Make this machine able to run: find, start or install a Docker engine, get the images",
    "doctor": "Show what a run would meet here: engine, images, ports and their holders, orphans, disk",
    "clean": "Remove what dead runs have left: nox -s clean [-- [--all] [--older-than HOURS] [--caches]]",
}


def add_sessions(start: Path | None = None) -> None:
    """The sessions that every repository has, and ``test-MODULE`` for each module of the checkout.

    nox stands in the noxfile's folder when it reads it.
    """
    _add("test", SESSIONS["test"], "run")
    _add("setup", SESSIONS["setup"], "setup", takes_arguments=False)  # `nox -s setup test -- MODULE`: they are for the test
    for name in ("doctor", "clean"):
        _add(name, SESSIONS[name], name)
    for name, summary in listed(start or Path.cwd()):
        _add(f"test-{name}", summary or "(its manifest has no summary)", "run", name)


def _add(name: str, words: str, *command: str, takes_arguments: bool = True) -> None:
    import nox

    def session(session: Any) -> None:
        run(session, *command, *(session.posargs if takes_arguments else ()))

    session.__doc__ = words
    nox.session(name=name, default=name == "test")(session)


def listed(start: Path) -> Iterator[tuple[str, str]]:
    """Name and summary of every module that a run would take. None where the settings are wrong: each session says so better
    than the menu.
    """
    try:
        found = modules.discover(settings.load(start).addons_folders)
        yield from ((name, summary) for name, summary in found if modules.NAME.fullmatch(name))
    except UsageError as error:
        print(f"hub-runner: {error}", file=sys.stderr)  # noqa: T201  # the menu has no other place for it


def run(session: Any, command: str, *arguments: str) -> None:
    """``python -m hub_runner COMMAND``, which nox leaves the time to clean up when it is interrupted.

    Where only nox was told to end (a CI cancel), the runner hears of it half a second later; one signal more does not hurt.
    Where nox's own caller asks for it (``scripts/run-tests.sh``), nox ends with it, and the runner with nox.
    """
    parent.follow()
    session.run(
        _python(session, command, *arguments),
        "-m",
        "hub_runner",
        command,
        *arguments,
        external=True,
        stderr=None,  # apart from stdout, which may be JSON
        env={"HUB_RUNNER_PARENT": str(os.getpid())},
        interrupt_timeout=0.5,
        terminate_timeout=60,
    )


def _python(session: Any, *arguments: str) -> str:
    """An interpreter for ``hub_runner ARGUMENTS``; where none can be had, no older log may be taken for that of a run."""
    try:
        return python(session)
    except BaseException as error:
        if arguments[0] == "run":
            why = str(error) or repr(error)
            forget_proof(list(arguments), f"the environment of nox's session could not be made: {why}")
        if isinstance(error, UsageError):
            session.error(str(error).removesuffix("."))
        raise


def check(session: Any) -> None:
    """Lint, types and tests with the tools of the ``dev`` group; what follows ``--`` goes to pytest."""
    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("pytest", *session.posargs)):
        _tool(session, *command)


def chaos(session: Any) -> None:
    """Kills runs of stand-ins, hundreds of them; what follows ``--`` is for it."""
    _tool(session, "tests.chaos", *session.posargs)


def bench(session: Any) -> None:
    """Half an hour of measuring; what follows ``--`` is for it."""
    _tool(session, "bench", *session.posargs)


def _tool(session: Any, *command: str) -> None:
    tools = python(session, "dev")
    session.run(tools, "-m", *command, external=True, interrupt_timeout=0.5, terminate_timeout=60)
