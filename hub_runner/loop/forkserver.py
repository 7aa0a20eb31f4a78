"""The runner's end of the fork server that waits in the odoo container: requests go in, one answer for each comes back."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from hub_runner.engine import compose
from hub_runner.engine.diagnosis import Diagnosis
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.host import process
from hub_runner.odoo import command
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.odoo.trial import packed

PROGRAM = "forkserver.pyz"
LOAD_TIMEOUT = 120.0  # seconds for Odoo's own modules to be imported
STOP_TIMEOUT = 120.0  # seconds for a process that was told to end: its server may be copying a database meanwhile


@dataclass(frozen=True, kw_only=True)
class Request:
    """One process of Odoo: ``arguments`` are Odoo's, ``database`` is made from ``template``; ``keep`` lets it stay."""

    number: int
    template: str
    database: str
    arguments: tuple[str, ...]
    modules: tuple[str, ...]
    record: str  # path in the container
    secret: str
    choice: Mapping[str, object]  # as odoo/inside/choice.py reads it
    keep: bool = False
    browser: bool = False  # whether one comes, so that all web assets must be there before
    spare: bool = False  # whether the next request will need the same copy, so that one is made ahead


class ForkServer:
    """A fork server that has loaded its modules. ``fileno`` becomes readable when there is an answer."""

    def __init__(self, client: subprocess.Popen[bytes], diagnosis: Diagnosis, token: str, work: str) -> None:
        assert client.stdin
        assert client.stdout
        self._diagnosis = diagnosis
        self._stdin, self._stdout = client.stdin, client.stdout
        self._token, self._work = token.encode(), work
        self._rest = b""
        self._numbers = 0

    def fileno(self) -> int:
        return self._stdout.fileno()

    def start(
        self,
        arguments: Sequence[str],
        modules: Sequence[str],
        *,
        template: str,
        database: str,
        choice: Choice = EVERYTHING,
        keep: bool = False,
        browser: bool = False,
        spare: bool = False,
    ) -> Request:
        """Asks for a process. Raises EnvironmentFailure if the server is gone."""
        self._numbers += 1
        request = Request(
            number=self._numbers,
            template=template,
            database=database,
            arguments=tuple(arguments),
            modules=tuple(modules),
            record=f"{self._work}/record-{self._numbers}",
            secret=secrets.token_hex(),
            choice=choice.document(),
            keep=keep,
            browser=browser,
            spare=spare,
        )
        self._send(vars(request))
        return request

    def stop(self, request: Request) -> None:
        """Ends its process at once. Its answer still comes."""
        self._send({"stop": request.number})

    def drop(self, database: str) -> None:
        self._send({"drop": database})

    def copy(self, template: str, database: str) -> None:
        self._send({"copy": [template, database]})

    def load(self) -> None:
        """Lets it import the modules of the prepared database. Raises EnvironmentFailure."""
        self._write(b"load\n")
        answers = self._answers_within(LOAD_TIMEOUT)
        if not answers:
            raise EnvironmentFailure(f"Odoo did not load its own modules within {LOAD_TIMEOUT:g} s.")
        assert answers[0].get("ready")

    def await_end(self, seconds: float = STOP_TIMEOUT) -> None:
        """Waits until the process has ended that ``stop`` was called for. Raises EnvironmentFailure if it does not end."""
        if not self._answers_within(seconds):
            raise EnvironmentFailure(
                f"Odoo's test process was told to end, and had not done so after {seconds:g} s: its last lines are in "
                "odoo.log of the watch's folder. Begin the watch again."
            )

    def _answers_within(self, seconds: float) -> list[dict[str, int]]:
        """The next answers; none if none comes within ``seconds``. A line that is no answer ends no wait."""
        end = time.monotonic() + seconds
        while not (answers := self.answers(end - time.monotonic())):
            if time.monotonic() > end:
                break
        return answers

    def answers(self, timeout: float) -> list[dict[str, int]]:
        """What has been answered by now; waits up to ``timeout`` seconds for more.

        Raises EnvironmentFailure if the server is gone, or one of ``client.Failures`` if the engine is.
        """
        if not select.select([self._stdout], [], [], max(timeout, 0))[0]:
            return []
        chunk = os.read(self._stdout.fileno(), 65536)
        if not chunk:
            raise self._gone()
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [json.loads(line.removeprefix(self._token)) for line in lines if line.startswith(self._token)]

    def _send(self, message: object) -> None:
        self._write(json.dumps(message).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        try:
            self._stdin.write(data)
            self._stdin.flush()
        except BrokenPipeError as error:
            raise self._gone() from error

    def _gone(self) -> EnvironmentFailure:
        """Why the server has ended, as far as the engine knows. Raises one of ``client.Failures``."""
        self._diagnosis.await_cause()
        if died := self._diagnosis.death():
            return lost(died)
        if self._diagnosis.out_of_memory():
            return EnvironmentFailure(
                "Memory ran out: the kernel killed Odoo's waiting process. "
                "Raise mem_limit of the odoo service in the compose file."
            )
        return EnvironmentFailure("Odoo's waiting process has ended: its last lines are in odoo.log of the watch's folder.")


def lost(died: str) -> EnvironmentFailure:
    """What a watch says when a container has ended; ``died`` is what its diagnosis says of it."""
    return EnvironmentFailure(f"A container went away during the watch. {died}.")


@contextlib.contextmanager
def waiting(environment: Environment, arguments: tuple[str, ...], log: IO[bytes]) -> Iterator[ForkServer]:
    """Starts the fork server in the odoo container; it ends with the block. What Odoo prints goes to ``log``."""
    work, token = f"/tmp/{environment.run_id}", secrets.token_hex(8)  # noqa: S108  # inside the container
    environment.copy_in(packed(work, PROGRAM, program()))
    line = compose.exec_command(environment.odoo()["Id"], ("python3", f"{work}/{PROGRAM}", token, *arguments))
    client = subprocess.Popen(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=dict(environment.environ),
        start_new_session=True,  # out of reach of the terminal's Ctrl-C
    )
    try:
        yield ForkServer(client, environment.diagnosis, token, work)
    finally:
        with client:  # closes its streams and waits for its end
            process.kill(client)


def program() -> bytes:
    """Run it as ``python3 forkserver.pyz TOKEN ODOO_ARGUMENT...``."""
    return command.packed(b"from hub_runner.odoo.inside.forkserver import main\nmain()\n")
