"""What is wrong with the containers of a run: which ended and why, which is not healthy, and what their logs say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub_runner.engine import proxies
from hub_runner.engine.client import Engine
from hub_runner.engine.compose import Tail
from hub_runner.engine.container import Container, State, last_probe
from hub_runner.engine.container_death import Event, cause_of_death, is_still_told
from hub_runner.engine.explanation import telling_line, without_noise
from hub_runner.engine.health import HOPELESS
from hub_runner.engine.model import ODOO
from hub_runner.errors import Disturbed, EnvironmentFailure
from hub_runner.host.waiting import until

# From 19.0 on, Odoo takes each option of its configuration from such a variable.
PORT_VARIABLES = {"ODOO_HTTP_PORT", "ODOO_HTTP_INTERFACE", "ODOO_HTTP_ENABLE"}
LINES = 20  # of each log in a message
PAUSE = (0.05, 0.05)  # seconds between two questions to the engine
LATE = 5.0  # a busy engine may say so many seconds later that a container ended, or that its memory ran out


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Looks at the engine anew with each question. Each answer may raise one of ``client.Failures``."""

    engine: Engine
    run_id: str
    services: tuple[str, ...]
    environ: Mapping[str, str]  # of docker's client

    def failure(self, sentence: str, output: Tail | None = None, *, disturbed: bool = False) -> EnvironmentFailure:
        """An exception that says the first cause in its first line, and below it what compose and the containers said."""
        said = f"\nCompose said:\n{output}" if output else ""
        kind = Disturbed if disturbed else EnvironmentFailure
        return kind(f"{sentence.rstrip('.')}.{said}\nLast log lines:\n{self.logs()}")

    def death(self, *, was_up: bool = True) -> str | None:
        """Which service ended and why, with the error in its log; None if none did, or only services whose work was done.

        A service without a container that has begun is gone if the environment ``was_up``; otherwise it was never started.
        """
        ended = [name for name in self.services if self.has_ended(name)]
        if not was_up:
            ended = [name for name in ended if self._state(name)["Status"] in HOPELESS]
        if not ended:
            return None
        name = min(ended, key=lambda name: name == ODOO)  # a database that goes takes Odoo along, not the other way round
        container, events = self._last_told(name)
        identity = container["Id"] if container else self._container_name(name)
        cause = cause_of_death(container["State"] if container else None, events)
        error = telling_line(self.engine.last_lines(identity, LINES)) if container else ""
        return f"{name}: {cause}" + (f". Its log says: {error}" if error else "")

    def has_ended(self, service: str) -> bool:
        """Whether a service is gone or has ended, other than with its work done. Odoo's is never done."""
        state = self._state(service)
        return state["Status"] != "running" and (service == ODOO or state.get("ExitCode") != 0)

    def out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the odoo service for want of memory; the service itself may go on."""
        return bool(self._state(ODOO).get("OOMKilled"))

    def await_cause(self) -> None:
        """Waits a moment for what the engine tells after it has told that a process in the odoo container was killed.

        The process may have been killed alone. If it went down with its container or for want of memory, the engine says so
        a little later: ``death`` or ``out_of_memory`` know it then.
        """
        until(bool, lambda: self.out_of_memory() or any(map(self.has_ended, self.services)), seconds=LATE, pause=PAUSE)

    def _last_told(self, service: str) -> tuple[Container | None, list[Event]]:
        """A container that has ended or is gone, and its events, once the engine has told who ended it."""

        def told() -> tuple[Container | None, list[Event]]:
            container = self.engine.service(self.run_id, service)
            return container, self.engine.events(container["Id"] if container else self._container_name(service))

        def is_all(answer: tuple[Container | None, list[Event]]) -> bool:
            container, events = answer
            return not is_still_told(container["State"] if container else None, events)

        return until(is_all, told, seconds=LATE, pause=PAUSE)

    def odoo_variables(self) -> frozenset[str]:
        """The names of the variables that Odoo reads in its container. None of their values, which may be secret."""
        container = self.engine.service(self.run_id, ODOO)
        variables = container.get("Config", {}).get("Env") or () if container else ()
        names = (variable.partition("=")[0] for variable in variables)
        return frozenset(name for name in names if name.startswith("ODOO_"))

    def ill_health(self) -> str:
        """Why the odoo service is not healthy."""
        container = self.engine.service(self.run_id, ODOO)
        if container is None or container["State"]["Status"] != "running":
            return self.death() or "its container is restarting"
        probe = last_probe(container["State"])
        error = telling_line(self.engine.last_lines(container["Id"], LINES))
        moved = PORT_VARIABLES & self.odoo_variables()
        sentences = (
            f"the last healthcheck said: {probe}" if probe else "its healthcheck has not answered yet",
            proxies.in_words(container.get("Config", {}).get("Env") or (), self.environ),
            f"{', '.join(sorted(moved))} in its environment may have moved its server away from port 8069" if moved else "",
            f"Its log says: {error}" if error else "",
        )
        return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)

    def unready(self) -> str | None:
        """The first service that does not run or is not healthy, other than with its work done; None if there is none."""
        for name in self.services:
            state = self._state(name)
            if state["Status"] == "exited" and not self.has_ended(name):
                continue
            health = state.get("Health", {}).get("Status", "healthy")
            if state["Status"] != "running" or health != "healthy":
                probe = last_probe(state)
                said = f", and its healthcheck said: {probe}" if probe else ""
                return f"the service {name} is {state['Status']} and {health}{said}"
        return None

    def logs(self) -> str:
        """The last log lines of the containers that have ended, or else of all, without what good runs say, too."""
        containers = [it for it in self.engine.of_run(self.run_id) if it.kind == "container"]
        ended = {self._container_name(name) for name in self.services if self.has_ended(name)}
        shown = [it for it in containers if it.name in ended] or containers
        return "\n".join(f"--- {it.name}\n{without_noise(self.engine.last_lines(it.id, LINES))}" for it in shown)

    def _container_name(self, service: str) -> str:
        """The name that compose gives to the only container of a service."""
        return f"{self.run_id}-{service}-1"

    def _state(self, service: str) -> State:
        container = self.engine.service(self.run_id, service)
        return container["State"] if container else {"Status": "gone"}
