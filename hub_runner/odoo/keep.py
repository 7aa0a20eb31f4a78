"""``--keep``: the environment of a failed run stays for a while, so that a person can look into it."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import select
import shlex
import sys
import termios
from dataclasses import dataclass
from typing import TextIO

from hub_runner.engine import compose
from hub_runner.engine.compose import Tail
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE, DB, ODOO, WORK
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.ports import HOST
from hub_runner.odoo import command, trial
from hub_runner.result import Verdict
from hub_runner.text import listed

REVEALED = "hub_runner_kept"  # the tests' database, once Odoo's server may open it
RENAMING = 60.0  # seconds
# What can be looked into: the module was installed, or at least its installation began.
WORTH_A_LOOK = {1, 3, 7, 8}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An environment that stays until ``deadline`` (aware, UTC), or until somebody ends it."""

    deadline: dt.datetime
    lines: tuple[str, ...]  # how to get in

    @property
    def seconds_left(self) -> float:
        return max((self.deadline - dt.datetime.now(dt.UTC)).total_seconds(), 0)

    @property
    def until(self) -> str:
        return f"{self.deadline:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def notes(self) -> tuple[str, ...]:
        """For whoever does not wait for its end."""
        end = "`python -m hub_runner clean --kept` ends it before"
        return (f"The environment is kept until {self.until}; {end}.", *self.lines)


def failures(verdict: Verdict) -> list[str]:
    """What failed, one line each, for whoever is about to look into the environment."""
    first = verdict.problems[0].message.splitlines()[0]
    return [first, *listed([f"  {failure.name}" for failure in verdict.failures], at_most=10)]


def is_worth_a_look(verdict: Verdict) -> bool:
    """Whether the run failed in the module and not before it or around it."""
    return verdict.return_code in WORTH_A_LOOK


def keep(environment: Environment, *, port: int, seconds: float) -> Kept:
    """Opens the environment for people; it is not ended here."""
    deadline = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    database, trouble = REVEALED, reveal(environment, DATABASE, REVEALED)
    if trouble:
        database = DATABASE
    lines = [
        f"URL    http://{HOST}:{port}/web/login (login admin, password admin)"
        if not trouble
        else f"URL    none: Odoo's server cannot open the tests' database ({trouble})",
        *_psql(environment, database),
        f"shell  docker exec --interactive --tty {_container(environment, ODOO)} bash",
    ]
    if can_wait():
        with contextlib.suppress(termios.error):  # the terminal has gone; an Enter from before ends nothing
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
    return Kept(deadline=deadline, lines=tuple(lines))


def reveal(environment: Environment, old: str, new: str) -> str:
    """Gives a database another name, under which Odoo's server opens it. Why that failed; empty if it did not."""
    work, said = f"{WORK}/keep", Tail(2048)
    main = b"from hub_runner.odoo.inside.rename_database import main\nmain()\n"
    environment.copy_in(trial.packed(work, "reveal.pyz", command.packed(main)))
    with environment.started(("python3", f"{work}/reveal.pyz", old, new, "--logfile=")) as client:
        code = compose.follow(client, RENAMING, said.add)
    return "" if code == 0 else (str(said).splitlines() or ["its process was too slow"])[-1]


def _container(environment: Environment, service: str) -> str:
    if container := environment.engine.service(environment.run_id, service):
        return shlex.quote(container["Name"].lstrip("/"))
    raise EnvironmentFailure(f"The container of the service {service} is gone.")


def _psql(environment: Environment, database: str) -> list[str]:
    if DB not in environment.model["services"]:
        return []
    user = (environment.model["services"][DB].get("environment") or {}).get("POSTGRES_USER") or "postgres"
    container = _container(environment, DB)
    return [f"psql   docker exec --interactive --tty {container} psql --username {shlex.quote(user)} {database}"]


def can_wait(*streams: TextIO) -> bool:
    """Whether a person sits at a terminal, and can press Enter: what reads it in the background is stopped for that."""
    streams = streams or (sys.stdin, sys.stderr)
    return all(stream.isatty() for stream in streams) and not _is_read_by_others(streams[0].fileno())


def _is_read_by_others(terminal: int) -> bool:
    """Whether a shell reads the terminal, with this command in its background."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # not the terminal of this session
        return False


def wait(kept: Kept, stream: TextIO = sys.stdin) -> None:
    """Returns when somebody presses Enter, when the terminal has gone, or at the deadline."""
    if select.select([stream], [], [], kept.seconds_left)[0]:
        stream.readline()
