"""The port of a run is leased, not guessed.

Incident I1: `lsof` showed a port free which the engine said was in use. So three things together decide: a lock among
runs, a real bind among the processes of the host, and the engine's own map of published ports.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from hub_runner.errors import NoFreePort
from hub_runner.host import lock
from hub_runner.host.folders import state_folder
from hub_runner.host.lock import Lock
from hub_runner.host.waiting import until
from hub_runner.text import harmless

HOST = "127.0.0.1"
# On Linux a socket that is bound with SO_REUSEADDR and does not listen keeps other processes from the port, while the
# engine can still publish over it. BSD and macOS refuse the engine's bind to the same address: there the socket is closed
# at once, and only the lock holds the port. A process that takes it in between makes the run move on to the next port.
CAN_HOLD = sys.platform == "linux"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A port that is ours until it is released. ``socket`` keeps other processes from it, on Linux."""

    port: int
    lock: Lock
    socket: socket.socket

    def close(self) -> None:
        self.socket.close()
        self.lock.release()


Offers = Generator[Lease, None, None]


def leases(ports: Iterable[int], *, run: str, published: Callable[[], dict[int, str]], wait: float) -> Offers:
    """One lease after the other. Whoever asks for the next one says that the port before was stolen; its lease ends.

    ``run`` is what others are told about the holder, ``published`` asks for the engine's map (port: holder), ``wait`` is
    in seconds. Raises NoFreePort, which names the holder of each port.
    """
    stolen: set[int] = set()
    while True:
        lease = until(bool, lambda: _first_free(ports, stolen, run, published), seconds=wait, pause=(0.1, 0.4))
        if lease is None:  # only now each holder is looked for: that reads all of /proc
            raise NoFreePort(all_busy(ports, published()))
        stolen.add(lease.port)
        with contextlib.closing(lease):
            yield lease


def _first_free(ports: Iterable[int], stolen: set[int], run: str, published: Callable[[], dict[int, str]]) -> Lease | None:
    engine_map = published()
    free = (port for port in ports if port not in engine_map and port not in stolen)
    return next((lease for port in free if (lease := _try_port(port, run))), None)


def _try_port(port: int, run: str) -> Lease | None:
    if _is_odd(lock_path(port)):  # somebody put a link or a FIFO there: that costs one port, not the run
        return None
    if not (held := Lock.try_acquire(lock_path(port), holder=run)):
        return None
    if (holding := bound(port)) is None:
        held.release()
        return None
    return Lease(port=port, lock=held, socket=holding)


def lock_path(port: int) -> Path:
    return state_folder() / "ports" / f"{port}.lock"


def _is_odd(path: Path) -> bool:
    """Whether something else than a regular file is in the place of a port's lock."""
    return path.is_symlink() or (path.exists() and not path.is_file())


def bound(port: int, *, can_hold: bool = CAN_HOLD) -> socket.socket | None:
    """A socket that was bound to the port, closed already if it ``can_hold`` nothing; None if the port is taken.

    Raises OSError if no port at all can be bound to, for example because the address is missing.
    """
    holding = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if can_hold:  # elsewhere this option would hide a server that listens on all addresses
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holding.bind((HOST, port))
    except OSError as error:
        holding.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return None
        raise
    if not can_hold:
        holding.close()
    return holding


def holders(ports: Iterable[int], engine_map: dict[int, str]) -> dict[int, str | None]:
    """Who holds each port, in words; None if it is free. ``engine_map`` is the engine's own: port to holder."""
    found = {port: _holder(port, engine_map) for port in ports}
    taken = [port for port, who in found.items() if who is None and not _is_free(port)]
    return found | (_processes(taken) if taken else {})


def _holder(port: int, engine_map: dict[int, str]) -> str | None:
    """The run or the container that holds the port, which need no look at the processes."""
    if run := lock.holder(lock_path(port)):
        return run
    if port in engine_map:
        return engine_map[port]
    if _is_odd(lock_path(port)):
        return f"nobody, but {lock_path(port)} is not a regular file: remove it"
    return None


def _is_free(port: int) -> bool:
    if free := bound(port):
        free.close()
    return free is not None


def _processes(ports: list[int]) -> dict[int, str | None]:
    """The process that has each of ``ports``. One look at all processes, which takes some 0.1 s."""
    found: dict[int, str | None] = {
        port: f"a process of another user (as root: `lsof -nP -i :{port}` names it)" for port in ports
    }
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port in found and connection.pid:
                name = psutil.Process(connection.pid).name()
                found[connection.laddr.port] = f"process {harmless(name)} (pid {connection.pid})"
    return found


def all_busy(ports: Iterable[int], engine_map: dict[int, str]) -> str:
    """The message of NoFreePort: each port with its holder."""
    rows = [f"  {port}: {who or 'taken while the run started'}" for port, who in holders(ports, engine_map).items()]
    return "\n".join(
        [
            "No free port: each one of the range is taken.",
            *rows,
            "Wait for one with `--wait-for-port 60`, stop a holder, or set another range with `--ports`.",
        ]
    )
