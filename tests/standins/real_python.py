"""The stand-in of Odoo with a real Python: the launcher and the recorder are those of earnest runs, only Odoo is none.

The Python is this machine's own, with just the files that a run loads: the image has some 40 MB, and is made once for each
state of them, in a few seconds. ``odoo_package`` holds what takes Odoo's place.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import docker.errors

from hub_runner.engine.client import connect
from hub_runner.odoo import command
from tests.standins import COMMANDS, VOLUMES, rootfs

PACKAGE = Path(__file__).parent / "odoo_package"
HOME = "standin"  # where that lies in the image
PYTHON = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
LOADED = """
import atexit, os, runpy, sys

@atexit.register
def tell():
    files = [getattr(it, name, None) for it in list(sys.modules.values()) for name in ("__file__", "__cached__")]
    with open(os.environ["LOADED"], "w") as out:
        out.write("\\n".join(str(file) for file in files if file))

sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
PROBE = "from odoo.tests import TransactionCase\n\nclass TestProbe(TransactionCase):\n    def test_it(self): self.fail()\n"


def image(client: docker.DockerClient | None = None) -> str:
    """What to give as odoo-image. Only for an engine on a machine like this one."""
    client = client or connect().client
    changes = ["ENV PATH=/bin", "ENV STANDIN=well", f"ENV PYTHONPATH=/{HOME}", f"CMD {COMMANDS['odoo']}"]
    changes += [f"VOLUME {folder}" for folder in VOLUMES["odoo"]]
    state = (sys.version, PYTHON, PYTHON.stat().st_mtime, changes, Path(__file__).read_bytes(), [*_package()])
    digest = hashlib.sha256(rootfs() + repr(state).encode()).hexdigest()[:12]
    reference = f"hub-runner-standin/odoo:python-{digest}"
    try:
        client.images.get(reference)
    except docker.errors.ImageNotFound:
        api: Any = client.api
        repository, _, tag = reference.partition(":")
        api.import_image_from_data(_content(), repository=repository, tag=tag, changes=changes)
    return reference


def _package() -> Iterator[tuple[str, bytes]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield f"{HOME}/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes()


def _content() -> bytes:
    """The files of the image as a tar."""
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=buffer, mode="w", dereference=True) as tar,
        tarfile.open(fileobj=io.BytesIO(rootfs())) as shell,
    ):
        for member in shell:
            if member.name != "bin/python3":
                tar.addfile(member, shell.extractfile(member) if member.isreg() else None)
        link = tarfile.TarInfo("bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, str(PYTHON)
        tar.addfile(link)
        for name, data in _package():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        for path in _files_of_python():
            entry = tar.gettarinfo(str(path), str(path).lstrip("/"))  # with its time: a compiled file says whose it is
            with path.open("rb") as file:
                tar.addfile(entry, file)
    return buffer.getvalue()


def _files_of_python() -> list[Path]:
    """The interpreter, what it loads in a run, and the libraries below them."""
    library = Path(sysconfig.get_path("stdlib"))
    loaded = {path for path in map(Path, _loaded()) if path.is_relative_to(library) and path.is_file()}
    loaded |= {library / "os.py", *(library / "encodings").glob("*.py")}
    binaries = (PYTHON, *(path for path in loaded if path.suffix == ".so"))
    said = subprocess.run(("ldd", *map(str, binaries)), capture_output=True, text=True, check=False).stdout
    libraries = {Path(name) for name in re.findall(r"(/\S+\.so\S*) \(0x", said)}
    # The C library loads this one by itself when a thread outlives Python, and aborts the process (134) without it.
    libraries |= {path for name in libraries if (path := name.with_name("libgcc_s.so.1")).is_file()}
    return sorted({PYTHON, *loaded, *libraries})


def _loaded() -> list[str]:
    """The files of all that a run loads, found out by a run on this machine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "addons" / "probe" / "tests").mkdir(parents=True)
        (folder / "addons" / "probe" / "__init__.py").touch()
        (folder / "addons" / "probe" / "tests" / "__init__.py").write_text("from . import test_probe\n")
        (folder / "addons" / "probe" / "tests" / "test_probe.py").write_text(PROBE)
        (folder / "launcher.pyz").write_bytes(command.launcher())
        (folder / "limits.json").write_text('{"single": 60, "whole": 60}')
        arguments = ("launcher.pyz", "record", "fresh", "-i", "probe")
        environ = {
            "PATH": "/nonexistent",
            "PYTHONPATH": str(PACKAGE),
            "STANDIN_ADDONS": str(folder / "addons"),
            "LOADED": str(folder / "loaded"),
        }
        ended = subprocess.run(
            (str(PYTHON), "-c", LOADED, *arguments),
            cwd=folder,
            env=environ,
            input=b"secret",
            capture_output=True,
            check=False,
        )
        assert ended.returncode == 1, ended.stderr.decode()
        return (folder / "loaded").read_text().splitlines()
