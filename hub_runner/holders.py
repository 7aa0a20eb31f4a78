"""Who holds a port: another run, a container, a process. The engine's own map and a real bind decide (incident I1)."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterable
from pathlib import Path

import psutil

from hub_runner import lock

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
