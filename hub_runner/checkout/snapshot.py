"""The modules as they are at this moment, read once: what is copied into a run's container, judged and signed is the same.

A copy, not a mount: it works on a remote engine, with files that only their owner may read and on any path; an edit does
not change a running test, and no test can change the checkout.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from hub_runner.checkout.modules import Module
from hub_runner.errors import UsageError

# Lies beside the copied modules, as odoo/inside/launcher.py knows: Odoo sees only folders with a manifest.
MARKER = ".hub-runner"
SKIPPED = {"__pycache__", ".git", "node_modules"}
Files = Mapping[str, bytes]  # by their paths below a module's folder, with POSIX separators


def files(module: Module) -> Files:
    """All of ``module``, in an order that is always the same. Raises UsageError."""
    return {path.relative_to(module.folder).as_posix(): _read(path) for path in _files(module.folder)}


def archive(modules: Mapping[str, Files], target: str) -> bytes:
    """A tar of ``modules``, given by name, below the absolute folder ``target``, readable for everybody.

    An empty file beside them says that they are copies: Odoo may find others of their names elsewhere.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add(tar, f"{target.strip('/')}/{MARKER}", b"")
        for module, contents in modules.items():
            for name, data in contents.items():
                add(tar, f"{target.strip('/')}/{module}/{name}", data)
    return buffer.getvalue()


def add(tar: tarfile.TarFile, name: str, data: bytes, *, kind: bytes = tarfile.REGTYPE, mode: int = 0o644) -> None:
    """One entry, owned by root, with nothing of this machine in it."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.mode = len(data), kind, mode
    tar.addfile(entry, io.BytesIO(data))


def only_file(archive: bytes) -> bytes:
    """What is in an archive of one file; nothing where a test has put a link, a folder or a pipe in its place."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        first = tar.getmembers()[0]
        file = tar.extractfile(first) if first.isreg() else None
        return file.read() if file else b""


def digest(files: Files) -> str:
    """``sha256:...`` of the names and contents of a module's files: says what was tested, committed or not."""
    total = hashlib.sha256()
    for name, data in files.items():
        total.update(hashlib.sha256(os.fsencode(name)).digest() + hashlib.sha256(data).digest())
    return f"sha256:{total.hexdigest()}"


def _files(folder: Path, above: tuple[str, ...] = ()) -> Iterator[Path]:
    """All regular files below ``folder``, sorted; links are followed, but not in circles. Raises UsageError."""
    real = os.path.realpath(folder)
    for path in _entries(folder) if real not in above else ():
        mode = _mode(path)
        if stat.S_ISDIR(mode) and path.name not in SKIPPED:
            yield from _files(path, (*above, real))
        elif stat.S_ISREG(mode):
            yield path


def _entries(folder: Path) -> list[Path]:
    """A folder that cannot be read must not pass for an empty one: its tests would be missing silently."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error) from error


def _mode(path: Path) -> int:
    """Of what ``path`` leads to; 0 where it leads nowhere, or in a circle. What may not be looked at is not nothing."""
    try:
        return path.stat().st_mode
    except PermissionError as error:
        raise _unreadable(path, error) from error
    except OSError:
        return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be read: {error.strerror}. It is part of the module that is to be tested.")
