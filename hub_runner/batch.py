"""The modules of one command: refused together, then run one after the other or beside each other.

The exit code of the whole is that of the gravest run.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module

from hub_runner import errors, report
from hub_runner.errors import ExitCode, HubRunnerError, gravest, signal_exit_code
from hub_runner.fleet.selection import Request, select
from hub_runner.host import process, signals
from hub_runner.plan import Plan, plans
from hub_runner.result import Observers, RunInfo
from hub_runner.settings import Settings

NEEDED = ("hub_runner.run", "hub_runner.report.junit", "hub_runner.report.terminal")  # what every run imports
BROKEN_OFF = "the run was broken off while it was being prepared."


def run_modules(
    request: Request,
    settings: Settings,
    *,
    command: tuple[str, ...],
    as_json: bool = False,
    at_once: int = 1,
    quiet: bool = False,
) -> int:
    """Refuses whatever is wrong with any of the modules, then tests them, ``at_once`` at a time. Returns the exit code.

    If nothing has changed there is nothing to test, and that is no failure. Raises HubRunnerError if nothing could begin.
    """
    process.follow()
    with _refusing(settings):
        with errors.packages(), _loading(*NEEDED):
            planned = _plans(request, settings, command)
        if not planned:
            return _nothing_changed(settings, request)
        if at_once < 2 or len(planned) < 2:
            return _run_each(planned, report.reporting(settings, as_json=as_json, quiet=quiet))
    return _run_beside(planned, at_once, as_json=as_json, quiet=quiet)


def _run_each(planned: list[Plan], reporting: Callable[[RunInfo], Observers]) -> int:
    from hub_runner.run import run

    codes: list[int] = []
    with signals.held() as arrived:
        for plan in planned:
            if arrived.received:  # it may have come too late for the verdict of the last run: it ends the batch all the same
                codes.append(signal_exit_code(arrived.received[0]))
                break
            codes.append(run(plan, reporting, arrived).return_code)
    return gravest(codes)


def _run_beside(planned: list[Plan], at_once: int, *, as_json: bool, quiet: bool) -> int:
    from hub_runner.fleet.jobs import Screen, Task, run_beside

    tasks = [Task(name=plan.module.name, work=partial(_run_one, plan, as_json=as_json, quiet=quiet)) for plan in planned]
    out, err = sys.stdout.buffer, sys.stderr.buffer
    codes, signal_number = run_beside(tasks, at_once, Screen(out, err, life=err if as_json else out))
    return gravest([*codes, *([signal_exit_code(signal_number)] if signal_number else [])])


def _run_one(plan: Plan, *, as_json: bool, quiet: bool) -> int:
    """One of several runs beside each other. It tests what was planned: nothing is read or asked again."""
    with _refusing(plan.settings):
        return _run_each([plan], report.reporting(plan.settings, as_json=as_json, quiet=quiet))


@contextlib.contextmanager
def _refusing(settings: Settings) -> Iterator[None]:
    """Replaces the log of an older run at once (incident I9). If no run begins, the new log says why.

    If none of the folders for modules exists, this is no checkout, and no log is left there.
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
    """Imports modules beside the block: the engine's SDK takes as long to load as Compose to read its file."""
    with ThreadPoolExecutor(1) as pool:
        loaded = pool.submit(lambda: [import_module(name) for name in names])
        yield
        loaded.result()


def _plans(request: Request, settings: Settings, command: tuple[str, ...]) -> list[Plan]:
    selection = select(request, settings)
    for note in selection.notes:
        print(f"hub-runner: {note}", file=sys.stderr)  # noqa: T201  # no run has begun, so there is no other place for it
    return plans(list(selection.reasons), settings, command=command) if selection.reasons else []


def _nothing_changed(settings: Settings, request: Request) -> int:
    """Says so in the log, too: an older log must not be taken for this command's."""
    message = f"no module that is asked for has changed since {request.changed_since}."
    report.refused(settings.output_folder, message)
    print(f"hub-runner: nothing to test: {message}", file=sys.stderr)  # noqa: T201  # standard output may be JSON
    return ExitCode.PASSED
