"""The Python environment of nox's sessions, made once for each state of ``pyproject.toml``.

nox's own environments are not used: agents start several sessions of one checkout at the same moment, and nox would let
each of them make, or replace, the same folder; each ``test-MODULE`` would get a folder of its own; and ``pip install -e .``
costs 2 to 5 s in every session even if there is nothing to install (uv 0.1 s, but uv need not be there). Here a folder that
is complete is never changed, so parallel sessions share it, and finding it costs nothing.

Only nox's own environment is there when this runs: the standard library and what nox brings (virtualenv, filelock).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

from hub_runner.errors import UsageError

CHECKOUT = Path(__file__).parents[2]
UNUSED_FOR = 14 * 24 * 3600.0  # seconds after its last use; by then no session that it began can still be running
PREFIX = "hub-runner-"


class Session(Protocol):
    """The part of ``nox.Session`` that is used here."""

    @property
    def cache_dir(self) -> Path: ...
    def log(self, message: str, /) -> None: ...
    def run_install(self, *command: str, external: bool) -> Any: ...  # output or success, unread


def python(session: Session, *groups: str) -> str:
    """The interpreter of an environment that holds hub-runner and the dependency ``groups`` of its ``pyproject.toml``.

    In a repository that only installs hub-runner that is nox's own interpreter. Raises UsageError if the metadata cannot
    be read.
    """
    if not (CHECKOUT / "pyproject.toml").is_file():
        return sys.executable
    from filelock import FileLock

    metadata, requirements = _metadata(CHECKOUT / "pyproject.toml", *groups)
    state = hashlib.sha256(repr((sys.version, CHECKOUT, *metadata, requirements)).encode()).hexdigest()[:12]
    folder = parent_folder(session) / f"{PREFIX}{state}"
    if not is_ready(folder):
        with FileLock(f"{folder}.lock"):
            if not is_ready(folder):
                session.log(f"Making {folder} (once for each state of pyproject.toml)")
                make(session, folder, *requirements)
        forget_unused(folder.parent)
    return str(folder / "bin" / "python")


def bytecode(interpreter: str) -> dict[str, str | None]:
    """The variables with which ``interpreter`` keeps what it compiles in its environment; None removes a variable.

    Otherwise each run compiles hub-runner again, and its libraries if uv installed them, wherever Python may write no
    bytecode: in most container images for CI (PYTHONDONTWRITEBYTECODE), and in a read-only checkout.
    """
    if interpreter == sys.executable:  # installed beside nox, by somebody else
        return {}
    folder = Path(interpreter).parents[1] / "bytecode"
    return {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": None}


def _metadata(path: Path, *groups: str) -> tuple[tuple[Any, Any], tuple[str, ...]]:
    """What decides the contents of an environment: the package's tables, and the requirements of the groups."""
    import nox

    try:
        tables = nox.project.load_toml(path)
        return (tables["build-system"], tables["project"]), nox.project.dependency_groups(tables, *groups)
    except (ValueError, LookupError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Correct it, or `git checkout` it.") from error


def make(session: Session, folder: Path, *requirements: str) -> None:
    """Installs hub-runner, editable, and ``requirements`` into the new environment ``folder``; with uv if it is there."""
    interpreter = str(folder / "bin" / "python")
    session.run_install(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(folder), external=True)
    uv = shutil.which("uv")
    install = (uv, "pip", "install", "--python", interpreter) if uv else (interpreter, "-m", "pip", "install")
    session.run_install(*install, "--quiet", "--editable", str(CHECKOUT), *requirements, external=True)
    stamp(folder).touch()


def stamp(folder: Path) -> Path:
    """The file that says that the environment is complete, and by its time when it was used last."""
    return folder / "complete"


def is_ready(folder: Path) -> bool:
    """Whether the environment is complete, and its Python still there; notes that it is used now."""
    interpreter = folder / "bin" / "python"
    gone = interpreter.is_symlink() and not interpreter.exists()  # of the Python that it was made from
    if gone or not stamp(folder).exists():
        return False
    with contextlib.suppress(OSError):  # a read-only disk remembers no use, and nothing is ever removed from it
        stamp(folder).touch()
    return True


def forget_unused(folder: Path, *, now: float | None = None) -> None:
    """Removes the environments in ``folder`` that were not used for UNUSED_FOR seconds, unless one is being made now."""
    from filelock import FileLock, Timeout

    for environment in filter(Path.is_dir, folder.glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError, Timeout), FileLock(f"{environment}.lock", timeout=0):
            complete = stamp(environment)
            used = (complete if complete.exists() else environment).stat().st_mtime
            if (time.time() if now is None else now) - used > UNUSED_FOR:
                complete.unlink(missing_ok=True)  # first: nobody may take for complete what is half removed
                shutil.rmtree(environment)


def parent_folder(session: Session) -> Path:
    """nox's own folder; if the checkout is read-only, a folder that only this user can write. Raises OSError."""
    with contextlib.suppress(OSError):
        folder = Path(session.cache_dir).parent
        if os.access(folder, os.W_OK):
            return folder
    folder = Path(tempfile.gettempdir()) / f"hub-runner-environments-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()  # not stat: a link could lead to a folder of this user in which others may write
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise OSError(f"{folder} must be a folder that belongs to this user and that nobody else can write: remove it")
    return folder
