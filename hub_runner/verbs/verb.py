"""What a verb of the command line is made of, and what several of them share."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, cast

from hub_runner.settings import Settings

if TYPE_CHECKING:
    from hub_runner.fleet.selection import Request


def _no_arguments(command: argparse.ArgumentParser) -> None:
    """For a verb that takes settings only."""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One subcommand of ``hub-runner``."""

    help: str
    act: Callable[[Settings, argparse.Namespace], int]  # returns the exit code; raises HubRunnerError
    add_arguments: Callable[[argparse.ArgumentParser], None] = _no_arguments


def command_line() -> tuple[str, ...]:
    """What the user typed, as log, results and proof show it: without users and passwords (tokens, perhaps) of addresses.

    That of ssh is a name and no secret, without which the command could not be repeated.
    """
    words = (re.sub(r"(?<!ssh:)//[^/\s]*@", "//", word) for word in sys.argv[1:])
    return ("python", "-m", "hub_runner", *words)


def output() -> TextIO:
    """Standard output for work that must not break off if its reader goes away (``clean | head``).

    What is printed may come from files of others, such as a result that is verified: nothing of it is a command to a
    terminal or to CI.
    """
    from hub_runner.text import Careful, as_shown

    return cast(TextIO, Careful(sys.stdout, passed=as_shown))


def add_selection(command: argparse.ArgumentParser, help: str = "names or patterns; all modules if none") -> None:
    """The arguments that ``request`` reads."""
    command.add_argument("modules", nargs="*", metavar="MODULE", help=help)
    command.add_argument("--all", action="store_true", dest="everything", help="all modules of the checkout")
    command.add_argument("--changed-since", metavar="REF", help="only modules that differ from this commit, or need one")
    command.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="leave these modules out")


def request(options: argparse.Namespace, *, everything: bool) -> Request:
    """Which modules the command line asks for."""
    from hub_runner.fleet.selection import Request

    return Request(
        names=tuple(dict.fromkeys(options.modules)),
        everything=everything,
        changed_since=options.changed_since,
        exclude=tuple(options.exclude),
    )


def at_least_one(text: str) -> int:
    """The type of an argument. Raises ArgumentTypeError."""
    number = int(text) if re.fullmatch(r"\s*\d{1,9}\s*", text) else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, not {text}")
    return number
