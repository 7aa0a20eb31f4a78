"""A port is leased, not guessed (incident I1): a lock among runs, a held socket among processes, the engine's own map.

Who holds a port: another run, a container, a process. The engine's own map and a real bind decide (incident I1).
"""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
import tenacity

from hub_runner.errors import NoFreePort
from hub_runner.host import lock
from hub_runner.host.lock import Lock


@dataclass(frozen=True)
class Lease:
    """A port that is ours until it is released."""

    port: int
    lock: Lock
    socket: socket.socket

    def close(self) -> None:
        self.socket.close()
        self.lock.release()


Offers = Generator[Lease, None, None]


def leases(ports: Iterable[int], *, run: str, published: Callable[[], dict[int, str]], wait: float) -> Offers:
    """One lease after the other, until one is good enough: the port of the one before was stolen by then.

    ``published`` is the engine's map; ``wait`` is in seconds. Raises NoFreePort that names each port and its holder.
    """
    stolen: set[int] = set()
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(NoFreePort),
        stop=tenacity.stop_after_delay(wait),
        wait=tenacity.wait_random(0.1, 0.4),
        reraise=True,
    )
    while True:
        lease = retrying(_first_free, ports, stolen, run, published)
        stolen.add(lease.port)
        with contextlib.closing(lease):
            yield lease


def _first_free(ports: Iterable[int], stolen: set[int], run: str, published: Callable[[], dict[int, str]]) -> Lease:
    engine_map = published()
    for port in ports:
        if port not in engine_map and port not in stolen and (lease := _try_port(port, run)):
            return lease
    raise NoFreePort(all_busy(ports, engine_map))


def _try_port(port: int, run: str) -> Lease | None:
    if not (held := Lock.try_acquire(lock_path(port), holder=run)):
        return None
    holding = bound(port)
    if holding is None:
        held.release()
        return None
    return Lease(port, held, holding)


HOST = "127.0.0.1"


def lock_path(port: int) -> Path:
    return lock.state_folder() / "ports" / f"{port}.lock"


def bound(port: int) -> socket.socket | None:
    """A socket that keeps the port from other processes, while the engine can still publish over it; None where taken."""
    holding = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holding.bind((HOST, port))
    except OSError as error:
        holding.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return None
        raise
    return holding


def holder(port: int, engine_map: dict[int, str]) -> str | None:
    """Who holds the port, in words; None where it is free."""
    if run := lock.holder(lock_path(port)):
        return f"{run}"
    if port in engine_map:
        return engine_map[port]
    if free := bound(port):
        free.close()
        return None
    return _process(port)


def _process(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"process {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return f"a process of another user (as root: `lsof -nP -i :{port}` names it)"


def all_busy(ports: Iterable[int], engine_map: dict[int, str]) -> str:
    rows = [f"  {port}: {holder(port, engine_map) or 'taken while the run started'}" for port in ports]
    return "\n".join(
        [
            "No free port: each one of the range is taken.",
            *rows,
            "Wait for one with `--wait-for-port 60`, stop a holder, or set another range with `--ports`.",
        ]
    )
