"""What neighbours do to an engine meanwhile: a clear first cause, never green by mistake, nothing left."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import docker
import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, fake_docker, run
from tests.integration.daemon import Daemon
from tests.integration.scene import HANGING, running
from tests.standins import images
from tests.standins.checkout import checkout

pytestmark = pytest.mark.integration
# Removes the run's network, again and again, while compose makes and starts its containers.
PRUNING = """case " $* " in *" --file - "*)
  exec 3<&0
  $DOCKER "$@" <&3 & up=$!
  while kill -0 $up 2>/dev/null; do $DOCKER network rm "$3_default" >/dev/null 2>&1; done
  wait $up ;;
*) exec $DOCKER "$@" ;;
esac"""


def test_pruning_what_is_unused_does_no_harm_to_a_living_run(make: Make, engine: Engine) -> None:
    """Only what bears the labels of this test is pruned: others work on this engine, too."""
    with running(engine, make(modules=HANGING)) as scene:
        only = {"label": f"com.docker.compose.project={scene.project}"}
        before = scene.left()
        for prune in (engine.api.prune_containers, engine.api.prune_networks, engine.api.prune_volumes):
            prune(filters=only)
        assert sorted(scene.left()) == sorted(before)
        scene.victim.send(2)
        assert scene.becomes_clean(15)


def test_a_network_that_is_removed_before_its_containers_start_is_named(make: Make, tmp_path: Path) -> None:
    done = run(make(), "probe", PATH=fake_docker(tmp_path / "bin", PRUNING))
    assert done.code == 4, done.said
    assert "PROBLEM environment: The environment did not start: the network" in done.said
    assert "was removed while the run started" in done.said
    assert "verified: nothing of" in done.said


# Strikes once, while compose makes and starts the containers of the first try: $1 is the run id.
ONCE = """strike() { {strike}; }
case " $* " in *" --file - "*" up "*)
  if mkdir {mark} 2>/dev/null; then
    exec 3<&0
    $DOCKER "$@" <&3 & up=$!
    while kill -0 $up 2>/dev/null; do strike "$3" >/dev/null 2>&1 && break; done
    wait $up; exit
  fi ;;
esac
exec $DOCKER "$@" """
AGAIN = "No test had begun, so once more from the start"


@pytest.mark.parametrize(
    ("strike", "words"),
    [
        ('$DOCKER network rm "$1_default"', "network"),
        ('$DOCKER rm --force "$1-odoo-1" | grep -v "No such"', "was removed while the run started"),
    ],
    ids=["network", "container"],
)
def test_what_is_pruned_while_a_run_starts_costs_a_second_try_and_not_the_verdict(
    make: Make, tmp_path: Path, strike: str, words: str
) -> None:
    script = ONCE.replace("{strike}", strike).replace("{mark}", str(tmp_path / "struck"))
    checkout = make()
    done = run(checkout, "probe", PATH=fake_docker(tmp_path / "bin", script))
    assert done.passed, done.said
    assert AGAIN in done.said
    assert words in done.said[done.said.index(AGAIN) :].partition("\n")[0]
    assert "verified: nothing of" in done.said
    assert "this was the second try" in json.loads((checkout.root / "result.json").read_text())["notes"][0]


@pytest.mark.skipif(bool(Daemon.why_not()), reason=Daemon.why_not())
def test_address_ranges_that_are_used_up_are_said_first(tmp_path: Path) -> None:
    with Daemon() as daemon:
        client = docker.DockerClient(base_url=daemon.host)
        place = checkout(tmp_path / "checkout", images(client=client), cold=True, ports="18080-18085")
        for number in range(Daemon.NETWORKS):
            client.networks.create(f"taken-{number}")
        done = run(place, "probe", DOCKER_HOST=daemon.host)
        client.close()
    assert done.code == 4
    assert "PROBLEM environment: The environment did not start: the engine has no address range left" in done.said
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
