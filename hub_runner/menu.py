"""What a noxfile needs: the modules for its menu, and sessions that run with the right interpreter.

Only nox's own environment is there when it runs: the standard library and what nox brings (virtualenv, filelock).

The interpreter of nox's sessions: an environment that costs nothing when nothing has changed.

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_runner import settings
from hub_runner.checkout import modules
from hub_runner.cli import forget_proof
from hub_runner.errors import UsageError
from hub_runner.host import process

# What `nox -l` says of the sessions that every repository has.
SESSIONS = {
    "test": "Test modules, each in a throw-away environment: nox -s test -- MODULE...",
    "setup": "Make this machine able to run: find, start or install a Docker engine, get the images",
    "doctor": "Show what a run would meet here: engine, images, ports and their holders, orphans, disk",
    "clean": "Remove what dead runs have left: nox -s clean [-- [--all] [--older-than HOURS] [--caches]]",
}


def add_sessions(start: Path | None = None) -> None:
    """The sessions that every repository has, and ``test-MODULE`` for each module of the checkout.

    nox stands in the noxfile's folder when it reads it.
    """
    _add("test", SESSIONS["test"], "run")
    _add("setup", SESSIONS["setup"], "setup", takes_arguments=False)  # `nox -s setup test -- MODULE`: they are for the test
    for name in ("doctor", "clean"):
        _add(name, SESSIONS[name], name)
    for name, summary in listed(start or Path.cwd()):
        _add(f"test-{name}", summary or "(its manifest has no summary)", "run", name)


def _add(name: str, words: str, *command: str, takes_arguments: bool = True) -> None:
    import nox

    def session(session: Any) -> None:
        run(session, *command, *(session.posargs if takes_arguments else ()))

    session.__doc__ = words
    nox.session(name=name, default=name == "test")(session)


def listed(start: Path) -> Iterator[tuple[str, str]]:
    """Name and summary of every module that a run would take. None where the settings are wrong: each session says so better
    than the menu.
    """
    try:
        found = modules.discover(settings.load(start).addons_folders)
        yield from ((name, summary) for name, summary in found if modules.NAME.fullmatch(name))
    except UsageError as error:
        print(f"hub-runner: {error}", file=sys.stderr)  # noqa: T201  # the menu has no other place for it


def run(session: Any, command: str, *arguments: str) -> None:
    """``python -m hub_runner COMMAND``, which nox leaves the time to clean up when it is interrupted.

    Where only nox was told to end (a CI cancel), the runner hears of it half a second later; one signal more does not hurt.
    Where nox's own caller asks for it (``scripts/run-tests.sh``), nox ends with it, and the runner with nox.
    """
    process.follow()
    session.run(
        _python(session, command, *arguments),
        "-m",
        "hub_runner",
        command,
        *arguments,
        external=True,
        stderr=None,  # apart from stdout, which may be JSON
        env={"HUB_RUNNER_PARENT": str(os.getpid())},
        interrupt_timeout=0.5,
        terminate_timeout=60,
    )


def _python(session: Any, *arguments: str) -> str:
    """An interpreter for ``hub_runner ARGUMENTS``; where none can be had, no older log may be taken for that of a run."""
    try:
        return python(session)
    except BaseException as error:
        if arguments[0] == "run":
            why = str(error) or repr(error)
            forget_proof(list(arguments), f"the environment of nox's session could not be made: {why}")
        if isinstance(error, UsageError):
            session.error(str(error).removesuffix("."))
        raise


def check(session: Any) -> None:
    """Lint, types and tests with the tools of the ``dev`` group; what follows ``--`` goes to pytest."""
    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("pytest", *session.posargs)):
        _tool(session, *command)


def chaos(session: Any) -> None:
    """Kills runs of stand-ins, hundreds of them; what follows ``--`` is for it."""
    _tool(session, "tests.chaos", *session.posargs)


def bench(session: Any) -> None:
    """Half an hour of measuring; what follows ``--`` is for it."""
    _tool(session, "bench", *session.posargs)


def _tool(session: Any, *command: str) -> None:
    tools = python(session, "dev")
    session.run(tools, "-m", *command, external=True, interrupt_timeout=0.5, terminate_timeout=60)


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
