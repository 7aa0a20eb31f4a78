"""A real registry of a test's own on loopback, which the engine trusts without a certificate: Debian's docker-registry."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

# As `htpasswd -B` writes them; the registry knows no other form.
USER, PASSWORD = "registry", "x"  # of a registry that lives for seconds
HASH = "registry:$2b$05$abcdefghijklmnopqrstuuhKF09ZYWwH2zP/0fwE1X8e/Q1YNx/hO"
CONFIG = """version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: {folder}/data
  maintenance:
    readonly:
      enabled: {readonly}
http:
  addr: 127.0.0.1:{port}
{more}"""
AUTH = """auth:
  htpasswd:
    realm: hub-runner's test
    path: {folder}/htpasswd
"""


@functools.lru_cache(maxsize=1)
def program() -> str:
    """Its path: of this machine, or of Debian's package, which is unpacked and not installed. Empty if there is none."""
    if found := shutil.which("docker-registry"):
        return found
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        folder = Path(tempfile.gettempdir(), f"hub-runner-test-registry-{os.getuid()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / "usr/bin/docker-registry"
        if not path.exists():
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(
                    ("apt-get", "download", "docker-registry"), cwd=folder, capture_output=True, check=True, timeout=60
                )
                for package in folder.glob("*.deb"):
                    subprocess.run(("dpkg-deb", "--extract", package, folder), check=True, timeout=60)
        return str(path) if path.exists() else ""
    return ""


class RegistryServer:
    """``name`` is what a repository's settings say of it. ``within`` begins a command in the network where it lives."""

    def __init__(self, folder: Path, within: tuple[str, ...] = ()) -> None:
        # Held between two starts: a client's connection could come from this port. A server can listen over it.
        holding = socket.socket()
        weakref.finalize(self, holding.close)
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holding.bind(("127.0.0.1", 0))
        self.port = holding.getsockname()[1]
        self.folder, self.process, self.within = folder, None, within
        self.host = f"127.0.0.1:{self.port}"
        self.name = f"{self.host}/hub-cache"

    process: subprocess.Popen[bytes] | None

    def start(self, *, readonly: bool = False, closed: bool = False, full: bool = False) -> None:
        """``closed`` to all but USER; ``full``: no file of it can become longer than 10 kB."""
        (self.folder / "htpasswd").write_text(HASH)
        more = AUTH.format(folder=self.folder) if closed else ""
        text = CONFIG.format(folder=self.folder, port=self.port, readonly=str(readonly).lower(), more=more)
        (self.folder / "config.yml").write_text(text)
        with (self.folder / "log").open("ab") as log:
            limit = ("prlimit", "--fsize=10000") if full else ()
            command = (*self.within, *limit, program(), "serve", str(self.folder / "config.yml"))
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + 180
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < end, "the registry did not start"
            time.sleep(0.05)

    def _answers(self) -> bool:
        if self.within:
            command = (
                *self.within,
                sys.executable,
                "-c",
                f"import socket; socket.create_connection(('127.0.0.1', {self.port}))",
            )
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=180)
            self.process = None

    def restart(self, **how: bool) -> None:
        self.stop()
        self.start(**how)


@contextlib.contextmanager
def silent_host() -> Iterator[str]:
    """A host that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield f"127.0.0.1:{listening.getsockname()[1]}"
