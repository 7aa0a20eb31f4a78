"""Several modules, each in an environment of its own; the worst exit code is that of the whole."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from importlib import import_module

from hub_runner import jobs, modules, parent, report
from hub_runner.errors import HubRunnerError, UsageError
from hub_runner.plan import Plan, plan
from hub_runner.settings import Settings

INTERRUPTED = 128
BROKEN_OFF = "the run was broken off while it was being prepared."


def run_modules(
    names: list[str],
    settings: Settings,
    *,
    command: tuple[str, ...],
    as_json: bool = False,
    at_once: int = 1,
    flags: tuple[str, ...] = (),
) -> int:
    """Refuses all that is wrong first, then runs; an interrupt ends the whole. Raises HubRunnerError.

    ``at_once`` runs go on beside each other, in processes of their own, which are given ``flags``.
    """
    parent.follow()
    report.refused(settings.output_folder, BROKEN_OFF)  # first of all: an older log must not be taken for ours (I9)
    try:
        if at_once > 1 and len(set(names)) > 1:
            return _run_beside(names, settings, at_once, flags)
        with _loading("hub_runner.run", "hub_runner.warm"):
            plans = _plans(names, settings, command)
    except HubRunnerError as error:
        report.refused(settings.output_folder, str(error))
        raise
    from hub_runner.run import run
    from hub_runner.warm import warm_start

    worst = 0
    for it in plans:
        result = run(it, report.reporting(settings, as_json=as_json), warm_start)
        worst = max(worst, result.return_code)
        if result.return_code > INTERRUPTED:
            break
    return worst


@contextlib.contextmanager
def _loading(*names: str) -> Iterator[None]:
    """The engine's SDK takes as long to load as compose takes to read its file: side by side."""
    thread = threading.Thread(target=lambda: [import_module(name) for name in names], name="loading")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _plans(names: list[str], settings: Settings, command: tuple[str, ...]) -> list[Plan]:
    if not names:
        raise UsageError(f"Which module? Say `nox -s test -- MODULE`. {modules.listing(settings.addons_folders)}")
    return [plan(name, settings, command=command) for name in dict.fromkeys(names)]


def _run_beside(names: list[str], settings: Settings, at_once: int, flags: tuple[str, ...]) -> int:
    plans = _plans(names, settings, ())  # refuses what is wrong with any of them before the first one starts
    return jobs.run_beside(jobs.commands([it.module.name for it in plans], flags), at_once)
