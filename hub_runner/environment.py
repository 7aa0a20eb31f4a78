"""The environment of one run: its containers, network and volumes, from their start to the end of the tests.

Nothing here removes anything: the run's teardown does, whatever became of this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_runner import compose, snapshot
from hub_runner.compose import Client
from hub_runner.death import death
from hub_runner.engine import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.health import wait_until_healthy
from hub_runner.holders import HOST
from hub_runner.model import ODOO, Model
from hub_runner.observer import Observers
from hub_runner.ports import Lease
from hub_runner.probing import eager
from hub_runner.tail import Tail

CONTAINER_PORT = 8069  # fixed: only the published port changes (incident I3)
STOLEN = (b"port is already allocated", b"address already in use", b"ports are not available")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where a run's containers live. ``folder`` is the run's own, ``model`` what compose is to make."""

    project: str
    engine: Engine
    model: Model
    folder: Path
    environ: Mapping[str, str]
    observers: Observers
    patience: float = 600.0  # seconds for compose: a service that waits for another one's health may wait for ever

    def start(self, offers: Iterator[Lease]) -> int:
        """Starts all services on the first port that holds; the port. Raises EnvironmentFailure or NoFreePort."""
        for lease in offers:
            said = Tail(4096)
            mapping = {"host_ip": HOST, "published": str(lease.port), "target": CONTAINER_PORT}
            self.model["services"][ODOO]["ports"] = [mapping]
            code = self.up(said)
            if code == 0:
                self._check_mapping(lease.port)
                return lease.port
            if code is None or not any(words in said.text.lower() for words in STOLEN):
                late = f" within {self.patience:g} s" if code is None else ""
                raise EnvironmentFailure(f"The environment did not start{late}. Compose said:\n{said}\n{self.logs()}")
            self.observers.note(f"Port {lease.port} was taken while the environment started: moving on to the next one.")
        raise AssertionError("the offers end with NoFreePort")

    def up(self, said: Tail) -> int | None:
        """Makes and starts what the model says; compose's exit code, None where its time was over."""
        path = self.folder / "compose.json"
        try:
            path.touch(mode=0o600)
            path.write_text(json.dumps(eager(self.model, self.engine.api.api_version), indent=1), encoding="utf-8")
        except OSError as error:
            raise EnvironmentFailure(f"{path} cannot be written: {error.strerror}. Nothing was tested.") from error

        with compose.started(compose.up_command(self.project, path), self.environ) as client:
            return compose.follow(client, self.patience, said.add, self.observers.output)

    def _check_mapping(self, port: int) -> None:
        """Incident I3: the port variable did not reach Odoo, and nobody looked."""
        wanted = [{"HostIp": HOST, "HostPort": str(port)}]
        container = self.odoo()
        seen = container["NetworkSettings"]["Ports"].get(f"{CONTAINER_PORT}/tcp")
        # One that has ended publishes nothing: the health wait says why.
        if seen != wanted and container["State"]["Running"]:
            raise EnvironmentFailure(f"The odoo service should be published as {wanted}, but the engine shows {seen}.")

    def odoo(self) -> dict[str, Any]:
        """The odoo container as the engine sees it. Raises EnvironmentFailure where it is gone."""
        if container := self.engine.service(self.project, ODOO):
            return container
        raise EnvironmentFailure("The odoo container is gone: somebody else removed it, or the engine lost it.")

    def wait_until_healthy(self, timeout: float) -> None:
        wait_until_healthy(self._odoo_while_others_live, timeout=timeout, logs=self.logs)

    def _odoo_while_others_live(self) -> dict[str, Any] | None:
        """As the engine sees it. Raises EnvironmentFailure where it may wait in vain for a service that has ended."""
        if died := death(self.engine, self.project, set(self.model["services"]) - {ODOO}):
            raise EnvironmentFailure(f"A service ended while Odoo was starting ({died}). Last log lines:\n{self.logs()}")
        return self.engine.service(self.project, ODOO)

    def logs(self, lines: int = 20) -> str:
        """The last lines of every container that does not run as it should, or of all."""
        found = [it for it in self.engine.of_project(self.project) if it.kind == "container"]
        return "\n".join(f"--- {it.name}\n{self.engine.last_lines(it.id, lines)}" for it in found)

    def copy_in(self, archive: bytes) -> None:
        self.engine.copy_into(self.odoo()["Id"], archive)

    def read_file(self, path: str) -> bytes:
        """A file of the odoo container, also when it has stopped; empty where there is none."""
        container = self.engine.service(self.project, ODOO)
        if container and (archive := self.engine.copy_from(container["Id"], path)):
            return snapshot.only_file(archive)
        return b""

    def started(self, command: tuple[str, ...]) -> AbstractContextManager[Client]:
        """Starts ``command`` in the odoo container; its standard input ends when it is followed."""
        return compose.started(compose.exec_command(self.odoo()["Id"], command), self.environ)
