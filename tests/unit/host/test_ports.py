from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hub_runner.errors import NoFreePort
from hub_runner.host import lock, ports
from hub_runner.host.ports import HOST, Lease, bound, holders

Map = dict[int, str]


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path))


@pytest.fixture
def free() -> list[int]:
    """Three ports that nobody has, and that the kernel gives nobody: no client's connection comes from there."""
    found: list[int] = []
    for port in random.sample(range(24000, 30000), 100):
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind((HOST, port))
            found.append(port)
    return sorted(found[:3])


@pytest.fixture
def lease() -> Iterator[Callable[..., Lease]]:
    """Leases a port as a run does, until the test is over."""
    with contextlib.ExitStack() as stack:

        def take(range_: list[int], run: str = "run a", published: Map | None = None, wait: float = 0) -> Lease:
            offers = ports.leases(range_, run=run, published=lambda: published or {}, wait=wait)
            return next(stack.enter_context(contextlib.closing(offers)))

        yield take


def listening(port: int, family: socket.AddressFamily = socket.AF_INET, host: str = HOST) -> socket.socket:
    """A foreign process's server."""
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    server.listen()
    return server


def test_runs_get_one_port_each_and_the_next_run_none(free: list[int], lease: Callable[..., Lease]) -> None:
    assert [lease(free, f"run {i}").port for i in range(3)] == free
    with pytest.raises(NoFreePort) as refusal:
        lease(free)
    for number, port in enumerate(free):
        assert f"  {port}: run {number}\n" in str(refusal.value)
    assert "--wait-for-port" in str(refusal.value)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, HOST), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")])
def test_a_port_on_which_a_process_listens_is_passed_over(
    free: list[int], lease: Callable[..., Lease], family: socket.AddressFamily, host: str
) -> None:
    with listening(free[0], family, host):
        assert lease(free).port == free[1]


def test_a_process_that_holds_a_port_is_named(free: list[int], lease: Callable[..., Lease]) -> None:
    with listening(free[0]), pytest.raises(NoFreePort, match=rf"{free[0]}: process \S+ \(pid \d+\)"):
        lease(free[:1])


def test_a_port_in_the_engines_map_is_passed_over_though_the_kernel_shows_it_free(
    free: list[int], lease: Callable[..., Lease]
) -> None:
    """I1, and the engine's userland proxy switched off."""
    assert lease(free, published={free[0]: "container foreign"}).port == free[1]
    with pytest.raises(NoFreePort, match=rf"{free[2]}: container foreign"):
        lease(free[2:], published={free[2]: "container foreign"})


def test_while_it_is_leased_no_other_process_gets_the_port(free: list[int], lease: Callable[..., Lease]) -> None:
    lease(free)
    with socket.socket() as foreign, pytest.raises(OSError, match="in use"):
        foreign.bind((HOST, free[0]))


def test_while_it_is_leased_the_engine_can_publish_over_it(free: list[int], lease: Callable[..., Lease]) -> None:
    """Its proxy listens with SO_REUSEADDR, as servers do."""
    lease(free)
    with listening(free[0]) as proxy:
        assert proxy.getsockname()[1] == free[0]


def test_a_stolen_port_is_followed_by_the_next_one_and_freed(free: list[int]) -> None:
    with contextlib.closing(ports.leases(free, run="run a", published=dict, wait=0)) as offers:
        assert [next(offers).port for _ in range(3)] == free
        assert holders(free[:1], {}) == {free[0]: None}
        with pytest.raises(NoFreePort, match="taken while the run started"):
            next(offers)


def test_the_end_of_a_run_frees_its_port(free: list[int], lease: Callable[..., Lease]) -> None:
    with contextlib.closing(ports.leases(free, run="run a", published=dict, wait=0)) as offers:
        next(offers)
        assert holders(free[:1], {}) == {free[0]: "run a"}
    assert holders(free[:1], {}) == {free[0]: None}
    assert lease(free).port == free[0]


def test_waiting_gets_the_port_when_it_is_freed(free: list[int], lease: Callable[..., Lease]) -> None:
    one, maps = free[:1], iter([{free[0]: "container foreign"}, {free[0]: "container foreign"}, {}])
    offers = ports.leases(one, run="run a", published=lambda: next(maps), wait=60)
    with contextlib.closing(offers):
        assert next(offers).port == one[0]


def test_waiting_ends(free: list[int], lease: Callable[..., Lease]) -> None:
    with listening(free[0]), pytest.raises(NoFreePort):
        lease(free[:1], wait=0.3)


def refusing(number: int) -> type[socket.socket]:
    """Sockets that the kernel lets nobody bind."""

    class Refused(socket.socket):
        def bind(self, address: object) -> None:
            raise OSError(number, os.strerror(number))

    return Refused


@pytest.mark.parametrize("number", [errno.EACCES, errno.EADDRINUSE])
def test_a_port_that_this_user_may_not_have_is_taken_and_not_an_error(
    free: list[int], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(socket, "socket", refusing(number))
    assert bound(free[0]) is None
    assert "a process of another user" in str(holders(free[:1], {}))


def test_a_machine_without_an_address_is_an_error_and_not_a_taken_port(
    free: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", refusing(errno.EADDRNOTAVAIL))
    with pytest.raises(OSError, match="assign"):
        bound(free[0])


def test_while_a_run_waits_for_a_port_the_processes_are_looked_through_once_at_the_end(
    free: list[int], lease: Callable[..., Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    """B11: all of /proc was read for each port, several times a second."""
    scans: list[str] = []

    def scan(kind: str) -> list[object]:
        scans.append(kind)
        return []

    monkeypatch.setattr(psutil, "net_connections", scan)
    with listening(free[0]), listening(free[1]), pytest.raises(NoFreePort):
        lease(free[:2], wait=1)
    assert scans == ["tcp"]


def test_where_a_socket_cannot_hold_a_port_the_lock_alone_does(free: list[int]) -> None:
    """B1: BSD and macOS would refuse the engine's bind over it, so that each port would look stolen."""
    holding = bound(free[0], can_hold=False)
    assert holding is not None
    assert holding.fileno() == -1, "it is closed: whoever comes next may bind without SO_REUSEADDR"
    with socket.socket() as engine:
        engine.bind((HOST, free[0]))
        assert bound(free[0], can_hold=False) is None


def test_where_a_socket_cannot_hold_a_port_a_server_on_all_addresses_is_seen(free: list[int]) -> None:
    with listening(free[0], host="0.0.0.0"):
        assert bound(free[0], can_hold=False) is None


@pytest.mark.parametrize("odd", ["link", "fifo", "folder"])
def test_something_odd_in_the_place_of_a_lock_costs_one_port_and_is_named(
    free: list[int], lease: Callable[..., Lease], odd: str
) -> None:
    """A2."""
    lease(free).close()
    path = ports.lock_path(free[0])
    path.unlink()
    make: dict[str, Callable[[], None]] = {
        "link": lambda: path.symlink_to("/etc/passwd"),
        "fifo": lambda: os.mkfifo(path),
        "folder": path.mkdir,
    }
    make[odd]()
    assert lease(free).port == free[1]
    with pytest.raises(NoFreePort, match=rf"{free[0]}: nobody, but .*{free[0]}\.lock is not a regular file: remove it"):
        lease(free[:1])


def test_the_name_that_a_holder_gives_itself_cannot_write_on_the_terminal(
    free: list[int], lease: Callable[..., Lease]
) -> None:
    """A2."""
    lease(free, "run \x1b[2J\nhub-runner | verdict PASSED")
    assert holders(free[:1], {}) == {free[0]: "run hub-runner | verdict PASSED"}


def test_whoever_asks_for_a_ports_holder_does_not_keep_a_run_from_the_port(free: list[int]) -> None:
    """B11: the question takes the lock for an instant."""
    path = ports.lock_path(free[0])
    refused = 0
    if (asking := os.fork()) == 0:
        with contextlib.suppress(BaseException):
            while True:
                lock.holder(path)
        os._exit(0)
    try:
        for _ in range(300):
            held = lock.Lock.try_acquire(path, holder="run a")
            refused += held is None
            if held:
                held.release()
    finally:
        os.kill(asking, 9)
        os.waitpid(asking, 0)
    assert refused == 0
