"""What a noxfile needs: the modules for its menu, and an environment that costs nothing when nothing has changed.

Only nox's own environment is there when it runs: the standard library and what nox brings (virtualenv, filelock).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_runner import modules, parent, settings
from hub_runner.errors import UsageError

OURS = Path(__file__).parent.parent


def add_modules(start: Path | None = None) -> None:
    """A session ``test-MODULE`` for each module of the checkout; nox stands in the noxfile's folder when it reads it."""
    import nox

    for name, summary in listed(start or Path.cwd()):
        nox.session(name=f"test-{name}", default=False)(_tester(name, summary))


def _tester(name: str, summary: str) -> Any:
    def test_module(session: Any) -> None:
        run(session, "run", name, *session.posargs)

    test_module.__doc__ = summary or "(its manifest has no summary)"
    return test_module


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
    parent.follow()
    session.run(
        python(session),
        "-m",
        "hub_runner",
        command,
        *arguments,
        external=True,
        env={"HUB_RUNNER_PARENT": str(os.getpid())},
        interrupt_timeout=0.5,
        terminate_timeout=60,
    )


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


def python(session: Any, *groups: str) -> str:
    """The interpreter of an environment that holds hub-runner and dependency groups.

    That is nox's own where hub-runner was installed beside it, as other repositories do. In hub-runner's checkout it is one
    folder for each state of pyproject.toml, made once and never changed, so that parallel runs of one checkout neither wait
    for each other nor pull an environment from under another run.
    """
    if not (OURS / "pyproject.toml").is_file():
        return sys.executable
    import nox
    from filelock import FileLock

    project = nox.project.load_toml(OURS / "pyproject.toml")
    state = hashlib.sha256(repr((sys.version, OURS, groups, project)).encode()).hexdigest()[:12]
    folder = environments(session) / f"hub-runner-{state}"
    interpreter, stamp = folder / "bin" / "python", folder / "complete"
    if stamp.exists():
        return str(interpreter)
    with FileLock(f"{folder}.lock"):
        if not stamp.exists():
            session.log(f"Making {folder} (once for each state of pyproject.toml)")
            extra = nox.project.dependency_groups(project, *groups)
            session.run_install(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(folder), external=True)
            session.run_install(
                str(interpreter), "-m", "pip", "install", "--quiet", "--editable", str(OURS), *extra, external=True
            )
            stamp.touch()
    return str(interpreter)


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
