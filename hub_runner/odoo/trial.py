"""Odoo's test process inside the environment: launched, held back, watched, and its record brought out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from signal import SIGKILL

from hub_runner.checkout import snapshot
from hub_runner.engine import compose
from hub_runner.engine.client import Failures
from hub_runner.engine.compose import Client, Tail
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import WORK
from hub_runner.errors import EnvironmentFailure, HubRunnerError
from hub_runner.exit_codes import signal_exit_code
from hub_runner.host.signals import Stop
from hub_runner.odoo import command
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.odoo.command import Execution
from hub_runner.odoo.inside.choice import CHOICE
from hub_runner.odoo.inside.watchdog import LIMITS, STOP

GRACE = 2.0  # seconds after the time limit: the process ends itself at the limit, and says where it was
PATIENCE = 1.0  # seconds for that after an interrupt
LONGEST_RECORD = 128 * 2**20  # bytes: more than that is no record, and must not fill our memory


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One process of Odoo, with all that it is given."""

    modules: bytes  # a tar of what is tested; nothing is copied if it is empty
    arguments: tuple[str, ...]  # Odoo's
    mode: str  # the launcher's: see its first lines
    folder: str  # no other process of the run has it
    timeout: float  # seconds
    single: float  # seconds for one test; 0: no limit
    launcher: bytes | None = None  # in the place of the usual program
    choice: Choice = EVERYTHING  # of the tests

    def files(self) -> Iterator[tuple[str, bytes]]:
        """What the launcher reads, by name."""
        yield "launcher.pyz", self.launcher or command.launcher()
        yield LIMITS, json.dumps({"single": self.single, "whole": self.timeout}).encode()
        yield CHOICE, json.dumps(self.choice.document()).encode()


@contextlib.contextmanager
def booted(environment: Environment, trial: Trial) -> Iterator[Callable[[], Execution]]:
    """Odoo's test process boots beside its server and waits there until the block calls the function that it gets.

    The call runs the tests, and returns how that ended, also if a signal broke it off. Raises EnvironmentFailure if the
    engine went away meanwhile.
    """
    work = f"{WORK}/{trial.folder}"
    if trial.modules:
        environment.copy_in(trial.modules)
    for name, content in trial.files():
        environment.copy_in(packed(work, name, content))
    record = f"{work}/record"
    with environment.started(("python3", f"{work}/launcher.pyz", record, trial.mode, *trial.arguments)) as client:
        yield lambda: _tested(client, environment, record, trial.timeout)


def _tested(client: Client, environment: Environment, record: str, timeout: float) -> Execution:
    tail, secret = Tail(65536), secrets.token_hex().encode()
    _send(client, secret)
    interrupted = 0
    try:
        code = compose.follow(client, timeout + GRACE, tail.add, environment.observers.output)
    except Stop as stop:
        interrupted = stop.number
        code = _stopped(client, environment, record, tail)
    try:
        content = environment.read_file(record, at_most=LONGEST_RECORD)
        if code == signal_exit_code(SIGKILL):
            environment.diagnosis.await_cause()
        return Execution(
            exit_code=-1 if code is None else code,
            record=content or b"",
            oversized=content is None,
            timed_out=code is None,
            interrupted=interrupted,
            container_died=environment.diagnosis.death(),
            out_of_memory=environment.diagnosis.out_of_memory(),
            variables=environment.diagnosis.odoo_variables(),
            secret=secret,
            tail=tail.text,
        )
    except (*Failures, HubRunnerError) as error:
        if interrupted:
            return Execution(exit_code=-1, secret=secret, record=b"", interrupted=interrupted)
        if isinstance(error, HubRunnerError):
            raise
        raise EnvironmentFailure(f"The Docker engine went away during the tests ({error}). Nothing was proven.") from error


def _stopped(client: Client, environment: Environment, record: str, tail: Tail) -> int | None:
    """Lets the process write down where it is, and end; its exit code. None if it does not do so within a second."""
    with contextlib.suppress(*Failures, HubRunnerError):
        environment.copy_in(packed(record.rpartition("/")[0], STOP, b""))
        return compose.follow(client, PATIENCE, tail.add, environment.observers.output)
    return None


def _send(client: Client, secret: bytes) -> None:
    """The process takes the secret from its standard input before it loads any module, and seals its record with it."""
    assert client.stdin
    with contextlib.suppress(BrokenPipeError):  # the process has ended already: what it printed says why
        os.write(client.stdin.fileno(), secret)


def packed(work: str, name: str, program: bytes) -> bytes:
    """A tar of a program in a folder to which Odoo's user, whoever it is, may write what it records."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        snapshot.add(tar, work.strip("/"), b"", kind=tarfile.DIRTYPE, mode=0o777)
        snapshot.add(tar, f"{work.strip('/')}/{name}", program)
    return buffer.getvalue()
