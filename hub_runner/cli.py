"""The command line. Each command imports what it needs when it runs: ``--help`` must not wait for an SDK."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import hub_runner
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.settings import Settings, find_output, load

CODES = """\
exit codes: 0 passed; 1 tests failed; 2 usage; 3 nothing was proven; 4 environment (engine, image, compose, health); 5 no
free port; 6 cleanup incomplete; 7 the module could not be installed, or its tests not be imported; 8 a time limit ended
it; 70 a defect of hub-runner; 129, 130, 143 hang-up, Ctrl-C, terminate"""


def main(arguments: list[str]) -> int:
    """Runs one command; its exit code. Raises HubRunnerError for what the user must know."""
    try:
        options = parsed(arguments)
        given = {field.name: getattr(options, field.name, None) for field in fields(Settings) if field.name != "root"}
        settings = load(Path(), flags={name: value for name, value in given.items() if value is not None})
    except (UsageError, EnvironmentFailure) as error:
        if arguments[:1] == ["run"]:
            forget_proof(arguments, str(error))
        raise
    return int(COMMANDS[options.command](settings, options) or 0)


def forget_proof(arguments: list[str], why: str) -> None:
    """Incident I9: a log that is there already must not be taken for that of a run which never began.

    ``arguments`` may be wrong. Only the standard library is needed: nox calls this, too.
    """
    from hub_runner.report.log import refused

    words = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    words.add_argument("--output", nargs="?")
    with contextlib.suppress(UsageError):  # the folder itself is gone
        refused(find_output(Path(), words.parse_known_args(arguments)[0].output), why, anew=False)


class Parser(argparse.ArgumentParser):
    """Raises what is wrong with the command line, where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        raise refusal(message, self.prog.replace("hub-runner", "", 1))


def refusal(message: str, command: str) -> UsageError:
    return UsageError(f"{message[:1].upper()}{message[1:]}. `python -m hub_runner{command} --help` lists what there is.")


def parsed(arguments: list[str]) -> argparse.Namespace:
    """argparse takes modules on both sides of a flag for arguments that it does not know. Raises UsageError."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and (options.command != "run" or any(word.startswith("-") for word in rest)):
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
        "setup": "make this machine able to run: engine and images",
        "doctor": "show what a run would meet here: engine, images, ports, orphans, disk",
        "clean": "remove what dead runs have left",
        "list": "list the modules of this checkout",
        "show": "print the summary of the last run again",
    }.items():
        command = commands.add_parser(name, help=words, description=words, epilog=CODES, allow_abbrev=False)
        _add_arguments(name, command)
        _add_settings(command)
    return top


def at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return number


def hours(text: str) -> float:
    if not (number := float(text)) >= 0:
        raise argparse.ArgumentTypeError(f"must be hours, 0 or more, not {text}")
    return number


def _add_arguments(name: str, command: argparse.ArgumentParser) -> None:
    if name == "run":
        command.add_argument("modules", nargs="*", metavar="MODULE")
        command.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else, on stdout")
        command.add_argument(
            "--jobs", type=at_least_one, metavar="N", default=1, help="that many modules beside each other (1)"
        )
    if name == "clean":
        command.add_argument("--all", action="store_true", help="also end this user's living runs, after naming them")
        command.add_argument("--caches", action="store_true", help="also remove the prepared databases of warm starts")
        command.add_argument("--older-than", type=hours, metavar="HOURS", default=0.0, help="only runs older than this")


def _add_settings(command: argparse.ArgumentParser) -> None:
    """A flag for every setting: nothing is set in one place only."""
    group = command.add_argument_group("settings (see also [tool.hub-runner] in pyproject.toml and HUB_RUNNER_*)")
    for field in fields(Settings):
        if words := field.metadata.get("help"):
            kind: Any = (
                {"action": argparse.BooleanOptionalAction} if isinstance(field.default, bool) else {"metavar": "VALUE"}
            )
            shown = f" ({_shown(field.default)})" if field.default not in ((), "") else ""
            group.add_argument(f"--{field.name.replace('_', '-')}", default=None, help=f"{words}{shown}", **kind)


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return " ".join(default) if isinstance(default, tuple) else f"{default:g}" if isinstance(default, float) else default


def _run(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.batch import run_modules

    command = ("python", "-m", "hub_runner", *sys.argv[1:])
    return run_modules(options.modules, settings, command=command, as_json=options.json, at_once=options.jobs)


def _out() -> Any:
    """A reader that goes away (``clean | head``), or letters that a terminal does not know, never break off the work."""
    from hub_runner.text import Careful

    return Careful(sys.stdout)


def _setup(settings: Settings, options: argparse.Namespace) -> None:
    from hub_runner.machine.setup import setup

    setup(settings)


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.machine.doctor import doctor

    return doctor(settings, out=_out())


def _clean(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.cleanup.sweep import clean

    code = clean(settings, living=options.all, older_than=options.older_than * 3600, out=_out())
    if options.caches:
        from hub_runner.engine.client import connect
        from hub_runner.warm import cache

        for line in cache.clean(connect()):
            print(line, file=_out())
    return code


def _list(settings: Settings, options: argparse.Namespace) -> None:
    from hub_runner.checkout.modules import discover
    from hub_runner.text import one_line

    out = _out()
    for name, summary in discover(settings.addons_folders):
        print(f"{one_line(name):24} {one_line(summary)}", file=out)


def _show(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.report.show import show

    return show(settings.output_folder, _out())


COMMANDS: dict[str, Any] = {
    "run": _run,
    "setup": _setup,
    "doctor": _doctor,
    "clean": _clean,
    "list": _list,
    "show": _show,
}
