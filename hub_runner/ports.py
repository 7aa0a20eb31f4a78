"""A port is leased, not guessed (incident I1): a lock among runs, a held socket among processes, the engine's own map."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

import tenacity

from hub_runner.errors import NoFreePort
from hub_runner.holders import all_busy, bound, lock_path
from hub_runner.lock import Lock


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
