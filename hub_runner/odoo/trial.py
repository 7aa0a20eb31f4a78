"""Odoo's test process inside the environment: launched, held back, watched, and its record brought out."""

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
from hub_runner.engine.model import WORK
from hub_runner.errors import EnvironmentFailure
from hub_runner.odoo import command
from hub_runner.odoo.command import Execution

LONGEST_RECORD = 128 * 2**20  # bytes: more than that is no record, and must not fill our memory


@contextlib.contextmanager
def booted(
    environment: Environment, modules: bytes, arguments: tuple[str, ...], *, prepared: bool, timeout: float
) -> Iterator[Callable[[], Execution]]:
    """Odoo's test process boots beside its server and waits there until the block calls the function that it gets.

    ``modules`` is a tar of what is tested, ``arguments`` are Odoo's, ``prepared`` says whether its database holds modules
    already, ``timeout`` is in seconds. The call runs the module's tests, and returns how that ended. Raises
    EnvironmentFailure if the engine went away meanwhile.
    """
    work = f"{WORK}/test"
    environment.copy_in(modules)
    environment.copy_in(packed(work, "launcher.pyz", command.launcher()))
    record, database = f"{work}/record", "prepared" if prepared else "fresh"
    with environment.started(("python3", f"{work}/launcher.pyz", record, database, *arguments)) as client:
        yield lambda: _tested(client, environment, record, timeout)


def _tested(client: Client, environment: Environment, record: str, timeout: float) -> Execution:
    tail, secret = Tail(65536), secrets.token_hex().encode()
    _send(client, secret)
    code = compose.follow(client, timeout, tail.add, environment.observers.output)
    try:
        content = environment.read_file(record, at_most=LONGEST_RECORD)
        return Execution(
            exit_code=-1 if code is None else code,
            record=content or b"",
            oversized=content is None,
            timed_out=code is None,
            container_died=environment.diagnosis.death(),
            out_of_memory=environment.diagnosis.out_of_memory(),
            variables=environment.diagnosis.odoo_variables(),
            secret=secret,
            tail=tail.text,
        )
    except Failures as error:
        raise EnvironmentFailure(f"The Docker engine went away during the tests ({error}). Nothing was proven.") from error


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
