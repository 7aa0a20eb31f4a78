"""The interpreter of nox's sessions: an environment that costs nothing when nothing has changed.

Only nox's own environment is there when this runs: the standard library and what nox brings (virtualenv, filelock).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hub_runner.errors import UsageError

OURS = Path(__file__).parent.parent
KEPT = 14 * 24 * 3600.0  # seconds after its last use, by when no session that it began can still be running


def python(session: Any, *groups: str) -> str:
    """The interpreter of an environment that holds hub-runner and dependency groups.

    That is nox's own where hub-runner was installed beside it, as other repositories do. In hub-runner's checkout it is one
    folder for each state of its metadata, made once and never changed, so that parallel runs of one checkout neither wait
    for each other nor pull an environment from under another run. Those that were not used for two weeks go when a new one
    is made. Raises UsageError where the metadata cannot be read.
    """
    if not (OURS / "pyproject.toml").is_file():
        return sys.executable
    from filelock import FileLock

    metadata, extra = _needs(OURS / "pyproject.toml", *groups)
    state = hashlib.sha256(repr((sys.version, OURS, *metadata, extra)).encode()).hexdigest()[:12]
    folder = environments(session) / f"hub-runner-{state}"
    interpreter = folder / "bin" / "python"
    if not is_ready(folder):
        with FileLock(f"{folder}.lock"):
            if not is_ready(folder):
                session.log(f"Making {folder} (once for each state of pyproject.toml)")
                make(session, folder, interpreter, *extra)
        forget(folder.parent)
    return str(interpreter)


def _needs(path: Path, *groups: str) -> tuple[tuple[Any, Any], tuple[str, ...]]:
    """What decides an environment's contents: the tables of the package, and the requirements of the groups."""
    import nox

    try:
        project = nox.project.load_toml(path)
        return (project["build-system"], project["project"]), nox.project.dependency_groups(project, *groups)
    except (ValueError, LookupError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Correct it, or `git checkout` it.") from error


def make(session: Any, folder: Path, interpreter: Path, *extra: str) -> None:
    session.run_install(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(folder), external=True)
    pip = (str(interpreter), "-m", "pip", "install", "--quiet")
    session.run_install(*pip, "--editable", str(OURS), *extra, external=True)
    stamp(folder).touch()


def stamp(folder: Path) -> Path:
    """It says that the environment is complete, and by its time when it was used last."""
    return folder / "complete"


def is_ready(folder: Path) -> bool:
    if not stamp(folder).exists():
        return False
    with contextlib.suppress(OSError):  # a disk that is read-only remembers no use, and forgets nothing either
        stamp(folder).touch()
    return True


def forget(folder: Path, *, now: float | None = None) -> None:
    """Removes those in ``folder`` that were not used for long, half-made ones too; never one that is being made."""
    from filelock import FileLock, Timeout

    for old in filter(Path.is_dir, folder.glob("hub-runner-*")):
        with contextlib.suppress(OSError, Timeout), FileLock(f"{old}.lock", timeout=0):
            used = (stamp(old) if stamp(old).exists() else old).stat().st_mtime
            if (time.time() if now is None else now) - used > KEPT:
                stamp(old).unlink(missing_ok=True)  # first: nobody may take for complete what is half gone
                shutil.rmtree(old)


def environments(session: Any) -> Path:
    """nox's own folder; in a checkout that is read-only one of this user's."""
    with contextlib.suppress(OSError):
        folder = Path(session.cache_dir).parent
        if os.access(folder, os.W_OK):
            return folder
    folder = Path(tempfile.gettempdir()) / f"hub-runner-environments-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise OSError(f"{folder} belongs to somebody else")
    return folder
