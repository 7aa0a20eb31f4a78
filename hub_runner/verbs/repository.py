"""The verbs for a whole repository: init, list, matrix, merge, prepare."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from hub_runner.errors import UsageError
from hub_runner.settings import Settings
from hub_runner.verbs.verb import Verb, add_selection, at_least_one, command_line, output, request


def _list_arguments(command: argparse.ArgumentParser) -> None:
    add_selection(command)
    command.add_argument("--why", action="store_true", help="say why each one is in")


def _list(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.checkout.modules import catalogue
    from hub_runner.fleet.selection import select
    from hub_runner.text import one_line

    reasons, out, modules = None, output(), catalogue(settings.addons_folders)
    if options.modules or options.everything or options.exclude or options.changed_since is not None or options.why:
        selection = select(request(options, everything=options.everything or not options.modules), settings)
        _say(selection.notes)
        reasons = selection.reasons
    elif not modules.folders:
        raise UsageError(modules.listing())
    lines = reasons.items() if options.why and reasons is not None else modules.summaries()
    for name, words in lines:
        if reasons is None or name in reasons:
            print(f"{one_line(name):24} {one_line(words)}", file=out)
    return 0


def _matrix_arguments(command: argparse.ArgumentParser) -> None:
    add_selection(command)
    command.add_argument("--shards", type=at_least_one, required=True, metavar="N", help="at most so many jobs")
    command.add_argument("--format", choices=("github", "gitlab", "json"), default="json", help="for which CI system")


def _matrix(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.checkout.modules import catalogue
    from hub_runner.fleet import durations, matrix
    from hub_runner.fleet.selection import select
    from hub_runner.host.files import write_whole
    from hub_runner.report.output_folder import writable
    from hub_runner.settings import MATRIX

    selection = select(request(options, everything=options.everything or not options.modules), settings)
    _say(selection.notes)
    known = durations.load(settings.output_folder)
    shards = matrix.shards(list(selection.reasons), options.shards, catalogue(settings.addons_folders), known)
    with writable(settings.output_folder, MATRIX):
        settings.output_folder.mkdir(parents=True, exist_ok=True)
        write_whole(settings.output_folder / MATRIX, matrix.document(shards).encode())
    print(matrix.shown(shards, matrix.Format(options.format)), file=output(), end="")
    return 0


def _say(notes: tuple[str, ...]) -> None:
    """On standard error: standard output is for whoever reads the list or the matrix."""
    from hub_runner.text import say

    for note in notes:
        say(f"hub-runner: {note}")


def _merge_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="with matrix.json and the shards' results")


def _merge(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.fleet.merge import merge
    from hub_runner.report import batch_report
    from hub_runner.text import one_line

    ends, code, notes = merge(options.folders, settings.output_folder)
    out = output()
    for text, _ in batch_report.lines(ends, sum(end.seconds for end in ends), code):
        print(one_line(text), file=out)
    for note in notes:
        print(f"note: {one_line(note)}", file=out)
    return code


def _prepare_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("modules", nargs="*", metavar="MODULE")
    command.add_argument("--all", action="store_true", help="of all modules that can be installed")


def _prepare(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.warm.prepare import prepare_modules

    names = () if options.all else options.modules
    return prepare_modules(names, settings, command=command_line(), say=partial(print, file=output(), flush=True))


def _init_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="write what is shown, and do not ask")
    command.add_argument(
        "--ci", choices=("auto", "github", "gitlab", "none"), default="auto", help="for which CI system (auto)"
    )
    command.add_argument(
        "--package", default="", metavar="WHAT", help="what pip installs in CI: git+https://... with hub-runner's address"
    )


def _init(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.machine.new_repository import begin, wanted_files

    found = wanted_files(settings.root, project=options.project or "", ci=options.ci, package=options.package)
    return begin(found, settings.root, output(), yes=options.yes)


LIST = Verb(help="list the modules of this checkout", add_arguments=_list_arguments, act=_list)
MATRIX = Verb(
    help="divide the modules into shards for CI jobs, and write matrix.json", add_arguments=_matrix_arguments, act=_matrix
)
MERGE = Verb(
    help="make one verdict, batch.json and batch.xml of what the shards of a matrix have left",
    add_arguments=_merge_arguments,
    act=_merge,
)
PREPARE = Verb(
    help="make the prepared databases that runs of modules start from, of all modules if none is named",
    add_arguments=_prepare_arguments,
    act=_prepare,
)
INIT = Verb(
    help="write settings, a noxfile, ignored names and a CI file into a new repository, after showing them",
    add_arguments=_init_arguments,
    act=_init,
)
