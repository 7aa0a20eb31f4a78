"""Odoo's test process inside the environment: launched, held back, watched, and its recording brought out."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import tarfile
from collections.abc import Callable, Iterator

from hub_runner import compose, odoo, snapshot
from hub_runner.compose import Client
from hub_runner.death import death, out_of_memory
from hub_runner.engine import Failures
from hub_runner.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.model import DATABASE
from hub_runner.odoo import Execution
from hub_runner.plan import Plan
from hub_runner.tail import Tail


@contextlib.contextmanager
def booted(plan: Plan, environment: Environment) -> Iterator[Callable[[], Execution]]:
    """Odoo's test process, which boots beside its server and waits there: no test runs until the block calls what it gets.

    That runs the module's tests, and says what came of it. Raises EnvironmentFailure where the engine went away meanwhile.
    """
    work = f"/tmp/{environment.project}"  # noqa: S108  # inside the container, where nobody else is
    environment.copy_in(plan.archive)
    environment.copy_in(packed(work, "launcher.pyz", odoo.launcher()))
    arguments = odoo.odoo_arguments(plan.module, plan.settings, database=DATABASE)
    with environment.started(("python3", f"{work}/launcher.pyz", f"{work}/recording", *arguments)) as client:
        yield lambda: _tested(client, environment, f"{work}/recording", plan.settings.test_timeout)


def _tested(client: Client, environment: Environment, recording: str, timeout: float) -> Execution:
    said, secret = Tail(65536), secrets.token_hex().encode()
    _tell(client, secret)
    code = compose.follow(client, timeout, said.add, environment.observers.output)
    try:
        return Execution(
            exit_code=-1 if code is None else code,
            recording=environment.read_file(recording),
            timed_out=code is None,
            container_died=death(environment.engine, environment.project, environment.model["services"]),
            out_of_memory=out_of_memory(environment.engine, environment.project),
            secret=secret,
            tail=said.text,
        )
    except Failures as error:
        raise EnvironmentFailure(f"The Docker engine went away during the tests ({error}). Nothing was proven.") from error


def _tell(client: Client, secret: bytes) -> None:
    """What seals the recording: the process takes it from its input before it loads any module."""
    assert client.stdin
    with contextlib.suppress(BrokenPipeError):  # it has ended already: what it printed says why
        os.write(client.stdin.fileno(), secret)


def packed(work: str, name: str, program: bytes) -> bytes:
    """A tar of a program in a folder to which Odoo's user, whoever it is, may write what it records."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        snapshot.add(tar, work.strip("/"), b"", kind=tarfile.DIRTYPE, mode=0o777)
        snapshot.add(tar, f"{work.strip('/')}/{name}", program)
    return buffer.getvalue()
