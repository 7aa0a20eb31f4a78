"""The modules of one command: refused together, then run one after the other or beside each other.

The exit code of the whole is that of the gravest run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from hub_runner import errors, report
from hub_runner.errors import HubRunnerError
from hub_runner.exit_codes import gravest, of_batch, signal_exit_code
from hub_runner.fleet import durations, engines, known_failures
from hub_runner.fleet.changed import nothing_changed
from hub_runner.fleet.engines import Slots, those_that_answer
from hub_runner.fleet.selection import Request, chosen, select
from hub_runner.host import parent_watch, signals
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.plan import Plan, plans
from hub_runner.settings import Settings
from hub_runner.text import Careful, as_ci_takes_it, one_line, say

if TYPE_CHECKING:
    from hub_runner.fleet.jobs import Output
    from hub_runner.fleet.live_table import LiveTable
    from hub_runner.report.module_end import ModuleEnd

NEEDED = (
    "hub_runner.run",
    "hub_runner.report.batch_report",
    "hub_runner.report.junit",
    "hub_runner.report.page.page_files",
    "hub_runner.report.terminal",
)  # what every run imports
BROKEN_OFF = "the run was broken off while it was being prepared."


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the modules of a command are run, and what is shown of it."""

    as_json: bool = False
    quiet: bool = False
    at_once: int = 1  # 0: as many as this machine takes
    max_failed: int | None = None  # red modules after which no other is begun
    choice: Choice = EVERYTHING  # which tests of each module


def run_modules(request: Request, settings: Settings, *, command: tuple[str, ...], options: Options = Options()) -> int:
    """Refuses whatever is wrong with any of the modules, then tests them. Returns the exit code.

    If nothing has changed there is nothing to test, and that is no failure. Raises HubRunnerError if nothing could begin.
    """
    parent_watch.follow()
    begin = time.monotonic()
    output = settings.output_folder
    with _refusing(settings):
        with errors.packages(), _loading(*NEEDED):
            planned = _plans(request, settings, command, options.choice)
        if not planned:
            return nothing_changed(settings, request.changed_since)
        from hub_runner.fleet.jobs import jobs_for_this_machine
        from hub_runner.report.module_end import ModuleEnd  # not above: a Python without our packages refuses in words

        if len(planned) == 1:
            codes, _ = _run_each(planned, options)
            return gravest(codes)
        by_name = {plan.module.name: plan for plan in planned}
        known = durations.load(output)
        planned = [by_name[name] for name in durations.in_order(by_name, known)]
        options = replace(options, at_once=options.at_once or jobs_for_this_machine())
        beside = options.at_once > 1 or bool(settings.engines)
        if not beside:
            codes, ends = _run_each(planned, options)
    if beside:
        codes, ends = _run_beside(planned, options, durations.likely([plan.module.name for plan in planned], known))
    ended = {end.module for end in ends}
    missing = [plan.module.name for plan in planned if plan.module.name not in ended]
    ends += [ModuleEnd.never_run(name, "the batch was stopped before") for name in missing]
    code = of_batch(codes, never_run=len(missing))
    _conclude(ends, time.monotonic() - begin, code, output, options)
    return code


def _run_each(planned: list[Plan], options: Options) -> tuple[list[int], list[ModuleEnd]]:
    """One run after the other. Returns the exit codes, that of a signal included, and how each module ended."""
    from hub_runner.report.module_end import ModuleEnd
    from hub_runner.run import run

    output = planned[0].settings.output_folder
    reporting = report.reporting(planned[0].settings, as_json=options.as_json, quiet=options.quiet)
    codes: list[int] = []
    ends: list[ModuleEnd] = []
    with signals.held() as arrived:
        for plan in planned:
            if arrived.received:  # it may have come too late for the verdict of the last run: it ends the batch all the same
                codes.append(signal_exit_code(arrived.received[0]))
                break
            if options.max_failed is not None and sum(map(bool, codes)) >= options.max_failed:
                break
            result = run(plan, reporting, arrived)
            known_failures.learn(plan, result.verdict)
            codes.append(result.return_code)
            ends.append(ModuleEnd.of(result, output))
    return codes, ends


def _run_beside(planned: list[Plan], options: Options, seconds: Sequence[float]) -> tuple[list[int], list[ModuleEnd]]:
    """Runs the modules in processes of their own, several at once.

    Each process adds how its module ended, as a line of JSON, to one temporary file of them all.
    """
    from hub_runner.fleet.jobs import Output, Screen, Task, run_beside
    from hub_runner.report.page.render import compile_templates

    compile_templates()
    out, err = sys.stdout.buffer, sys.stderr.buffer
    with Output() as notes:
        tasks = [Task(name=plan.module.name, work=partial(_run_one, plan, notes, options)) for plan in planned]
        slots = _slots(planned, options, seconds)
        screen = Screen(out, err, life=err if options.as_json else out, table=_table(options))
        codes, number = run_beside(tasks, slots, screen, max_failed=options.max_failed)
        noted = _noted(notes)
    names = [planned[index].module.name for index in slots.begun]
    ends = [_end(name, noted.get(name), code) for name, code in zip(names, codes, strict=True)]
    return [*codes, *([signal_exit_code(number)] if number else [])], ends


def _slots(planned: Sequence[Plan], options: Options, seconds: Sequence[float]) -> Slots:
    """Where the runs go. Modules that need the same of Odoo start from one prepared database, and so belong together."""
    names = planned[0].settings.engines
    if not names:
        return Slots.here(len(planned), options.at_once, seconds)

    def note(text: str) -> None:
        say(f"hub-runner: {text}")

    groups = [plan.closure.core for plan in planned]
    there = those_that_answer(names, note)
    return Slots(engines=there, at_once=options.at_once, groups=groups, seconds=seconds, note=note)


def _table(options: Options) -> LiveTable | None:
    from hub_runner.fleet.live_table import LiveTable
    from hub_runner.report.terminal import is_for_a_person

    live = is_for_a_person(sys.stdout, os.environ) and not (options.quiet or options.as_json)
    return LiveTable(sys.stdout) if live else None


def _run_one(plan: Plan, note: Output, options: Options) -> int:
    """One of several runs beside each other. It tests what was planned: nothing is read or asked again."""
    with _refusing(plan.settings):
        if plan.settings.engines:  # the process may have another one than that for which the run was planned
            notes = (*plan.notes, f"ran on the engine {engines.here(os.environ)}")
            environ = engines.with_engine_of(os.environ, plan.environ)
            plan = dataclasses.replace(plan, environ=environ, notes=notes)
        codes, ends = _run_each([plan], options)
        for end in ends:
            note.add(json.dumps(dataclasses.asdict(end)))
        return gravest(codes)


def _noted(notes: Output) -> dict[str, ModuleEnd]:
    """By module, how the runs ended that lived long enough to note it."""
    from hub_runner.report.module_end import ModuleEnd

    ends = []
    for line in notes.lines():
        with contextlib.suppress(ValueError, KeyError, TypeError):  # the process was killed while it wrote
            ends.append(ModuleEnd.read(json.loads(line)))
    return {end.module: end for end in ends}


def _end(module: str, noted: ModuleEnd | None, code: int) -> ModuleEnd:
    from hub_runner.report.module_end import ModuleEnd

    return dataclasses.replace(noted, return_code=code) if noted else ModuleEnd.without_result(module, code)


def _conclude(ends: list[ModuleEnd], seconds: float, code: int, output: Path, options: Options) -> None:
    """The table, the failures, batch.json and batch.xml, and what the next batch should know."""
    from hub_runner.report import batch_report

    durations.learn(output, ends)
    troubles = batch_report.write(ends, seconds, code, output)
    stream = Careful(sys.stderr if options.as_json else sys.stdout)
    safe = as_ci_takes_it(os.environ)
    for text, _ in batch_report.lines(ends, seconds, code, quiet=options.quiet):
        stream.write(f"{safe(one_line(text))}\n")
    for trouble in troubles:
        stream.write(f"trouble: {safe(one_line(trouble))}\n")


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


def _plans(request: Request, settings: Settings, command: tuple[str, ...], choice: Choice) -> list[Plan]:
    request, choices = chosen(request, settings, choice)
    selection = select(request, settings)
    for note in selection.notes:
        say(f"hub-runner: {note}")  # no run has begun, so there is no other place for it
    if not selection.reasons:
        return []
    asked = {
        name: known_failures.added(choices.get(name, choice), settings.output_folder, name) for name in selection.reasons
    }
    return plans(list(selection.reasons), settings, command=command, choices=asked)
