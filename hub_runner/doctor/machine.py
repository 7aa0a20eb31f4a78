"""What the doctor sees of the machine itself: programs, disks, folders."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from hub_runner.doctor.check import Check, gigabytes
from hub_runner.lock import state_folder
from hub_runner.modules import folders
from hub_runner.settings import Settings
from hub_runner.setup.process import output as words

# An Odoo run writes some 0.3 GB; below the second figure it is not worth a try.
LOW, FULL = 3e9, 0.5e9


def tools() -> Check:
    nox = bool(shutil.which("nox")) or "HUB_RUNNER_PARENT" in os.environ
    git = words(("git", "--version"))
    found = [
        f"Python {platform.python_version()}",
        "nox" if nox else "no nox on PATH",
        git.replace(" version", "") if git else "no git: a log cannot name the commit",
    ]
    return Check(name="tools", good=nox, text=", ".join(found), advice="" if nox else "pip install nox", fatal=False)


def modules(settings: Settings) -> Check:
    """Whether there is anything to test."""
    found = folders(settings.addons_folders)
    return Check(
        name="modules",
        good=bool(found),
        text=f"{len(found)} in {', '.join(map(str, settings.addons_folders))}",
        advice="" if found else "go to a checkout, or set `addons` to the folders with modules",
    )


def disk(settings: Settings, data_root: Path | None) -> Iterator[Check]:
    """Of the engine's data, where it is on this machine, and of the checkout."""
    for name, folder in (("engine disk", data_root), ("disk", settings.output_folder)):
        if folder is not None and (free := _free(folder)) is not None:
            yield Check(
                name=name,
                good=free >= LOW,
                text=f"{gigabytes(free)} free on {folder}",
                advice="" if free >= LOW else "`docker system df` says what takes the room",
                fatal=free < FULL,
            )


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def output(settings: Settings) -> Check:
    """Where the log and the folders of the runs are written."""
    folder = settings.output_folder
    runs = folder / ".hub-runner" / "runs"
    kept = sorted(runs.iterdir()) if runs.is_dir() and os.access(runs, os.R_OK) else []
    good = os.access(runs if runs.is_dir() else folder, os.W_OK | os.X_OK)
    return Check(
        name="output",
        good=good,
        text=f"{folder}, with {len(kept)} runs ({gigabytes(sum(map(_size, kept)))})"
        if good
        else f"{folder} is not writable",
        advice="" if good else "set `output` to a folder that is",
    )


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def state() -> Check:
    """Where the runs of this host see each other."""
    folder = state_folder()
    bad = [path for path in (folder, folder / "ports", folder / "runs") if path.exists() and not os.access(path, os.W_OK)]
    return Check(
        name="state",
        good=not bad,
        text=f"{bad[0]} is not writable" if bad else f"{folder}{'' if folder.exists() else ' (made by the first run)'}",
        advice=f"`chmod 1777 {bad[0]}` as its owner" if bad else "",
    )
