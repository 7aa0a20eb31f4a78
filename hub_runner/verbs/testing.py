"""The verbs that judge modules, and show what was found: run, lint-module, show."""

from __future__ import annotations

import argparse

from hub_runner.settings import Settings
from hub_runner.verbs.choice import add_choice, choice
from hub_runner.verbs.verb import Verb, add_selection, at_least_one, command_line, output, request


def _run_arguments(command: argparse.ArgumentParser) -> None:
    add_selection(command, "names, patterns such as 'hr_*', paths of modules, or FILE[::Class[::test]] and FILE:LINE")
    command.add_argument("--quiet", action="store_true", help="show what is wrong and the verdict, and nothing else")
    command.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else, on stdout")
    command.add_argument(
        "--jobs", type=_jobs, metavar="N", default=1, help="how many modules beside each other, on each engine, or auto (1)"
    )
    add_choice(command)
    command.add_argument(
        "--debug", choices=("pdb", "debugpy"), help="pdb on this terminal (if no other is named), or debugpy for an IDE"
    )
    command.add_argument(
        "--max-failed-modules",
        type=at_least_one,
        metavar="N",
        dest="max_failed",
        help="begin no other module after N red ones",
    )


def _debug(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.errors import UsageError
    from hub_runner.fleet import known_failures
    from hub_runner.fleet.selection import chosen, select
    from hub_runner.host import parent_watch
    from hub_runner.loop.debug import Debugger, debug, refuse_flags
    from hub_runner.loop.environment import without_stages_of_a_run
    from hub_runner.plan import plans

    parent_watch.follow()
    asked, choices = chosen(request(options, everything=options.everything), settings, choice(options))
    names = list(select(asked, settings).reasons)
    if len(names) != 1:
        raise UsageError(f"--debug takes one module, not {len(names)}.")
    refuse_flags(vars(options))
    found = known_failures.added(choices.get(names[0], choice(options)), settings.output_folder, names[0])
    plan = plans(names, without_stages_of_a_run(settings), command=command_line(), choices={names[0]: found})[0]
    return debug(plan, Debugger(options.debug))


def _jobs(text: str) -> int:
    """0 stands for auto."""
    return 0 if text == "auto" else at_least_one(text)


def _run(settings: Settings, options: argparse.Namespace) -> int:
    if options.debug:
        return _debug(settings, options)
    from hub_runner.batch import Options, run_modules

    how = Options(
        as_json=options.json,
        quiet=options.quiet,
        at_once=options.jobs,
        max_failed=options.max_failed,
        choice=choice(options),
    )
    return run_modules(request(options, everything=options.everything), settings, command=command_line(), options=how)


def _lint_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("modules", nargs="*", metavar="MODULE", help="also paths, as pre-commit passes them; all if none")


def _lint(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.checkout.lint.command import lint_modules

    lacking = {}
    if not settings.install_requirements:  # else they are installed, and nothing of that has to be read
        from hub_runner.checkout.modules import catalogue
        from hub_runner.requirements.missing import unmet

        lacking = unmet(settings, catalogue(settings.addons_folders))
    return lint_modules(options.modules, settings, output(), unmet=lacking)


def _show_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", nargs="?", metavar="RUN", help="a run id, a part of one, or a module: its last run")
    parts = command.add_mutually_exclusive_group()
    parts.add_argument("--failures", action="store_true", help="show only what went wrong, and the verdict")
    parts.add_argument("--open", action="store_true", help="open report.html in a browser")
    parts.add_argument("--log", action="store_true", help="print the whole log")
    parts.add_argument("--list", action="store_true", help="list the runs whose files are kept")


def _show(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.report.show import View, open_page, show, show_list

    if options.list:
        show_list(settings.output_folder, output())
        return 0
    if options.open:
        return open_page(settings.output_folder, output(), run=options.run)
    view = View.LOG if options.log else View.FAILURES if options.failures else View.SUMMARY
    return show(settings.output_folder, output(), run=options.run, view=view)


RUN = Verb(help="test modules, each in an environment of its own", add_arguments=_run_arguments, act=_run)
LINT_MODULE = Verb(
    help="find mistakes in modules' files within a second, without Odoo (exit code 1 if there are any)",
    add_arguments=_lint_arguments,
    act=_lint,
)
SHOW = Verb(help="print the summary of the last run again", add_arguments=_show_arguments, act=_show)
