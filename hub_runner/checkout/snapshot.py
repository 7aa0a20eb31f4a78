"""The files of modules as they are at this moment, read once: what a run's container gets is what is judged and signed.

They are copied and not mounted. A copy works on a remote engine, with files that only their owner may read and on any
path; an edit does not change a running test, and no test can change the checkout.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub_runner.checkout.modules import Module
from hub_runner.errors import UsageError
from hub_runner.settings import OWN_FOLDER, WRITTEN

# An empty file beside the copied modules, which odoo/inside/recorder.py looks for. Odoo sees only folders with a manifest.
MARKER = ".hub-runner"
# Never part of a module: what Python, git, npm and test tools keep beside the sources.
SKIPPED = {"__pycache__", ".git", "node_modules", ".nox", ".tox", ".venv", OWN_FOLDER}
Files = Mapping[str, bytes]  # contents by path below a module's folder, with POSIX separators


def files(module: Module, *, within: Sequence[Path] = ()) -> Files:
    """All files of ``module``, in an order that is always the same.

    Symbolic links are followed as long as they stay in the module or in one of the folders ``within``. Raises UsageError
    for any other link, because it would carry files of this machine into a container, and for what cannot be read.
    """
    reader = _Reader(tuple(_real(folder) for folder in (module.folder, *within)))
    return {path.relative_to(module.folder).as_posix(): _read(path) for path in reader.below(module.folder)}


@dataclass(frozen=True)
class _Reader:
    allowed: tuple[Path, ...]  # real paths

    def below(self, folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
        """All regular files below ``folder``, sorted. ``above`` are the real folders that lead to it: so circles end."""
        real = _real(folder)
        if real in above:
            return
        entries = _entries(folder)
        if any(path.name == OWN_FOLDER for path in entries):  # runs of this checkout write their results here
            entries = [path for path in entries if path.name not in WRITTEN]
        for path in entries:
            mode = _mode(path)
            if stat.S_ISDIR(mode) and path.name not in SKIPPED:
                self._refuse_leaving(path)
                yield from self.below(path, (*above, real))
            elif stat.S_ISREG(mode):
                self._refuse_leaving(path)
                yield path

    def _refuse_leaving(self, path: Path) -> None:
        if not path.is_symlink():
            return
        real = _real(path)
        if ".git" in real.parts or not any(real.is_relative_to(folder) for folder in self.allowed):
            raise UsageError(
                f"{path} is a symbolic link to {real}, which is not among the checkout's own files. It is not followed, "
                "because it would carry files of this machine into the test. Copy what the module needs into its folder, or "
                "name the folder of another module in `addons` by its absolute path."
            )


def archive(modules: Mapping[str, Files], target: str) -> bytes:
    """A tar of ``modules``, given by name, below the absolute folder ``target``, readable for everybody.

    An empty file beside them (``MARKER``) says that they are copies: Odoo may find other modules of these names elsewhere.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add(tar, f"{target.strip('/')}/{MARKER}", b"")
        for module, contents in modules.items():
            for name, data in contents.items():
                add(tar, f"{target.strip('/')}/{module}/{name}", data)
    return buffer.getvalue()


def add(tar: tarfile.TarFile, name: str, data: bytes, *, kind: bytes = tarfile.REGTYPE, mode: int = 0o644) -> None:
    """Adds one entry, owned by root and without a time, so that nothing of this machine is in it."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.mode = len(data), kind, mode
    tar.addfile(entry, io.BytesIO(data))


def only_file(archive: bytes) -> bytes:
    """The contents of the one file in an archive; empty if a test has put a link, a folder or a pipe in its place."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        first = tar.getmembers()[0]
        file = tar.extractfile(first) if first.isreg() else None
        return file.read() if file else b""


def sums(files: Files) -> dict[str, str]:
    """The sha256 of each file, in hexadecimal digits, by its path below the module's folder."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def digest(sums: Mapping[str, str]) -> str:
    """``sha256:...`` of the names and contents of a module's files: it says what was tested, committed or not.

    The files come in the order of their paths' parts, whatever order ``sums`` has. Raises ValueError for a sum that is none.
    """
    total = hashlib.sha256()
    for name in sorted(sums, key=lambda name: name.split("/")):
        total.update(hashlib.sha256(os.fsencode(name)).digest() + bytes.fromhex(sums[name]))
    return f"sha256:{total.hexdigest()}"


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _entries(folder: Path) -> list[Path]:
    """Raises UsageError for a folder that cannot be read: taken for an empty one, its tests would be missing silently."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error) from error


def _mode(path: Path) -> int:
    """The mode of what ``path`` leads to; 0 if it leads nowhere or in a circle.

    Raises UsageError if permission is denied: a file that may not be looked at must not pass for a missing one.
    """
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
