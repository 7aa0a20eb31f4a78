"""Batches over two engines of their own, with a registry for prepared databases: whatever they need is killed or cut off."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP

import docker

from hub_runner.engine.client import Engine
from tests.chaos.batches import DATABASE, Batch, Several, Way, then, to_job
from tests.chaos.deaths import POLITE, Death, hail, once
from tests.chaos.link import Link, into_network, to_socket
from tests.chaos.scenario import Scene, forget_prepared
from tests.chaos.victim import Victim
from tests.chaos.watcher import Watcher
from tests.integration.daemon import Daemon
from tests.integration.registry_server import RegistryServer
from tests.standins import images


class Lab:
    """Two engines, the registry, and the links through which all of them are reached."""

    def __init__(self, folder: Path, daemons: tuple[Daemon, Daemon]) -> None:
        self.daemons, self.registry = daemons, RegistryServer(folder)
        self.registry.start()
        self.hosts = tuple(f"unix://{folder}/engine-{number}.sock" for number in range(len(daemons)))
        self.to_engines = [
            to_socket(Path(daemon.host.removeprefix("unix://")), Path(host.removeprefix("unix://")))
            for daemon, host in zip(daemons, self.hosts, strict=True)
        ]
        self.to_registry = [into_network(daemon.network, self.registry.port) for daemon in daemons]
        for daemon in daemons:
            with contextlib.closing(docker.DockerClient(base_url=daemon.host)) as client:
                images(client=client)

    @property
    def links(self) -> list[Link]:
        return [*self.to_engines, *self.to_registry]

    def mend(self) -> None:
        """All is there again, and can be reached."""
        for daemon in self.daemons:
            assert daemon.process
            if daemon.process.poll() is not None:
                daemon.start()
            daemon.process.send_signal(SIGCONT)
        for link in self.links:
            link.mend()
        if self.registry.process and self.registry.process.poll() is None:
            self.registry.process.send_signal(SIGCONT)
        else:
            self.registry.process = None
            self.registry.start()

    def close(self) -> None:
        self.mend()
        for link in self.links:
            link.close()
        self.registry.stop()


class Remote(Several):
    lab: Lab


def with_lab(work: Callable[[Lab, Victim, Random], None]) -> Callable[[Victim, Random], float]:
    def strike(victim: Victim, random: Random) -> float:
        assert isinstance(victim, Remote)
        now = time.time()
        work(victim.lab, victim, random)
        return now

    return strike


def kill_engine(lab: Lab, victim: Victim, random: Random) -> None:
    """It is back within five seconds."""
    daemon = random.choice(lab.daemons)
    daemon.kill()
    victim.wait(random.uniform(0, 5))
    daemon.start()


def kill_engine_for_good(lab: Lab, victim: Victim, random: Random) -> None:
    """It is back once the command has ended."""
    random.choice(lab.daemons).kill()
    victim.wait(100)


def stop_engine(lab: Lab, victim: Victim, random: Random) -> None:
    process = random.choice(lab.daemons).process
    assert process
    process.send_signal(SIGSTOP)
    victim.wait(random.uniform(0.5, 8))
    process.send_signal(SIGCONT)


def kill_registry(lab: Lab, victim: Victim, random: Random) -> None:
    assert lab.registry.process
    lab.registry.process.send_signal(random.choice([SIGKILL, SIGSTOP]))
    victim.wait(random.uniform(0, 20))


def cut(*which: str) -> Callable[[Lab, Victim, Random], None]:
    """The network to an engine, or between it and the registry, is cut or holds everything up for a while."""

    def work(lab: Lab, victim: Victim, random: Random) -> None:
        link: Link = random.choice([link for name in which for link in getattr(lab, name)])
        (link.cut if random.random() < 0.5 else link.hold)()
        victim.wait(random.uniform(0.2, 8))
        link.mend()

    return work


DEATHS = (
    Way(name="INT, TERM or HUP to the command", strike=once(*POLITE)),
    Way(name="two to twelve signals to the command", strike=hail),
    Way(name="KILL of the command", strike=once(SIGKILL), guard=True),
    Way(name="a signal or KILL to a job", strike=to_job(*POLITE, SIGKILL), guard=True),
    Way(name="KILL of an engine, which comes back", strike=with_lab(kill_engine), guard=True),
    Way(name="KILL of an engine, which stays away", strike=with_lab(kill_engine_for_good), guard=True),
    Way(name="STOP of an engine for a while", strike=with_lab(stop_engine), guard=True),
    Way(name="KILL or STOP of the registry", strike=with_lab(kill_registry), phases=DATABASE),
    Way(name="the network to an engine cut or held up", strike=with_lab(cut("to_engines")), guard=True),
    Way(
        name="the network to the registry cut or held up",
        strike=with_lab(cut("to_registry")),
        phases=DATABASE,
    ),
    Way(
        name="KILL of an engine, then of the command",
        strike=then(with_lab(kill_engine), once(SIGKILL)),
        guard=True,
    ),
    Way(
        name="KILL of the command, then of an engine",
        strike=then(once(SIGKILL), with_lab(kill_engine)),
        guard=True,
    ),
)


class Engines(Batch):
    name = "engines"
    first_port = 17800
    deaths: tuple[Death, ...] = DEATHS
    front = Remote
    patience = 150.0  # a guard waits for its engine
    lab: Lab

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        if why := Daemon.why_not():
            raise SystemExit(why)
        folder = Path(tempfile.mkdtemp(prefix="hub-runner-lab-"))
        with Daemon() as one, Daemon() as two:
            self.lab = Lab(folder, (one, two))
            try:
                yield
            finally:
                self.lab.close()
        shutil.rmtree(folder)

    def settings(self) -> dict[str, str | bool | float | tuple[str, ...]]:
        return {
            "engines": self.lab.hosts,
            "cache_registry": self.lab.registry.name,
            "cache_push": True,
            "cache_timeout": 5.0,
        }

    def begin(self, scene: Scene) -> Victim:
        Remote.lab = self.lab
        return super().begin(scene)

    def mend(self) -> None:
        self.lab.mend()

    def look(self, watcher: Watcher, prefix: str) -> list[str]:
        """All that these engines have: nobody else uses them."""
        found = []
        for daemon in self.lab.daemons:
            with contextlib.closing(docker.DockerClient(base_url=daemon.host)) as client:
                found += [f"container {it.name}" for it in client.containers.list(all=True)]
                found += [f"network {it.name}" for it in client.networks.list() if prefix in str(it.name)]
                found += [f"volume {it.name}" for it in client.volumes.list()]
        return found

    @contextlib.contextmanager
    def cleared(self, watcher: Watcher, prefix: str) -> Iterator[None]:
        yield
        for daemon in self.lab.daemons:
            with contextlib.closing(docker.DockerClient(base_url=daemon.host)) as client:
                forget_prepared(Engine(client), prefix)
