"""The command line: what can be typed, and which verb it leads to."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import Any, NoReturn

import hub_runner
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.settings import OPTIONS, completed, find_output, load, option
from hub_runner.text import say
from hub_runner.verbs import VERBS

CODES = """\
exit codes: 0 passed; 1 tests failed; 2 usage; 3 nothing was proven; 4 environment (engine, image, compose, health); 5 no
free port; 6 cleanup incomplete; 7 the module could not be installed, upgraded or uninstalled, or its tests not be imported;
8 a time limit ended it; 70 a defect of hub-runner; 129, 130, 143 hang-up, Ctrl-C, terminate"""

OLD_FLAGS = ("strict_logs",)  # understood by settings/sources.py, which says what to write instead


def main(arguments: list[str]) -> int:
    """Runs one command; returns its exit code. Raises HubRunnerError for what the user must know."""
    try:
        options = parsed(arguments)
        known = (*(field.name for field in OPTIONS.values()), *OLD_FLAGS)
        given = {name: value for name in known if (value := getattr(options, name, None)) is not None}
        settings = load(Path(), flags=given)
    except (UsageError, EnvironmentFailure) as error:
        if arguments[:1] == ["run"]:
            forget_proof(output_in(arguments), str(error))
        raise
    if options.command != "run":  # a run has its own place for notes
        for note in settings.notes:
            say(f"hub-runner: {note}")
    return VERBS[options.command].act(settings, options)


def forget_proof(output: str | None, why: str) -> None:
    """Says in the log that no run began, so that an older log is not taken for this run's (I9, see docs/incidents.md).

    ``output`` is the value of ``--output``. Needs only the standard library: nox calls this, too.
    """
    from hub_runner.report.log import refused

    with contextlib.suppress(UsageError):  # the folder itself is gone
        refused(find_output(Path(), output), why, anew=False)


def output_in(arguments: list[str]) -> str | None:
    """The value of ``--output`` in a command line that may be wrong in any other way, so that argparse gives nothing."""
    value = None
    for number, argument in enumerate(arguments):
        name, equals, rest = argument.partition("=")
        if name == "--output":
            value = rest if equals else next(iter(arguments[number + 1 :]), None)
    return value


class Parser(argparse.ArgumentParser):
    """Raises UsageError for a wrong command line. (argparse itself would end the process.)"""

    def error(self, message: str) -> NoReturn:
        raise refusal(message, self.prog.replace("hub-runner", "", 1))


def refusal(message: str, command: str) -> UsageError:
    return UsageError(f"{message[:1].upper()}{message[1:]}. `python -m hub_runner{command} --help` lists what there is.")


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The options of the command line. Raises UsageError.

    Modules may stand on both sides of a flag. argparse gives those behind it back as unknown arguments.
    """
    top = parser()
    options, rest = top.parse_known_args(list(completed(arguments)))
    takes_modules = isinstance(getattr(options, "modules", None), list)
    if rest and (not takes_modules or any(word.startswith("-") for word in rest)):
        raise refusal(f"unrecognized arguments: {' '.join(rest)}", f" {options.command}")
    if rest:
        options.modules += rest
    return options


def parser() -> argparse.ArgumentParser:
    top = Parser(prog="hub-runner", description=hub_runner.__doc__, epilog=CODES, allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"hub-runner {hub_runner.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, verb in VERBS.items():
        command = commands.add_parser(name, help=verb.help, description=verb.help, epilog=CODES, allow_abbrev=False)
        verb.add_arguments(command)
        _add_settings(command)
    return top


def _add_settings(command: argparse.ArgumentParser) -> None:
    """Adds a flag for every setting."""
    group = command.add_argument_group("settings (see also [tool.hub-runner] in pyproject.toml and HUB_RUNNER_*)")
    for name, field in OPTIONS.items():
        # Any: argparse's own types do not let keyword arguments be built beforehand
        kind: Any = {"action": argparse.BooleanOptionalAction} if isinstance(field.default, bool) else {"metavar": "VALUE"}
        default = f" ({_shown(field.default)})" if field.default not in ((), "") else ""
        help = f"{field.metadata['help']}{default}"
        group.add_argument(f"--{name}", dest=field.name, default=None, help=help, **kind)
    for name in OLD_FLAGS:
        hidden = argparse.SUPPRESS
        group.add_argument(f"--{option(name)}", default=None, action=argparse.BooleanOptionalAction, help=hidden)


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return " ".join(default) if isinstance(default, tuple) else f"{default:g}" if isinstance(default, float) else default
