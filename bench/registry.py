"""An engine of its own that begins empty, beside a registry on loopback; and the same engine from afar, by TCP."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.contestants import MODULE, Contest, nox
from bench.share import runner
from bench.timing import environment, timed
from hub_runner.engine.client import connect
from tests.integration import registry_server
from tests.integration.daemon import Daemon
from tests.integration.registry_server import RegistryServer

PORT = 23755  # of the engine, in a network of its own


def why_not() -> str:
    """Why it cannot be measured here; empty if it can."""
    return Daemon.why_not() or ("" if registry_server.program() else "there is no docker-registry")


@dataclass(frozen=True)
class Other:
    """The engine has the images of Odoo and PostgreSQL, as the plain script finds them, and nothing else."""

    contest: Contest
    daemon: Daemon
    server: RegistryServer

    def first(self) -> float:
        """As on a machine that nobody has used before: nothing is prepared, and nothing known of Odoo's modules."""
        self._run("clean", "--caches")
        shutil.rmtree(self._cache, ignore_errors=True)
        return self._nox(self.daemon.host, f"--cache-registry={self.server.name}")

    def local(self) -> float:
        return self._nox(self.daemon.host)

    def remote(self) -> float:
        return self._nox(self.daemon.address)

    def fill(self) -> None:
        """Makes the prepared database, and pushes it."""
        self._nox(self.daemon.host, f"--cache-registry={self.server.name}", "--cache-push", "--cache-timeout=300")

    def _nox(self, host: str, *arguments: str) -> float:
        return timed(self._within(*nox(MODULE, *arguments)), self._environ(host), log=self.contest.log)

    def _run(self, *arguments: str) -> float:
        command = self._within(runner(), "-m", "hub_runner", *arguments)
        return timed(command, self._environ(self.daemon.host), log=self.contest.log)

    def _within(self, *command: str) -> tuple[str, ...]:
        """In the network of the engine, where its loopback is."""
        return ("nsenter", f"--net={self.daemon.network}", *command)

    def _environ(self, host: str) -> dict[str, str]:
        return environment(self.contest.work, DOCKER_HOST=host, XDG_CACHE_HOME=str(self._cache))

    @property
    def _cache(self) -> os.PathLike[str]:
        return self.contest.work / "cache"


@contextmanager
def other(contest: Contest) -> Iterator[Other]:
    folder = contest.work / "registry"
    folder.mkdir(exist_ok=True)
    with Daemon(port=PORT) as daemon:
        server = RegistryServer(folder, within=("nsenter", f"--net={daemon.network}"))
        server.start()
        try:
            load(contest, daemon)
            found = Other(contest, daemon, server)
            found.fill()
            yield found
        finally:
            server.stop()


def load(contest: Contest, daemon: Daemon) -> None:
    """The images go from one engine to the other without a file between."""
    names = tuple(contest.images.values())
    address = connect().client.api.base_url  # the one that the plain script uses
    with subprocess.Popen(("docker", "save", *names), stdout=subprocess.PIPE) as saving:
        subprocess.run(("docker", "--host", daemon.host, "load"), stdin=saving.stdout, stdout=subprocess.DEVNULL, check=True)
    if saving.returncode:
        raise SystemExit(f"The images {', '.join(names)} could not be saved from {address}.")
