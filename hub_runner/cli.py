"""The command line: what can be typed, and which verb it leads to."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import hub_runner
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.settings import Settings, find_output, load, option
from hub_runner.verbs import VERBS

if TYPE_CHECKING:
    pass

CODES = """\
exit codes: 0 passed; 1 tests failed; 2 usage; 3 nothing was proven; 4 environment (engine, image, compose, health); 5 no
free port; 6 cleanup incomplete; 7 the module could not be installed, or its tests not be imported; 8 a time limit ended
it; 70 a defect of hub-runner; 129, 130, 143 hang-up, Ctrl-C, terminate"""

OLD_FLAGS = ("strict_logs",)  # understood by settings.py, which says what to write instead


def main(arguments: list[str]) -> int:
    """Runs one command; returns its exit code. Raises HubRunnerError for what the user must know."""
    try:
        options = parsed(arguments)
        known = (*_settings(), *OLD_FLAGS)
        given = {name: value for name in known if (value := getattr(options, name, None)) is not None}
        settings = load(Path(), flags=given)
    except (UsageError, EnvironmentFailure) as error:
        if arguments[:1] == ["run"]:
            forget_proof(output_in(arguments), str(error))
        raise
    if options.command != "run":  # a run has its own place for notes
        for note in settings.notes:
            print(f"hub-runner: {note}", file=sys.stderr)  # noqa: T201
    return int(VERBS[options.command](settings, options) or 0)


def _settings() -> dict[str, Field[Any]]:
    """The fields of ``Settings`` that have a flag, by name."""
    return {field.name: field for field in fields(Settings) if "help" in field.metadata}


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
    # `--keep` alone: argparse would take the module behind it for its value
    arguments = ["--keep=30m" if argument == "--keep" else argument for argument in arguments]
    options, rest = top.parse_known_args(arguments)
    if rest and (
        options.command not in ("run", "lint-module", "list", "matrix") or any(word.startswith("-") for word in rest)
    ):
        raise refusal(f"unrecognized arguments: {' '.join(rest)}", f" {options.command}")
    if rest:
        options.modules += rest
    return options


def parser() -> argparse.ArgumentParser:
    top = Parser(prog="hub-runner", description=hub_runner.__doc__, epilog=CODES, allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"hub-runner {hub_runner.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in {
        "run": "test modules, each in an environment of its own",
        "shell": "open Odoo's shell on a database with a module installed, which is thrown away afterwards",
        "uat": "a lasting environment for people, with the checkout's modules: start, stop, status, reset, url",
        "setup": "make this machine able to run: engine and images",
        "doctor": "show what a run would meet here: engine, images, ports, orphans, disk",
        "clean": "remove what dead runs have left",
        "list": "list the modules of this checkout",
        "lint-module": "find mistakes in modules' files within a second, without Odoo (exit code 1 if there are any)",
        "watch": "keep an environment, and test a module again whenever a file of it is saved",
        "show": "print the summary of the last run again",
        "matrix": "divide the modules into shards for CI jobs, and write matrix.json",
        "merge": "make one verdict, batch.json and batch.xml of what the shards of a matrix have left",
        "prepare": "make the prepared databases that runs of modules start from, of all modules if none is named",
    }.items():
        command = commands.add_parser(name, help=words, description=words, epilog=CODES, allow_abbrev=False)
        _add_arguments(name, command)
        _add_settings(command)
    return top


def at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return number


def jobs(text: str) -> int:
    """0 stands for auto."""
    return 0 if text == "auto" else at_least_one(text)


def hours(text: str) -> float:
    if not (number := float(text)) >= 0:
        raise argparse.ArgumentTypeError(f"must be hours, 0 or more, not {text}")
    return number


def _add_arguments(name: str, command: argparse.ArgumentParser) -> None:
    if name == "run":
        command.add_argument(
            "modules", nargs="*", metavar="MODULE", help="names, patterns such as 'hr_*', or paths of modules"
        )
        command.add_argument("--all", action="store_true", dest="everything", help="all modules of the checkout")
        command.add_argument("--quiet", action="store_true", help="show what is wrong and the verdict, and nothing else")
        command.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else, on stdout")
        command.add_argument(
            "--jobs", type=jobs, metavar="N", default=1, help="that many modules beside each other, or auto (1)"
        )
        command.add_argument(
            "--max-failed-modules",
            type=at_least_one,
            metavar="N",
            dest="max_failed",
            help="begin no other module after N red ones",
        )
    if name == "lint-module":
        command.add_argument(
            "modules", nargs="*", metavar="MODULE", help="also paths, as pre-commit passes them; all if none"
        )
    if name == "show":
        command.add_argument("run", nargs="?", metavar="RUN", help="a run id, a part of one, or a module: its last run")
        parts = command.add_mutually_exclusive_group()
        parts.add_argument("--failures", action="store_true", help="show only what went wrong, and the verdict")
        parts.add_argument("--log", action="store_true", help="print the whole log")
        parts.add_argument("--list", action="store_true", help="list the runs whose files are kept")
    if name == "list":
        command.add_argument("modules", nargs="*", metavar="MODULE", help="names or patterns; all modules if none")
        command.add_argument("--why", action="store_true", help="say why each one is in")
    if name == "matrix":
        command.add_argument("modules", nargs="*", metavar="MODULE", help="names or patterns; all modules if none")
        command.add_argument("--shards", type=at_least_one, required=True, metavar="N", help="at most so many jobs")
        command.add_argument("--format", choices=("github", "gitlab", "json"), default="json", help="for which CI system")
    if name == "merge":
        command.add_argument(
            "folders", nargs="+", type=Path, metavar="FOLDER", help="with matrix.json and the shards' results"
        )
    if name in ("run", "list", "matrix"):
        command.add_argument("--changed-since", metavar="REF", help="only modules that differ from this commit, or need one")
        command.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="leave these modules out")
    if name == "prepare":
        command.add_argument("modules", nargs="*", metavar="MODULE")
        command.add_argument("--all", action="store_true", help="of all modules that can be installed")
    if name == "watch":
        command.add_argument("module", metavar="MODULE")
        command.add_argument("--json", action="store_true", help="print nothing but a JSON object for each verdict")
    if name == "shell":
        command.add_argument("module", metavar="MODULE")
    if name == "uat":
        command.add_argument("action", choices=("start", "stop", "status", "reset", "url"), metavar="ACTION")
        command.add_argument("--modules", metavar="A,B", default="", help="at the first start only these; later these, too")
        command.add_argument("--update", action="store_true", help="bring modules up to date that have changed since")
        command.add_argument("--yes", action="store_true", help="reset without asking")
    if name == "clean":
        command.add_argument("--all", action="store_true", help="also end this user's living runs, after naming them")
        command.add_argument("--kept", action="store_true", help="also end what --keep has kept")
        command.add_argument(
            "--caches", action="store_true", help="also remove prepared databases and images with added packages"
        )
        command.add_argument("--older-than", type=hours, metavar="HOURS", default=0.0, help="only runs older than this")


def _add_settings(command: argparse.ArgumentParser) -> None:
    """Adds a flag for every setting."""
    group = command.add_argument_group("settings (see also [tool.hub-runner] in pyproject.toml and HUB_RUNNER_*)")
    for name, field in _settings().items():
        # Any: argparse's own types do not let keyword arguments be built beforehand
        kind: Any = {"action": argparse.BooleanOptionalAction} if isinstance(field.default, bool) else {"metavar": "VALUE"}
        default = f" ({_shown(field.default)})" if field.default not in ((), "") else ""
        group.add_argument(f"--{option(name)}", dest=name, default=None, help=f"{field.metadata['help']}{default}", **kind)
    for name in OLD_FLAGS:
        group.add_argument(
            f"--{name.replace('_', '-')}", default=None, action=argparse.BooleanOptionalAction, help=argparse.SUPPRESS
        )


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return " ".join(default) if isinstance(default, tuple) else f"{default:g}" if isinstance(default, float) else default
