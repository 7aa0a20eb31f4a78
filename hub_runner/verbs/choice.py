"""The flags by which a command chooses tests of a module, as pytest has them: what ``run`` and ``watch`` share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hub_runner.errors import UsageError
from hub_runner.verbs.verb import at_least_one

if TYPE_CHECKING:
    from hub_runner.odoo.choice import Choice


def add_choice(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("choice of tests (see docs/choosing-tests.md)")
    group.add_argument(
        "-k", metavar="EXPR", dest="keywords", default="", help="tests with these names: 'rock and not (slow or tour)'"
    )
    which = group.add_mutually_exclusive_group()
    which.add_argument("--lf", "--last-failed", action="store_true", dest="last_failed", help="only what failed last")
    which.add_argument("--ff", "--failed-first", action="store_true", dest="failed_first", help="what failed last first")
    limit = group.add_mutually_exclusive_group()
    limit.add_argument("-x", action="store_const", const=1, dest="max_fail", help="begin no other test after a failure")
    limit.add_argument("--max-fail", "--maxfail", type=at_least_one, metavar="N", help="begin none after N failed tests")
    group.add_argument("--repeat", type=at_least_one, metavar="N", help="run each test N times")
    group.add_argument("--until-fail", action="store_true", help="repeat (100 times at most) until a test fails")
    group.add_argument("--durations", type=at_least_one, metavar="N", default=0, help="name the N slowest tests and set-ups")


def choice(options: argparse.Namespace) -> Choice:
    """What these flags ask for, of any module. Raises UsageError."""
    from hub_runner.odoo.choice import UNTIL_FAIL, Choice
    from hub_runner.odoo.inside.keywords import compiled

    try:
        if options.keywords:
            compiled(options.keywords)
    except ValueError as error:
        raise UsageError(f"-k {options.keywords!r}: {error}. It takes names with and, or, not and parentheses.") from error
    return Choice(
        keywords=options.keywords,
        last_failed=options.last_failed,
        failed_first=options.failed_first,
        max_fail=options.max_fail or 0,
        rounds=options.repeat or (UNTIL_FAIL if options.until_fail else 1),
        until_fail=options.until_fail,
        durations=options.durations,
    )
