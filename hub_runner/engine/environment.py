"""The environment of one run: its containers, network and volumes, from their start to the end of the tests.

Nothing here removes anything: the run's teardown does, whatever became of this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hub_runner.checkout import snapshot
from hub_runner.engine import compose
from hub_runner.engine.client import Engine
from hub_runner.engine.compose import Client, Tail
from hub_runner.engine.container import Container, State, state_in_words
from hub_runner.engine.health import wait_until_healthy
from hub_runner.engine.healthcheck import eager
from hub_runner.engine.model import ODOO, PLACEHOLDER, Model, published
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.ports import HOST, Lease
from hub_runner.result import Observers

CONTAINER_PORT = 8069  # fixed: only the published port changes (incident I3)
STOLEN_PORT = (b"port is already allocated", b"address already in use", b"ports are not available")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The containers that ``model`` describes, once they are started.

    ``password`` is the database's; in the model a placeholder stands for it. ``patience`` is the seconds that compose may
    take, because a service that waits for another one's health may wait for ever.
    """

    run_id: str
    engine: Engine
    model: Model
    password: str
    environ: Mapping[str, str]
    observers: Observers
    patience: float = 600.0

    def start(self, offers: Iterator[Lease]) -> int:
        """Starts all services with Odoo published on the first offered port that holds, and returns that port.

        Raises EnvironmentFailure, or NoFreePort when the offers end.
        """
        for lease in offers:
            output = Tail(4096)
            code = self.up(published(self.model, host=HOST, port=lease.port, target=CONTAINER_PORT), output)
            if code == 0:
                self._check_mapping(lease.port)
                return lease.port
            if code is None or not any(mark in output.text.lower() for mark in STOLEN_PORT):
                late = f" within {self.patience:g} s" if code is None else ""
                raise EnvironmentFailure(f"The environment did not start{late}. Compose said:\n{output}\n{self.logs()}")
            self.observers.note(f"Port {lease.port} was taken while the environment started: moving on to the next one.")
        raise AssertionError("the offers end with NoFreePort")

    def up(self, model: Model, output: Tail) -> int | None:
        """Makes and starts what ``model`` says; compose's exit code, or None if its time was over.

        The password goes in here and nowhere else, and on no disk: compose reads the model from its standard input.
        """
        text = json.dumps(eager(model, self.engine.api.api_version)).replace(PLACEHOLDER, self.password)
        with compose.started(compose.up_command(self.run_id), self.environ, given=text.encode()) as client:
            return compose.follow(client, self.patience, output.add, self.observers.output)

    def _check_mapping(self, port: int) -> None:
        """Incident I3: the variable for the port did not reach Odoo, and nobody noticed."""
        wanted = [{"HostIp": HOST, "HostPort": str(port)}]
        container = self.odoo()
        seen = container["NetworkSettings"]["Ports"].get(f"{CONTAINER_PORT}/tcp")
        # A container that has ended publishes nothing: the wait for its health says why.
        if seen != wanted and container["State"]["Running"]:
            raise EnvironmentFailure(f"The odoo service should be published as {wanted}, but the engine shows {seen}.")

    def odoo(self) -> Container:
        """The odoo container as the engine sees it. Raises EnvironmentFailure if it is gone."""
        if container := self.engine.service(self.run_id, ODOO):
            return container
        raise EnvironmentFailure("The odoo container is gone: somebody else removed it, or the engine lost it.")

    def wait_until_healthy(self, timeout: float) -> None:
        """Returns when the odoo service is healthy; ``timeout`` is in seconds.

        Raises EnvironmentFailure as soon as it cannot become healthy any more, or when the time is over.
        """
        wait_until_healthy(self._odoo_while_others_live, timeout=timeout, logs=self.logs)

    def _odoo_while_others_live(self) -> Container | None:
        """The odoo container. Raises EnvironmentFailure if a service has ended that Odoo may wait for in vain."""
        others = [name for name in self.model["services"] if name != ODOO]
        if death := next((death for name in others if (death := self._death_of(name))), None):
            raise EnvironmentFailure(f"A service ended while Odoo was starting ({death}). Last log lines:\n{self.logs()}")
        return self.engine.service(self.run_id, ODOO)

    def death(self) -> str | None:
        """Which service ended and how; None if none did, or only services whose work was done."""
        return next((death for name in self.model["services"] if (death := self._death_of(name))), None)

    def _death_of(self, service: str) -> str | None:
        state = self._state(service)
        if state["Status"] == "running" or (service != ODOO and state.get("ExitCode") == 0):
            return None
        return f"{service}: {state_in_words(state)}"

    def out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the odoo service for want of memory; the service itself may go on."""
        return bool(self._state(ODOO).get("OOMKilled"))

    def _state(self, service: str) -> State:
        container = self.engine.service(self.run_id, service)
        return container["State"] if container else {"Status": "gone"}

    def logs(self, lines: int = 20) -> str:
        """The last lines of the log of each container."""
        containers = [it for it in self.engine.of_project(self.run_id) if it.kind == "container"]
        return "\n".join(f"--- {it.name}\n{self.engine.last_lines(it.id, lines)}" for it in containers)

    def copy_in(self, archive: bytes) -> None:
        """Unpacks a tar archive at the root of the odoo container's file system."""
        self.engine.copy_into(self.odoo()["Id"], archive)

    def read_file(self, path: str, *, at_most: int = 2**20) -> bytes | None:
        """A file of the odoo container, also when it has stopped; empty if there is no such file.

        None if it is longer than ``at_most`` bytes.
        """
        container = self.engine.service(self.run_id, ODOO)
        archive = self.engine.copy_from(container["Id"], path, at_most=at_most) if container else b""
        return snapshot.only_file(archive) if archive else archive

    def started(self, command: tuple[str, ...]) -> AbstractContextManager[Client]:
        """Starts ``command`` in the odoo container; its standard input ends when it is followed."""
        return compose.started(compose.exec_command(self.odoo()["Id"], command), self.environ)
