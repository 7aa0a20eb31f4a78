"""Odoo's test process inside the environment: launched, held back, watched, and its recording brought out."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import tarfile
from collections.abc import Callable, Iterator

from hub_runner.checkout import snapshot
from hub_runner.engine import compose
from hub_runner.engine.client import Failures
from hub_runner.engine.compose import Client, Tail
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.odoo import command
from hub_runner.odoo.command import Execution


@contextlib.contextmanager
def booted(
    environment: Environment, modules: bytes, arguments: tuple[str, ...], *, timeout: float
) -> Iterator[Callable[[], Execution]]:
    """Odoo's test process, which boots beside its server and waits there: no test runs until the block calls what it gets.

    ``modules`` is a tar of what is tested, ``arguments`` are Odoo's, ``timeout`` is in seconds. The call runs the module's
    tests, and says what came of it. Raises EnvironmentFailure where the engine went away meanwhile.
    """
    work = f"/tmp/{environment.run_id}"  # noqa: S108  # inside the container, where nobody else is
    environment.copy_in(modules)
    environment.copy_in(packed(work, "launcher.pyz", command.launcher()))
    with environment.started(("python3", f"{work}/launcher.pyz", f"{work}/recording", *arguments)) as client:
        yield lambda: _tested(client, environment, f"{work}/recording", timeout)


def _tested(client: Client, environment: Environment, recording: str, timeout: float) -> Execution:
    said, secret = Tail(65536), secrets.token_hex().encode()
    _tell(client, secret)
    code = compose.follow(client, timeout, said.add, environment.observers.output)
    try:
        return Execution(
            exit_code=-1 if code is None else code,
            recording=environment.read_file(recording),
            timed_out=code is None,
            container_died=environment.death(),
            out_of_memory=environment.out_of_memory(),
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
