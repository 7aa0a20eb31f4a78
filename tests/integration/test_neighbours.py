"""What neighbours do to an engine meanwhile: a clear first cause, never green by mistake, nothing left."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.resources import PROJECT
from tests.chaos.link import Link
from tests.integration.conftest import Make, run
from tests.integration.daemon import Daemon
from tests.integration.scene import HANGING, running
from tests.standins import images
from tests.standins.checkout import Checkout, checkout

pytestmark = pytest.mark.integration
Strike = Callable[[Engine, str], object]  # what a neighbour does to a run, of which the run id is given
START = re.compile(rb"POST \S*/containers/([0-9a-f]+)/start HTTP")


class Line(socket.socket):
    """A connection to the engine that calls ``before`` with a container's id before the engine is told to start it."""

    before: Callable[[str], None]

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        if asked := START.search(data):
            self.before(asked[1].decode())
        super().sendall(data, flags)


@contextlib.contextmanager
def struck(engine: Engine, checkout: Checkout, strike: Strike, *, times: int) -> Iterator[str]:
    """The address of an engine on which ``strike`` hits the checkout's runs so often, before a container starts."""
    hits: list[str] = []

    def before(container: str) -> None:
        with contextlib.suppress(docker.errors.NotFound):  # it has been removed already, or is not made yet
            run_id = engine.client.containers.get(container).labels.get(PROJECT, "")
            if run_id.startswith(f"{checkout.settings['project']}-") and len(hits) < times:
                strike(engine, run_id)
                hits.append(run_id)

    def connect() -> Line:
        line = Line(socket.AF_UNIX)
        line.before = before
        line.connect(engine.api.get_adapter(engine.api.base_url).socket_path)
        return line

    with tempfile.TemporaryDirectory(prefix="hr-") as folder, socket.socket(socket.AF_UNIX) as listening:  # a short path
        listening.bind(f"{folder}/engine")
        listening.listen(64)
        link = Link(listening, connect)
        try:
            yield f"unix://{folder}/engine"
        finally:
            link.close()
    assert len(hits) == times


def test_pruning_what_is_unused_does_no_harm_to_a_living_run(make: Make, engine: Engine) -> None:
    """Only what bears the labels of this test is pruned: others work on this engine, too."""
    with running(engine, make(modules=HANGING)) as scene:
        only = {"label": f"com.docker.compose.project={scene.project}"}
        before = scene.left()
        for prune in (engine.api.prune_containers, engine.api.prune_networks, engine.api.prune_volumes):
            prune(filters=only)
        assert sorted(scene.left()) == sorted(before)
        scene.victim.send(2)
        assert scene.becomes_clean()


def remove_network(engine: Engine, run_id: str) -> None:
    engine.api.remove_network(f"{run_id}_default")


def remove_odoo(engine: Engine, run_id: str) -> None:
    engine.api.remove_container(f"{run_id}-odoo-1", force=True)


def test_a_network_that_is_removed_before_its_containers_start_is_named(make: Make, engine: Engine) -> None:
    checkout = make()
    with struck(engine, checkout, remove_network, times=2) as host:
        done = run(checkout, "probe", DOCKER_HOST=host)
    assert done.code == 4, done.said
    assert "PROBLEM environment: The environment did not start: the network" in done.said
    assert "was removed while the run started" in done.said
    assert "verified: nothing of" in done.said


AGAIN = "No test had begun, so once more from the start"


@pytest.mark.parametrize(
    ("strike", "words"),
    [(remove_network, "network"), (remove_odoo, "was removed while the run started")],
    ids=["network", "container"],
)
def test_what_is_pruned_while_a_run_starts_costs_a_second_try_and_not_the_verdict(
    make: Make, engine: Engine, strike: Strike, words: str
) -> None:
    checkout = make()
    with struck(engine, checkout, strike, times=1) as host:
        done = run(checkout, "probe", DOCKER_HOST=host)
    assert done.passed, done.said
    assert AGAIN in done.said
    assert words in done.said[done.said.index(AGAIN) :].partition("\n")[0]
    assert "verified: nothing of" in done.said
    assert "this was the second try" in json.loads((checkout.root / "result.json").read_text())["notes"][0]


@pytest.mark.skipif(bool(Daemon.why_not()), reason=Daemon.why_not())
def test_address_ranges_that_are_used_up_are_said_first(tmp_path: Path) -> None:
    with Daemon() as daemon:
        client = docker.DockerClient(base_url=daemon.host)
        place = checkout(tmp_path / "checkout", images(client=client), ports="18080-18085")
        for number in range(Daemon.NETWORKS):
            client.networks.create(f"taken-{number}")
        done = run(place, "probe", DOCKER_HOST=daemon.host)
        client.close()
    assert done.code == 4
    assert "PROBLEM environment: The environment did not start: the engine has no address range left" in done.said
    assert "the workshop did not start: the engine has no address range left" in done.said
    assert "verified: nothing of" in done.said


@pytest.mark.skipif(bool(Daemon.why_not()), reason=Daemon.why_not())
def test_firewall_rules_that_were_flushed_are_said_first(tmp_path: Path) -> None:
    with Daemon(firewall=True) as daemon:
        client = docker.DockerClient(base_url=daemon.host)
        place = checkout(tmp_path / "checkout", images(client=client), cold=True, ports="18086-18089")
        for table in ("nat", "filter"):
            daemon.in_its_network("iptables", "-t", table, "-F")
            daemon.in_its_network("iptables", "-t", table, "-X")
        done = run(place, "probe", DOCKER_HOST=daemon.host)
        left = client.containers.list(all=True), client.networks.list(names=["agent-test"])
        client.close()
    assert done.code == 4, done.said
    assert "PROBLEM environment: The environment did not start: the engine's firewall rules are gone" in done.said
    assert "verified: nothing of" in done.said
    assert left == ([], [])


@pytest.mark.skipif(bool(Daemon.why_not()), reason=Daemon.why_not())
def test_a_disk_that_fills_is_said_first_and_nothing_is_left_on_it(tmp_path: Path) -> None:
    with Daemon(megabytes=24) as daemon:
        client = docker.DockerClient(base_url=daemon.host)
        place = checkout(tmp_path / "checkout", images(client=client), ports="18090-18095")
        with (daemon.data / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))
        done = run(place, "probe", DOCKER_HOST=daemon.host)
        (daemon.data / "filler").unlink()
        again = run(place, "probe", DOCKER_HOST=daemon.host)
        left = client.containers.list(all=True), client.volumes.list()
        client.close()
    assert done.code == 4, done.said
    assert "the engine's disk is full" in done.said or "no space left on device" in done.said
    assert "verified: nothing of" in done.said
    assert again.passed, again.said
    assert left == ([], [])
