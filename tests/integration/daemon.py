"""A Docker engine of a test's own, which may be stopped, killed and started again."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

LOOPBACK_UP = "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 1))"
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


class Daemon:
    """A context manager. Its socket, data and containerd are its own, and so is its network namespace.

    With `--bridge=none` an engine that starts removes the docker0 that it finds, and with it the host's default network.
    """

    NETWORKS = 16  # that it has addresses for

    def __init__(self, *, firewall: bool = False, megabytes: int = 0, port: int = 0) -> None:
        """``firewall``: it makes rules of iptables, in its own namespace. ``megabytes`` is the size of its disk (memory).

        ``port``: it answers there, too, in its own namespace and without TLS.
        """
        self.firewall, self.megabytes, self.port = firewall, megabytes, port
        # Its name is that of a containerd namespace too, which takes no underscore where mkdtemp may put one.
        self.folder = Path(tempfile.gettempdir(), f"hub-runner-engine-{secrets.token_hex(4)}")
        self.folder.mkdir(mode=0o700)
        self.host = f"unix://{self.folder}/docker.sock"
        self.network, self.data = self.folder / "net", self.folder / "data"
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def why_not() -> str:
        """Why this user cannot start an engine on this machine; empty where they can."""
        if os.geteuid() != 0:
            return "an engine of its own needs root"
        return "" if shutil.which("dockerd", path=SEARCH) else "an engine of its own needs dockerd on this machine"

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def command(self) -> tuple[str, ...]:
        folder = self.folder
        return (
            *("nsenter", f"--net={self.network}"),
            *("dockerd", "--host", self.host, "--pidfile", f"{folder}/pid"),
            *(("--host", self.address, "--tls=false") if self.port else ()),
            *("--data-root", str(self.data), "--exec-root", f"{folder}/exec"),
            *("--containerd-namespace", folder.name, "--containerd-plugins-namespace", f"{folder.name}-plugins"),
            *(f"--iptables={str(self.firewall).lower()}", "--ip6tables=false", "--bridge=none"),
            *("--default-address-pool", "base=10.213.0.0/20,size=24"),
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PATH": SEARCH}
            )
        end = time.monotonic() + 180  # to end a hang
        while not self.answers():
            gone = self.process.poll() is not None or time.monotonic() > end
            assert not gone, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)

    def answers(self) -> bool:
        """Asked by hand: the SDK leaves its sockets open where nobody answers."""
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(self.host.removeprefix("unix://"))
                asking.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in asking.recv(100)
            except OSError:
                return False

    def in_its_network(self, *command: str) -> None:
        subprocess.run(("nsenter", f"--net={self.network}", *command), check=True, env={**os.environ, "PATH": SEARCH})

    def stop(self) -> None:
        """As an administrator stops it: its containers end with it."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=180)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Daemon:
        self.network.touch()
        loopback_up = (sys.executable, "-c", LOOPBACK_UP)
        self.data.mkdir()
        if self.megabytes:
            subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m", "tmpfs", str(self.data)), check=True)
        subprocess.run(("unshare", f"--net={self.network}", *loopback_up), check=True)
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is not None and self.process.poll() is not None:
            self.start()  # only an engine that ends in order takes its containers and mounts along
        self.stop()
        umount = ("umount", "--recursive", str(self.data))  # its own mount of its data outlives a killed engine
        subprocess.run(umount, check=False, capture_output=True)
        subprocess.run(("umount", str(self.network)), check=True)
        shutil.rmtree(self.folder)
