"""The environment of one run: its containers, network and volumes, from their start to the end of the tests.

Nothing here removes anything: the run's teardown does, whatever became of this.
"""

from __future__ import annotations

import io
import json
import secrets
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from hub_runner.checkout import snapshot
from hub_runner.engine import compose, disturbance, published_port
from hub_runner.engine.client import Engine
from hub_runner.engine.compose import Client, Tail
from hub_runner.engine.container import Container
from hub_runner.engine.diagnosis import Diagnosis
from hub_runner.engine.explanation import last_error, why_not_started
from hub_runner.engine.health import Hopeless, eager, wait_until_healthy
from hub_runner.engine.model import ODOO, PASSWORD, PLACEHOLDER, Model, published, publisher
from hub_runner.errors import Disturbed, EnvironmentFailure
from hub_runner.host.ports import HOST, Lease
from hub_runner.observers import Observers


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The containers that ``model`` describes, once they are started.

    ``password`` is the database's, a new one for each; in the model a placeholder stands for it. ``patience`` is the seconds
    that compose may take, because a service that waits for another one's health may wait for ever.
    """

    run_id: str
    engine: Engine
    model: Model
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    environ: Mapping[str, str]
    observers: Observers
    patience: float = 600.0
    odoo_base: str = ""  # the odoo image below added packages, unless these change what Odoo's own modules install

    def start(self, offers: Iterator[Lease] | None) -> int:
        """Starts all services with Odoo published on the first offered port that holds, and returns that port.

        Without ``offers`` no port is published, and 0 is returned. Raises EnvironmentFailure, or NoFreePort when the offers
        end.
        """
        if offers is None:
            self._up_or_fail(self.model)
            return 0
        for lease in offers:
            if self._up_or_fail(published(self.model, host=HOST, port=lease.port, target=published_port.CONTAINER_PORT)):
                container = self.engine.service(self.run_id, publisher(self.model)) or self.odoo()
                published_port.check_mapping(container, lease.port)
                return lease.port
            self.observers.note(f"Port {lease.port} was taken while the environment started: moving on to the next one.")
        raise AssertionError("the offers end with NoFreePort")

    def start_with(self, target: int) -> int:
        """Starts all services with ``target``, a port of the odoo container, on a free port of the host's loopback.

        Returns that port, which the engine chooses. Raises EnvironmentFailure.
        """
        self._up_or_fail(published(self.model, host=HOST, port=0, target=target))
        return published_port.mapped(self.odoo(), target)

    def _up_or_fail(self, model: Model) -> bool:
        """False if the port was stolen. Raises EnvironmentFailure for every other failure."""
        output = Tail(4096)
        code = self.up(model, output)
        if code and published_port.was_stolen(output.text):
            return False
        if code != 0:
            cause = self.why_not_up(code, output)
            disturbed = code is not None and (disturbance.stopped_compose(str(output)) or disturbance.killed(cause))
            raise self.diagnosis.failure(f"The environment did not start{cause}", output, disturbed=disturbed)
        return True

    def why_not_up(self, code: int | None, output: Tail) -> str:
        """The first cause of an ``up`` that ended with ``code``, to follow "it did not start"."""
        if code is None:
            unready = self.diagnosis.unready() or "compose itself does not come to its end"
            return f" within {self.patience:g} s: {unready}"
        known = why_not_started(str(output), self.environ)
        return f": {known or self.diagnosis.death(was_up=False) or last_error(str(output))}"

    def up(self, model: Model, output: Tail, *, start: bool = True) -> int | None:
        """Makes, and starts, what ``model`` says; compose's exit code, or None if its time was over.

        The password goes in here and nowhere else, and on no disk: compose reads the model from its standard input, and a
        secret may be filled from the variable. Raises EnvironmentFailure if a signal ended compose.
        """
        text = json.dumps(eager(model, self.engine.api.api_version)).replace(PLACEHOLDER, self.password)
        environ = {**self.environ, PASSWORD: self.password}
        with compose.started(compose.up_command(self.run_id, start=start), environ, given=text.encode()) as client:
            try:
                return compose.follow(client, self.patience, output.add, self.observers.output)
            except EnvironmentFailure as error:
                raise EnvironmentFailure(f"The containers did not start: {error}") from error

    def odoo(self) -> Container:
        """The odoo container as the engine sees it. Raises EnvironmentFailure if it is gone."""
        if container := self.engine.service(self.run_id, ODOO):
            return container
        raise Disturbed("The odoo container is gone: somebody else removed it, or the engine lost it.")

    def wait_until_healthy(self, timeout: float) -> None:
        """Returns when the odoo service is healthy; ``timeout`` is in seconds.

        Raises EnvironmentFailure as soon as it cannot become healthy any more, or when the time is over.
        """
        try:
            wait_until_healthy(self._odoo_while_others_live, timeout=timeout)
        except Hopeless as error:
            why = self.diagnosis.ill_health()
            sentence, disturbed = f"The odoo service cannot become healthy any more: {why}", disturbance.killed(why)
            raise self.diagnosis.failure(sentence, disturbed=disturbed) from error
        except TimeoutError as error:
            why = self.diagnosis.ill_health()
            raise self.diagnosis.failure(f"The odoo service was not healthy within {timeout:g} s: {why}") from error

    @property
    def diagnosis(self) -> Diagnosis:
        """What is wrong with it, for whoever asks when something has failed."""
        return Diagnosis(
            engine=self.engine, run_id=self.run_id, services=tuple(self.model["services"]), environ=self.environ
        )

    def _odoo_while_others_live(self) -> Container | None:
        """The odoo container. Raises EnvironmentFailure if a service has ended that Odoo may wait for in vain."""
        if any(self.diagnosis.has_ended(name) for name in self.model["services"] if name != ODOO):
            cause = self.diagnosis.death()
            sentence, disturbed = f"A service ended while Odoo was starting: {cause}", disturbance.killed(cause)
            raise self.diagnosis.failure(sentence, disturbed=disturbed)
        return self.engine.service(self.run_id, ODOO)

    def copy_in(self, archive: bytes) -> None:
        """Unpacks a tar archive at the root of the odoo container's file system.

        Into a container that is read-only the engine unpacks nothing but what begins at one of its volumes.
        """
        container, service = self.odoo()["Id"], self.model["services"][ODOO]
        if not service.get("read_only"):
            self.engine.copy_into(container, archive)
            return
        for mount in service.get("volumes") or ():
            if mount["type"] == "volume" and (part := _part(archive, mount["target"])):
                self.engine.copy_into(container, part, mount["target"])

    def remove_files(self, paths: Sequence[str]) -> None:
        """Removes files and folders of the odoo container, as root. Raises EnvironmentFailure if they are not gone then."""
        api = self.engine.api
        process = api.exec_create(
            self.odoo()["Id"], ["rm", "-rf", "--", *paths], user="0"
        )  # a name would have to be one of the image's
        said = api.exec_start(process["Id"]).decode(errors="replace").strip()
        if code := api.exec_inspect(process["Id"])["ExitCode"]:
            raise EnvironmentFailure(
                f"Files of the tested modules could not be removed from the odoo container (exit code {code}): "
                f"{said or 'rm said nothing'}. Check that the compose file mounts their folder writable."
            )

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


def _part(archive: bytes, folder: str) -> bytes:
    """A tar archive of what is below ``folder`` in another one; empty if there is nothing."""
    buffer, begin, members = io.BytesIO(), f"{folder.strip('/')}/", 0
    with tarfile.open(fileobj=io.BytesIO(archive)) as whole, tarfile.open(fileobj=buffer, mode="w") as part:
        for member in whole.getmembers():
            if member.name.startswith(begin):
                content = whole.extractfile(member)
                member.name = member.name.removeprefix(begin)
                part.addfile(member, content)
                members += 1
    return buffer.getvalue() if members else b""
