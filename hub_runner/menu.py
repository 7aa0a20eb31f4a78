"""What a noxfile needs: the modules for its menu, and an environment that costs nothing when nothing has changed.

Only nox's own environment is there when it runs: the standard library and what nox brings (virtualenv, filelock).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_runner import modules, settings

ROOT = Path(__file__).parent.parent


def listed() -> Iterator[tuple[str, str]]:
    """Name and summary of every module, for ``nox -l``."""
    yield from modules.discover(settings.load(ROOT).addons_folders)


def run(session: Any, command: str, *arguments: str) -> None:
    """``python -m hub_runner COMMAND``, which nox leaves the time to clean up when it is interrupted.

    Where only nox was told to end (a CI cancel), the runner hears of it half a second later; one signal more does not hurt.
    """
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
    tools = python(session, "dev")
    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("pytest", *session.posargs)):
        session.run(tools, "-m", *command, external=True, interrupt_timeout=0.5, terminate_timeout=60)


def python(session: Any, *groups: str) -> str:
    """The interpreter of an environment that holds hub-runner and dependency groups.

    One folder for each state of pyproject.toml, made once and never changed, so that parallel runs of one checkout neither
    wait for each other nor pull an environment from under another run.
    """
    import nox
    from filelock import FileLock

    project = nox.project.load_toml(ROOT / "pyproject.toml")
    state = hashlib.sha256(repr((sys.version, ROOT, groups, project)).encode()).hexdigest()[:12]
    folder = Path(session.cache_dir).parent / f"hub-runner-{state}"
    interpreter, stamp = folder / "bin" / "python", folder / "complete"
    if stamp.exists():
        return str(interpreter)
    with FileLock(f"{folder}.lock"):
        if not stamp.exists():
            session.log(f"Making {folder} (once for each state of pyproject.toml)")
            extra = nox.project.dependency_groups(project, *groups)
            session.run_install(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(folder), external=True)
            session.run_install(
                str(interpreter), "-m", "pip", "install", "--quiet", "--editable", str(ROOT), *extra, external=True
            )
            stamp.touch()
    return str(interpreter)
