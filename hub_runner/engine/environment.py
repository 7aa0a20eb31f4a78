"""The environment of one run: its containers, network and volumes, from their start to the end of the tests.

Nothing here removes anything: the run's teardown does, whatever became of this.

Waiting for a service's own healthcheck, and failing at once where it can no longer succeed.

What the engine tells of services that ended, and of processes that the kernel killed for want of memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tenacity

from hub_runner.checkout import snapshot
from hub_runner.engine import compose
from hub_runner.engine.client import Engine
from hub_runner.engine.compose import Client, Tail
from hub_runner.engine.composefile import ODOO, Model, eager
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.ports import HOST, Lease
from hub_runner.result import Observers

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


HOPELESS = {"exited", "dead", "removing", "restarting"}


def wait_until_healthy(inspect: Callable[[], dict[str, Any] | None], *, timeout: float, logs: Callable[[], str]) -> None:
    """Returns when the container that ``inspect`` shows is healthy. ``timeout`` is in seconds.

    Raises EnvironmentFailure with the healthcheck's last words and the container's last log lines: at once when the
    container has ended or is unhealthy, else when the time is over.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda healthy: not healthy),
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(0.05),
        retry_error_callback=lambda _: False,
    )
    if not retrying(_is_healthy, inspect, logs):
        raise EnvironmentFailure(f"The odoo service was not healthy within {timeout:g} s. {_story(inspect(), logs())}")


def _is_healthy(inspect: Callable[[], dict[str, Any] | None], logs: Callable[[], str]) -> bool:
    container = inspect()
    if container is None:
        raise EnvironmentFailure("The odoo container is gone: somebody else removed it while the run was waiting for it.")
    state = container["State"]
    health = state.get("Health", {}).get("Status")
    if state["Status"] in HOPELESS or health == "unhealthy":
        raise EnvironmentFailure(f"The odoo service cannot become healthy any more. {_story(container, logs())}")
    return bool(health == "healthy")


def _story(container: dict[str, Any] | None, logs: str) -> str:
    state = (container or {}).get("State", {})
    probes = state.get("Health", {}).get("Log") or ()
    last = probes[-1]["Output"].strip() if probes else "it has not answered yet"
    memory = ", out of memory" if state.get("OOMKilled") else ""
    container_is = f"Its container is {state.get('Status', 'gone')} (exit code {state.get('ExitCode')}{memory})"
    return f"{container_is}; the last healthcheck said: {last or 'nothing'}.\nIts last log lines:\n{logs}"


def death(engine: Engine, project: str, services: Iterable[str]) -> str | None:
    """Which service ended, in the engine's words; None where none did, or only one whose work was done."""
    for name in services:
        state = _state(engine, project, name)
        if state["Status"] != "running" and (name == ODOO or state.get("ExitCode") != 0):
            memory = ", out of memory" if state.get("OOMKilled") else ""
            return f"{name}: {state['Status']} with {state.get('ExitCode')}{memory}"
    return None


def out_of_memory(engine: Engine, project: str) -> bool:
    """Whether the kernel killed a process of the odoo service, which itself may well go on."""
    return bool(_state(engine, project, ODOO).get("OOMKilled"))


def _state(engine: Engine, project: str, service: str) -> dict[str, Any]:
    return (engine.service(project, service) or {}).get("State") or {"Status": "gone"}
