"""Installs what is missing, through apt as root, or says what root would have to run: never with sudo."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from hub_runner.errors import EnvironmentFailure
from hub_runner.setup import packages
from hub_runner.setup.process import Command, output, run
from hub_runner.setup.progress import Progress


def install(parts: set[str], progress: Progress) -> None:
    problem = f"Docker is not complete here; missing: {packages.words(parts)}."
    if platform.system() != "Linux":
        raise EnvironmentFailure(f"{problem} {packages.BY_HAND}")
    system = os_release()
    plan = packages.plan(system, parts, mirror(system))
    need_root(problem, plan.script)
    apt(plan, progress)


def apt(plan: packages.Plan, progress: Progress) -> None:
    """Says what is going to be installed, then does it. Needs root."""
    progress.say(f"Going to install with apt: {' '.join(plan.packages)}, and what they depend on.")
    for path, text in plan.files.items():
        progress.say(f"Going to write {path}.")
        Path(path).write_text(text, encoding="utf-8")
    update, install = plan.commands
    try:
        step(update, progress)
    except EnvironmentFailure as error:  # often a foreign source, which we do not need: the installation will tell
        progress.say(f"{error}\nGoing on all the same.")
    step(install, progress)


def step(command: Command, progress: Progress) -> None:
    progress.step(f"$ {' '.join(command)}")
    run([command], on_line=progress.live, environ=packages.NOBODY_ANSWERS)


def need_root(problem: str, script: str) -> None:
    if os.geteuid() != 0:
        commands = "\n".join(f"    {line}" for line in script.splitlines())
        raise EnvironmentFailure(
            f"{problem} This user may not mend that. As root, run:\n{commands}\nthen `nox -s setup` again."
        )


def os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def mirror(system: dict[str, str]) -> str | None:
    return packages.mirror(output(packages.MIRRORS) or "", system)
