"""Stand-ins for Odoo and PostgreSQL of 2 MB, for tests on a real engine that are about the runner and not about Odoo.

They take the official images' commands, ports and volumes. ``rootfs`` holds all that is in them but busybox.
"""

from __future__ import annotations

import functools
import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import docker.errors

from hub_runner.engine.client import connect
from hub_runner.errors import EnvironmentFailure

ROOTFS = Path(__file__).parent / "rootfs"
APPLETS = ("sh", "cat", "echo", "false", "httpd", "kill", "ls", "ps", "rm", "sleep", "touch", "true", "usleep", "wget")
BUSYBOX = "busybox:1.37-musl"
VARIANTS = ("well", "unhealthy", "exits", "deaf", "slow")
# As the official images have them: what no compose file names becomes an anonymous volume.
VOLUMES = {"odoo": ("/mnt/extra-addons", "/var/lib/odoo"), "db": ("/var/lib/postgresql/data",)}
COMMANDS = {"odoo": "odoo", "db": "postgres"}


@dataclass(frozen=True, kw_only=True)
class Images:
    """What to give as odoo-image and db-image."""

    odoo: str
    db: str


def images(*, odoo: str = "well", db: str = "well", client: docker.DockerClient | None = None) -> Images:
    """The stand-ins, made in a second where the engine does not have them. Raises EnvironmentFailure.

    ``unhealthy`` never gets healthy, ``exits`` ends at once, ``deaf`` ignores SIGTERM, ``slow`` needs three seconds.
    """
    client = client or connect().client
    return Images(odoo=_image(client, "odoo", odoo), db=_image(client, "db", db))


def _image(client: docker.DockerClient, service: str, variant: str) -> str:
    assert variant in VARIANTS, variant
    changes = [
        "ENV PATH=/bin",
        f"ENV STANDIN={variant}",
        f"CMD {COMMANDS[service]}",
        *(f"VOLUME {folder}" for folder in VOLUMES[service]),
    ]
    content = rootfs()
    digest = hashlib.sha256(content + repr(changes).encode()).hexdigest()[:12]
    repository, tag = f"hub-runner-standin/{service}", f"{variant}-{digest}"
    try:
        client.images.get(f"{repository}:{tag}")
    except docker.errors.ImageNotFound:
        api: Any = client.api
        api.import_image_from_data(content, repository=repository, tag=tag, changes=changes)
    return f"{repository}:{tag}"


@functools.lru_cache(maxsize=1)
def rootfs() -> bytes:
    """The files of a stand-in as a tar, always the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, "bin/busybox", busybox())
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for path in sorted((ROOTFS / "bin").iterdir()):
            _add(tar, f"bin/{path.name}", path.read_bytes())
        _add(tar, "www/web/health", b'{"status": "pass"}')
        _add(tar, "tmp", b"", kind=tarfile.DIRTYPE, mode=0o1777)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes, *, kind: bytes = tarfile.REGTYPE, mode: int = 0o755) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.mode = len(data), kind, mode
    tar.addfile(entry, io.BytesIO(data))


def busybox() -> bytes:
    """A busybox that needs no library: this machine's, its distribution's, or a registry's. Raises EnvironmentFailure."""
    for source in (_of_path, _of_apt, _of_registry):
        if (program := source()) and _is_static(program):
            return program
    raise EnvironmentFailure(
        "The stand-in images need a static busybox, and there is none on PATH, from apt or from a registry. Install the "
        "package busybox-static, or `docker load` an image " + BUSYBOX + "."
    )


def _is_static(program: bytes) -> bool:
    """A program that needs libraries names their loader on its first page."""
    return program.startswith(b"\x7fELF") and b"/ld-" not in program[:4096]


def _of_path() -> bytes | None:
    path = shutil.which("busybox")
    return Path(path).read_bytes() if path else None


def _of_apt() -> bytes | None:
    """Downloaded and unpacked, not installed: nobody needs to be root for that."""
    if not shutil.which("apt-get"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(("apt-get", "download", "busybox-static"), cwd=folder, capture_output=True, check=False)
        for package in Path(folder).glob("*.deb"):
            subprocess.run(("dpkg-deb", "--extract", package, folder), check=True)
        return next((path.read_bytes() for path in Path(folder).glob("**/bin/busybox")), None)


def _of_registry() -> bytes | None:
    client = connect().client
    try:
        container: Any = client.containers.create(BUSYBOX)
    except docker.errors.DockerException:
        return None
    try:
        archive = b"".join(container.get_archive("/bin/busybox")[0])
    finally:
        container.remove()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        file = tar.extractfile("busybox")
        return file.read() if file else None
