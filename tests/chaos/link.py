"""A network of a test's own: what goes through it can be cut off, or held up, and let through again."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

NEW_NETWORK = 0x40000000  # CLONE_NEWNET, for setns


class Link:
    """Hands on what comes to ``listening`` to whatever ``connect`` opens, byte by byte, until it is closed."""

    def __init__(self, listening: socket.socket, connect: Callable[[], socket.socket]) -> None:
        self._listening, self._connect = listening, connect
        self._flows = threading.Event()
        self._flows.set()
        self._is_cut = False
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._serve, daemon=True, name="link").start()

    def cut(self) -> None:
        """Ends all connections, and takes no other."""
        self._is_cut = True
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Nothing gets through, and nobody is told."""
        self._flows.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._flows.set()

    def close(self) -> None:
        self._listening.close()
        self.cut()
        self._flows.set()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True, name="link").start()

    def _carry(self, near: socket.socket) -> None:
        with contextlib.ExitStack() as ends, contextlib.suppress(OSError):
            ends.enter_context(near)
            if self._is_cut:
                return
            far = ends.enter_context(self._connect())
            self._open |= {near, far}
            back = threading.Thread(target=self._pump, args=(far, near), daemon=True, name="link")
            back.start()
            self._pump(near, far)
            back.join()
            self._open -= {near, far}

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def to_socket(path: Path, listening: Path) -> Link:
    """From one socket in the file system to another one."""
    near = socket.socket(socket.AF_UNIX)
    near.bind(str(listening))
    near.listen(64)

    def connect() -> socket.socket:
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(path))
        return far

    return Link(near, connect)


def into_network(network: Path, port: int) -> Link:
    """From a port of 127.0.0.1 in another network namespace to the same port of this one's."""
    near = _socket_in(network)
    near.bind(("127.0.0.1", port))
    near.listen(64)
    return Link(near, lambda: socket.create_connection(("127.0.0.1", port)))


def _socket_in(network: Path) -> socket.socket:
    """A namespace is that of a thread: one enters it, makes the socket and ends."""
    made: list[socket.socket] = []

    def enter() -> None:
        descriptor = os.open(network, os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, NEW_NETWORK):
                raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.socket())
        finally:
            os.close(descriptor)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return made[0]
