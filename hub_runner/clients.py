"""Compose clients that still create what a teardown removes."""

from __future__ import annotations

import psutil


def kill_clients(project: str) -> None:
    """Kills what still creates: every compose client of ``project``, whoever started it, plugin processes included."""
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if "--project-name" in line and project in line and "compose" in line:
                process.kill()
        except psutil.Error:
            continue
