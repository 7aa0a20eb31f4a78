"""What neighbours do to an engine meanwhile: a clear first cause, never green by mistake, nothing left."""

from __future__ import annotations

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
