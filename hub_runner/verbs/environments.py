"""The verbs for an environment that people work in: watch, shell, uat."""

from __future__ import annotations

import argparse
import os
import sys

from hub_runner.settings import Settings
from hub_runner.verbs.choice import add_choice, choice
from hub_runner.verbs.verb import Verb, command_line


def _watch_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("module", metavar="MODULE", help="a module, or FILE[::Class[::test]] or FILE:LINE of its tests")
    add_choice(command)
    command.add_argument("--json", action="store_true", help="print nothing but a JSON object for each verdict")


def _watch(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.host import parent_watch
    from hub_runner.loop.environment import without_stages_of_a_run
    from hub_runner.loop.screen import Screen
    from hub_runner.loop.watch import watch
    from hub_runner.report.terminal import is_for_a_person

    parent_watch.follow()
    screen = Screen(sys.stdout, as_json=options.json, person=is_for_a_person(sys.stdout, os.environ))
    settings = without_stages_of_a_run(settings)
    return watch(options.module, settings, screen, command=command_line(), choice=choice(options))


def _shell_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("module", metavar="MODULE")


def _shell(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.host import parent_watch
    from hub_runner.loop.environment import without_stages_of_a_run
    from hub_runner.loop.shell import shell
    from hub_runner.plan import plans

    parent_watch.follow()
    return shell(plans([options.module], without_stages_of_a_run(settings), command=command_line())[0])


def _uat_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=("start", "stop", "status", "reset", "url"), metavar="ACTION")
    command.add_argument("--modules", metavar="A,B", default="", help="at the first start only these; later these, too")
    command.add_argument("--update", action="store_true", help="bring modules up to date that have changed since")
    command.add_argument("--yes", action="store_true", help="reset without asking")


def _uat(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.host import parent_watch
    from hub_runner.loop import uat
    from hub_runner.loop.environment import without_stages_of_a_run

    parent_watch.follow()
    if options.action == "start":
        names = [name for name in options.modules.split(",") if name]
        uat.start(without_stages_of_a_run(settings), names, update=options.update, command_line=command_line())
    elif options.action == "reset":
        uat.reset(settings, sure=options.yes)
    else:
        {"stop": uat.stop, "status": uat.status, "url": uat.url}[options.action](settings)
    return 0


WATCH = Verb(
    help="keep an environment, and test a module again whenever a file of it is saved",
    add_arguments=_watch_arguments,
    act=_watch,
)
SHELL = Verb(
    help="open Odoo's shell on a database with a module installed, which is thrown away afterwards",
    add_arguments=_shell_arguments,
    act=_shell,
)
UAT = Verb(
    help="a lasting environment for people, with the checkout's modules: start, stop, status, reset, url",
    add_arguments=_uat_arguments,
    act=_uat,
)
