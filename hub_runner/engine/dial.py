"""Connections to an engine behind ssh://, made by docker's own command line.

The SDK would need paramiko for them, and another configuration of ssh than docker's. ``docker system dial-stdio`` connects
its standard input and output with the engine, however docker reaches it.
"""

from __future__ import annotations

import socket
import subprocess
from typing import Any

import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection

from hub_runner.host import process

COMMAND = ("docker", "system", "dial-stdio")
AT_ONCE = 4  # connections: an ssh server takes few that are being opened, and drops those above that
NOWHERE = "http://localhost:1"  # requests wants an address; nobody connects to it


class DialledConnection(HTTPConnection):
    """Talks to a process of docker's client instead of to an address."""

    _process: subprocess.Popen[bytes] | None = None

    def connect(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                COMMAND, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL, start_new_session=True
            )
        ours.settimeout(self.timeout if isinstance(self.timeout, (int, float)) else None)
        self.sock = ours

    def close(self) -> None:
        super().close()
        if self._process:
            process.kill(self._process)
            self._process = None


class DialledPool(urllib3.HTTPConnectionPool):
    ConnectionCls = DialledConnection


class DialAdapter(requests.adapters.HTTPAdapter):
    """To be mounted for ``NOWHERE``. ``timeout`` is for each answer, in seconds."""

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._pool = DialledPool("localhost", timeout=timeout, maxsize=AT_ONCE, block=True)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> DialledPool:
        """What requests asks for a connection to; Any, because none of its arguments matters here."""
        return self._pool

    def close(self) -> None:
        self._pool.close()
        super().close()
