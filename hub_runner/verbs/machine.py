"""The verbs that look after this machine: setup, doctor, clean."""

from __future__ import annotations

import argparse
from itertools import chain

from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import Settings
from hub_runner.verbs.verb import Verb, output


def _setup(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.machine.setup import setup

    setup(settings)
    return 0


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.machine.doctor import doctor

    return doctor(settings, out=output())


def _clean_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--all", action="store_true", help="also end this user's living runs, after naming them")
    command.add_argument("--kept", action="store_true", help="also end what --keep has kept")
    command.add_argument(
        "--caches", action="store_true", help="also remove prepared databases and images with added packages"
    )
    command.add_argument("--older-than", type=_hours, metavar="HOURS", default=0.0, help="only runs older than this")


def _hours(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not number >= 0:  # nor is NaN
        raise argparse.ArgumentTypeError(f"must be hours, 0 or more, not {text}")
    return number


def _clean(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.cleanup.sweep import clean
    from hub_runner.proof.worktree import forget_worktrees

    for folder in forget_worktrees(settings.root):
        print(f"removed: {folder}, of a rerun that was killed", file=output())
    code = clean(settings, living=options.all, older_than=options.older_than * 3600, kept=options.kept, out=output())
    if options.caches:
        _clean_caches()
    return code


def _clean_caches() -> None:
    from hub_runner.engine.client import Failures, complaint, connect
    from hub_runner.requirements import inventory
    from hub_runner.requirements import store as image_store
    from hub_runner.warm import store

    try:
        engine = connect()
        for line in chain(store.clean(engine), image_store.clean(engine)):
            print(line, file=output())
        for line in inventory.clean():
            print(line, file=output())
    except Failures as error:
        raise EnvironmentFailure(
            f"{complaint(error)} Prepared databases and images with added packages may be left."
        ) from error


SETUP = Verb(help="make this machine able to run: engine and images", act=_setup)
DOCTOR = Verb(help="show what a run would meet here: engine, images, ports, orphans, disk", act=_doctor)
CLEAN = Verb(help="remove what dead runs have left", add_arguments=_clean_arguments, act=_clean)
