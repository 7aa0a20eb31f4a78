"""``nox -s clean``: the sweep on demand, and with ``--all`` the end of this user's living runs."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TextIO

import psutil

from hub_runner.connect import connect
from hub_runner.errors import CleanupIncomplete
from hub_runner.owner import is_alive, is_running
from hub_runner.settings import Settings
from hub_runner.sweep import Project, forget_locks, projects, sweep

PATIENCE = 15.0  # seconds that a run has to end


def clean(settings: Settings, *, living: bool, older_than: float, out: TextIO = sys.stdout) -> int:
    """Removes orphans older than ``older_than`` seconds; with ``living`` other runs of this user too. Its exit code."""
    found = [it for it in projects(connect(), settings.prefix) if it.age(time.time()) >= older_than]
    for project in found:
        state = "living" if is_alive(project.owner) else "orphaned"
        print(f"{state} run {project.owner.run}: {', '.join(map(str, project.resources))}", file=out)
    if living:
        for project in found:
            _end(project)
    cleanups = sweep(it for it in found if living or not is_alive(it.owner))
    forget_locks(settings.prefix)
    for cleanup in cleanups:
        print(cleanup, file=out)
    if not cleanups:
        print(f"Nothing to remove: no orphan with the prefix {settings.prefix} is left here.", file=out)
    left = [it for it in cleanups if not it.is_clean]
    return CleanupIncomplete.return_code if left else 0


def _end(project: Project) -> None:
    """Asks a living run to end, and gives it, or its guard, the time to clean up."""
    owner, end = project.owner, time.monotonic() + PATIENCE
    if is_running(owner):
        with contextlib.suppress(psutil.Error):
            psutil.Process(owner.pid).terminate()
    while is_alive(owner) and time.monotonic() < end:
        time.sleep(0.1)
