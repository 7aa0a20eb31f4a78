"""Ports on the real engine: eleven runs at once, the twelfth, thieves, and the mapping (incidents I1, I3, I12)."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_runner.engine.client import Engine
from hub_runner.errors import NoFreePort
from hub_runner.host import ports as host_ports
from hub_runner.host.ports import HOST
from tests.integration.conftest import PORTS, Make, fake_docker, run, start
from tests.integration.scene import PATIENCE, let_go, wait_for_odoos
from tests.standins import Images
from tests.standins.checkout import HELD

pytestmark = pytest.mark.integration


def listening(port: int) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, port))
    server.listen()
    return server


@pytest.fixture
def first() -> int:
    """The first of twelve ports that no other test uses."""
    return next(PORTS)


@contextlib.contextmanager
def foreign(engine: Engine, image: str, port: int) -> Iterator[str]:
    """A container of somebody else that publishes ``port``."""
    name, ports = f"hub-runner-foreign-{port}", {"80/tcp": (HOST, port)}
    network = engine.client.networks.create(name)
    try:
        found = engine.client.containers.create(image, "sleep 600", ports=ports, name=name, network=name)
        try:
            found.start()
            yield name
        finally:
            found.remove(force=True, v=True)
    finally:
        network.remove()


def port_of(said: str) -> int:
    """The port that the log names."""
    match = re.search(r"\| port +127\.0\.0\.1:(\d+)", said) or re.search(r"\| port +(\d+)", said)
    assert match, said
    return int(match[1])


def test_two_runs_at_once_get_two_ports_and_the_third_is_told_who_has_them(make: Make, engine: Engine, first: int) -> None:
    """The eleven of the work order, with two ports instead: the next test has all eleven, without containers."""
    checkout = make(modules={"probe": HELD}, ports=f"{first}-{first + 1}")
    runs = [start(checkout, "probe") for _ in range(2)]
    try:
        names = wait_for_odoos(engine, checkout, 2)
        third = run(checkout, "probe")
        assert third.code == 5
        for port in (first, first + 1):
            assert re.search(rf"  {port}: \S*-agent-test-probe-\d+-[0-9a-f]{{4}}\n", third.said), third.said
        waiting = start(checkout, "probe", "--wait-for-port", f"{PATIENCE:.0f}")
        let_go(engine, names)
        let_go(engine, wait_for_odoos(engine, checkout, 1, but=names))
        for process in (*runs, waiting):
            said = process.communicate(timeout=PATIENCE)[0]
            assert process.returncode == 0, said
    finally:
        for process in runs:
            process.kill()
            process.communicate()
    logs = (checkout.root / ".hub-runner" / "runs").glob("*/proof_of_execution_tests.log")
    used = [port_of(text) for path in logs if "passed" in (text := path.read_text(encoding="utf-8")) and "| port" in text]
    assert sorted(used)[0] == first
    assert set(used) == {first, first + 1}


def test_eleven_at_once_get_eleven_ports_and_the_twelfth_a_list(
    tmp_path: Path, first: int, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path))
    span, got, gate = range(first, first + 11), list[int](), threading.Barrier(11)
    with contextlib.ExitStack() as stack:

        def lease(number: int) -> None:
            offers = host_ports.leases(span, run=f"run {number}", published=engine.published_ports, wait=0)
            gate.wait()
            got.append(next(offers).port)
            stack.callback(offers.close)

        threads = [threading.Thread(target=lease, args=(number,)) for number in range(11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == list(span)
        with pytest.raises(NoFreePort) as refusal:
            next(host_ports.leases(span, run="run 12", published=engine.published_ports, wait=0))
    assert all(re.search(rf"^  {port}: run \d+$", str(refusal.value), re.M) for port in span)


def test_ports_of_processes_and_containers_are_passed_over(make: Make, engine: Engine, standins: Images, first: int) -> None:
    checkout = make(ports=f"{first}-{first + 2}")
    with listening(first), foreign(engine, standins.odoo, first + 1):
        done = run(checkout, "probe")
    assert done.passed, done.said
    assert port_of(done.log) == first + 2


def test_where_all_are_busy_each_holder_is_named(make: Make, engine: Engine, standins: Images, first: int) -> None:
    """W9."""
    checkout = make(ports=f"{first}-{first + 1}")
    with listening(first), foreign(engine, standins.odoo, first + 1) as name:
        done = run(checkout, "probe")
    assert done.code == 5
    assert re.search(rf" {first}: process \S+ \(pid \d+\)\n +{first + 1}: container {name}\n", done.said), done.said
    assert "--wait-for-port" in done.said
    assert "No free port" in done.log


@pytest.mark.parametrize("thief", ["a process", "a container"])
def test_a_port_that_is_stolen_between_lease_and_start_makes_the_run_move_on(
    make: Make, engine: Engine, standins: Images, first: int, tmp_path: Path, thief: str
) -> None:
    """I1: the thief comes when compose is called, and no earlier."""
    flag, answer = tmp_path / "asked", tmp_path / "stolen"
    wait = f"if [ ! -e {answer} ]; then touch {flag}; until [ -e {answer} ]; do sleep 0.05; done; fi"
    path = fake_docker(tmp_path / "bin", f'case "$*" in *" up "*) {wait};; esac\nexec $DOCKER "$@"')
    checkout = make(ports=f"{first}-{first + 1}")
    process = start(checkout, "probe", environ={"PATH": path})
    with contextlib.ExitStack() as stack:
        while not flag.exists() and process.poll() is None:
            time.sleep(0.02)
        stack.enter_context(listening(first) if thief == "a process" else foreign(engine, standins.odoo, first))
        answer.touch()
        said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, said
    assert f"Port {first} was taken while the environment started: moving on" in said
    assert port_of(checkout.log.read_text(encoding="utf-8")) == first + 1


def test_the_mapping_is_verified_after_the_start(make: Make, tmp_path: Path, first: int) -> None:
    """I3: a compose that publishes another port than it was told."""
    change = f's/"published": "{first}"/"published": "{first + 5}"/'
    script = f'case "$*" in *" up "*) sed \'{change}\' | $DOCKER "$@";; *) exec $DOCKER "$@";; esac'
    path = fake_docker(tmp_path / "bin", script)
    done = run(make(ports=str(first)), "probe", PATH=path)
    assert done.code == 4
    assert f"should be published as [{{'HostIp': '127.0.0.1', 'HostPort': '{first}'}}]" in done.said
    assert f"'{first + 5}'" in done.said


def test_only_this_machine_can_reach_a_run(make: Make, engine: Engine) -> None:
    checkout = make(modules={"probe": HELD})
    process = start(checkout, "probe")
    try:
        names = wait_for_odoos(engine, checkout, 1)
        found = engine.client.containers.get(next(iter(names))).attrs["NetworkSettings"]["Ports"]["8069/tcp"][0]
        assert found["HostIp"] == "127.0.0.1"
        let_go(engine, names)
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        process.communicate()
    result = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
    assert str(found["HostPort"]) in json.dumps(result)
