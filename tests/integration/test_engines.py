"""A batch over two engines of the test's own: each does its part, and one goes away in the middle."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.integration.conftest import start
from tests.integration.daemon import Daemon
from tests.integration.scene import PATIENCE
from tests.standins import images
from tests.standins.checkout import PASS, Checkout, checkout, noisy

pytestmark = [pytest.mark.integration, pytest.mark.skipif(bool(Daemon.why_not()), reason=Daemon.why_not())]


class Lab:
    """Two engines that have the stand-ins, and a checkout whose settings name both."""

    def __init__(self, folder: Path, daemons: tuple[Daemon, Daemon]) -> None:
        self.folder, self.daemons = folder, daemons

    def checkout(self, name: str, **modules: str) -> Checkout:
        hosts = tuple(daemon.host for daemon in self.daemons)
        there = [images(client=docker.DockerClient(base_url=host)) for host in hosts]
        return checkout(self.folder / name, there[0], modules=modules, cold=True, ports="18040-18059", engines=hosts)

    def left(self) -> list[str]:
        found: list[str] = []
        for daemon in self.daemons:
            with contextlib.closing(docker.DockerClient(base_url=daemon.host)) as client:
                api: Any = client.api
                found += [str(it["Names"]) for it in api.containers(all=True)]
                found += [str(it["Name"]) for it in api.networks(names=["agent-test"])]
                found += [str(it["Name"]) for it in api.volumes()["Volumes"] or ()]
        return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Daemon() as one, Daemon() as two:
        yield Lab(tmp_path_factory.mktemp("lab"), (one, two))


def engines_of(place: Checkout) -> dict[str, str]:
    """By module, as far as its run came to an end."""
    results = [json.loads(path.read_text()) for path in place.root.glob(".hub-runner/runs/*/result.json")]
    begin = "ran on the engine "
    return {it["run"]["module"]: n.removeprefix(begin) for it in results for n in it["notes"] if n.startswith(begin)}


def test_a_run_whose_engine_dies_ends_with_4_the_rest_goes_on_and_its_leftovers_go_when_it_is_back(lab: Lab) -> None:
    place = lab.checkout("dying", a=noisy(300, 50), b=noisy(300, 50), c=PASS, d=PASS)
    process = start(place, "a", "b", "c", "d")
    dying, client = lab.daemons[1], docker.DockerClient(base_url=lab.daemons[1].host)
    end = time.monotonic() + PATIENCE
    while len(client.containers.list()) < 2:
        assert time.monotonic() < end
        time.sleep(0.1)
    client.close()
    dying.kill()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4, said
    batch = json.loads((place.root / "batch.json").read_text())
    codes = {module["module"]: module["return_code"] for module in batch["modules"]}
    assert sorted(codes.values()) == [0, 0, 0, 4], said
    assert {name: host == dying.host for name, host in engines_of(place).items()} == {
        name: code == 4 for name, code in codes.items()
    }
    assert f"The engine {dying.host} does not answer any more: the others go on." in said
    dying.start()
    end = time.monotonic() + PATIENCE
    while lab.left() and time.monotonic() < end:
        time.sleep(0.2)
    assert lab.left() == []
