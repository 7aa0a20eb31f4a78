"""What each verb of the command line does. Each imports what it needs when it runs: ``--help`` must not wait for an SDK."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO, cast

from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import Settings

if TYPE_CHECKING:
    from hub_runner.fleet.selection import Request


def _run(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.batch import Options, run_modules

    command = ("python", "-m", "hub_runner", *sys.argv[1:])
    how = Options(
        as_json=options.json,
        quiet=options.quiet,
        at_once=options.jobs or _jobs_for_this_machine(),
        max_failed=options.max_failed,
    )
    return run_modules(_request(options), settings, command=command, options=how)


def _jobs_for_this_machine() -> int:
    """As many runs as there are cores, and 2 GB of free memory for each: an Odoo server, a test process and PostgreSQL."""
    import os

    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, psutil.virtual_memory().available // 2**31))


def _request(options: argparse.Namespace) -> Request:
    from hub_runner.fleet.selection import Request

    return Request(
        names=tuple(dict.fromkeys(options.modules)),
        everything=options.everything,
        changed_since=options.changed_since,
        exclude=tuple(options.exclude),
    )


def _prepare(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.warm.prepare import prepare_modules

    command = ("python", "-m", "hub_runner", *sys.argv[1:])
    names = () if options.all else options.modules
    return prepare_modules(names, settings, command=command, say=partial(print, file=_out(), flush=True))


def _shell(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.host import process
    from hub_runner.loop.shell import shell
    from hub_runner.plan import plans

    process.follow()
    command = ("python", "-m", "hub_runner", *sys.argv[1:])
    return shell(plans([options.module], settings, command=command)[0])


def _uat(settings: Settings, options: argparse.Namespace) -> None:
    from hub_runner.host import process
    from hub_runner.loop import uat

    process.follow()
    if options.action == "start":
        names = [name for name in options.modules.split(",") if name]
        command = ("python", "-m", "hub_runner", *sys.argv[1:])
        uat.start(settings, names, update=options.update, command_line=command)
    elif options.action == "reset":
        uat.reset(settings, sure=options.yes)
    else:
        {"stop": uat.stop, "status": uat.status, "url": uat.url}[options.action](settings)


def _out() -> TextIO:
    """Standard output for work that must not break off if its reader goes away (``clean | head``)."""
    from hub_runner.text import Careful

    return cast(TextIO, Careful(sys.stdout))


def _setup(settings: Settings, options: argparse.Namespace) -> None:
    from hub_runner.machine.setup import setup

    setup(settings)


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.machine.doctor import doctor

    return doctor(settings, out=_out())


def _clean(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.cleanup.sweep import clean

    code = clean(settings, living=options.all, older_than=options.older_than * 3600, kept=options.kept, out=_out())
    if options.caches:
        from hub_runner.engine.client import Failures, complaint, connect
        from hub_runner.requirements import inventory
        from hub_runner.requirements import store as image_store
        from hub_runner.warm import store

        try:
            engine = connect()
            for line in (*store.clean(engine), *image_store.clean(engine), *inventory.clean()):
                print(line, file=_out())
        except Failures as error:
            raise EnvironmentFailure(
                f"{complaint(error)} Prepared databases and images with added packages may be left."
            ) from error
    return code


def _list(settings: Settings, options: argparse.Namespace) -> None:
    from hub_runner.checkout.modules import catalogue
    from hub_runner.fleet.selection import select
    from hub_runner.text import one_line

    options.everything = not options.modules
    reasons, out = None, _out()
    if options.modules or options.exclude or options.changed_since or options.why:
        selection = select(_request(options), settings)
        for note in selection.notes:
            print(f"hub-runner: {note}", file=sys.stderr)  # noqa: T201
        reasons = selection.reasons
    lines = reasons.items() if options.why and reasons is not None else catalogue(settings.addons_folders).summaries()
    for name, words in lines:
        if reasons is None or name in reasons:
            print(f"{one_line(name):24} {one_line(words)}", file=out)


def _matrix(settings: Settings, options: argparse.Namespace) -> None:
    from hub_runner.checkout.modules import catalogue
    from hub_runner.fleet import durations, matrix
    from hub_runner.fleet.selection import select
    from hub_runner.report.folder import replace, writable
    from hub_runner.settings import MATRIX

    options.everything = not options.modules
    selection = select(_request(options), settings)
    for note in selection.notes:
        print(f"hub-runner: {note}", file=sys.stderr)  # noqa: T201  # standard output is for the CI system
    known = durations.load(settings.output_folder)
    shards = matrix.shards(list(selection.reasons), options.shards, catalogue(settings.addons_folders), known)
    with writable(settings.output_folder, MATRIX):
        settings.output_folder.mkdir(parents=True, exist_ok=True)
        replace(settings.output_folder / MATRIX, matrix.document(shards).encode())
    print(matrix.shown(shards, matrix.Format(options.format)), file=_out(), end="")


def _merge(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.fleet.merge import merge
    from hub_runner.report import batch_report
    from hub_runner.text import one_line

    ends, code, notes = merge(options.folders, settings.output_folder)
    out = _out()
    for text, _ in batch_report.lines(ends, sum(end.seconds for end in ends), code):
        print(one_line(text), file=out)
    for note in notes:
        print(f"note: {one_line(note)}", file=out)
    return code


def _lint_module(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.checkout.lint.command import lint_modules

    return lint_modules(options.modules, settings, _out())


def _watch(settings: Settings, options: argparse.Namespace) -> int:
    import os

    from hub_runner.host import process
    from hub_runner.loop.screen import Screen
    from hub_runner.loop.watch import watch
    from hub_runner.report.terminal import is_for_a_person

    process.follow()
    screen = Screen(sys.stdout, as_json=options.json, person=is_for_a_person(sys.stdout, os.environ))
    return watch(options.module, settings, screen, command=("python", "-m", "hub_runner", *sys.argv[1:]))


def _show(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.report.show import Part, show, show_list

    if options.list:
        show_list(settings.output_folder, _out())
        return 0
    part = Part.LOG if options.log else Part.FAILURES if options.failures else Part.SUMMARY
    return show(settings.output_folder, _out(), run=options.run, part=part)


VERBS: dict[str, Any] = {
    "run": _run,
    "shell": _shell,
    "uat": _uat,
    "setup": _setup,
    "doctor": _doctor,
    "clean": _clean,
    "list": _list,
    "lint-module": _lint_module,
    "watch": _watch,
    "show": _show,
    "matrix": _matrix,
    "merge": _merge,
    "prepare": _prepare,
}
