"""Several modules, each in an environment of its own; the worst exit code is that of the whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module

from hub_runner import modules, needed, parent, report, signals
from hub_runner.errors import HubRunnerError, UsageError
from hub_runner.observer import Observers
from hub_runner.plan import Plan, plans
from hub_runner.result import RunInfo
from hub_runner.settings import Settings

INTERRUPTED = 128
RUNNING = ("hub_runner.run", "hub_runner.warm", "hub_runner.report.junit", "hub_runner.report.terminal")
BROKEN_OFF = "the run was broken off while it was being prepared."


def run_modules(
    names: list[str],
    settings: Settings,
    *,
    command: tuple[str, ...],
    as_json: bool = False,
    at_once: int = 1,
) -> int:
    """Refuses all that is wrong first, then runs; an interrupt ends the whole. Raises HubRunnerError.

    ``at_once`` runs go on beside each other, in processes of their own.
    """
    parent.follow()
    with _refusing(settings):
        with needed.packages(), _loading(*RUNNING):
            planned = _plans(names, settings, command)
        if at_once < 2 or len(planned) < 2:  # what a run raises was in its way before it had a log of its own
            return _run_each(planned, report.reporting(settings, as_json=as_json))
    from hub_runner.jobs import run_beside

    return run_beside([partial(_run_one, it, as_json=as_json) for it in planned], at_once)


def _run_one(planned: Plan, *, as_json: bool) -> int:
    """One of several beside each other. What was planned is what is tested: nothing is read or asked again."""
    with _refusing(planned.settings):
        return _run_each([planned], report.reporting(planned.settings, as_json=as_json))


def _run_each(planned: list[Plan], reporting: Callable[[RunInfo], Observers]) -> int:
    from hub_runner.run import run
    from hub_runner.warm import warm_start

    worst = 0
    with signals.held() as arrived:
        for it in planned:
            if arrived.received:  # perhaps too late to be in the last run's verdict: it ends the whole all the same
                return max(worst, INTERRUPTED + arrived.received[0])
            worst = max(worst, run(it, reporting, arrived, warm_start).return_code)
    return worst


@contextlib.contextmanager
def _refusing(settings: Settings) -> Iterator[None]:
    """First of all the older log goes, which must not be taken for ours (I9); where nothing begins, the new one says why.

    Where there is not even a folder for modules is no checkout, and no log is left there.
    """
    anew = any(folder.is_dir() for folder in settings.addons_folders)
    report.refused(settings.output_folder, BROKEN_OFF, anew=anew)
    try:
        yield
    except HubRunnerError as error:
        report.refused(settings.output_folder, str(error), anew=anew)
        raise


@contextlib.contextmanager
def _loading(*names: str) -> Iterator[None]:
    """All that a run needs, the engine's SDK above all, takes as long to load as compose to read its file: side by side."""
    with ThreadPoolExecutor(1) as pool:
        loaded = pool.submit(lambda: [import_module(name) for name in names])
        yield
        loaded.result()


def _plans(names: list[str], settings: Settings, command: tuple[str, ...]) -> list[Plan]:
    if not names:
        raise UsageError(f"Which module? Say `nox -s test -- MODULE`. {modules.listing(settings.addons_folders)}")
    return plans(list(dict.fromkeys(names)), settings, command=command)
