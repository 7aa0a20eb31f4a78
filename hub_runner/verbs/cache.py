"""The verb for prepared databases that go from one machine to another: cache."""

from __future__ import annotations

import argparse
from functools import partial

from hub_runner.errors import UsageError
from hub_runner.settings import Settings
from hub_runner.verbs.verb import Verb, command_line, output

ACTIONS = ("list", "pull", "push", "export", "import")


def _arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "action",
        choices=ACTIONS,
        metavar="ACTION",
        help=f"{', '.join(ACTIONS)}: see docs/registry.md; the last two take FILE",
    )
    command.add_argument(
        "modules", nargs="*", metavar="FILE|MODULE", help="for which modules; for all of the checkout if none is named"
    )


def _cache(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.warm import cache_transfer

    say, words = partial(print, file=output(), flush=True), list(options.modules)
    if options.action == "list":
        return cache_transfer.show(settings, say)
    file = None
    if options.action in ("export", "import"):
        if not words:
            raise UsageError(f"`cache {options.action}` needs the name of a file.")
        file = words.pop(0)
    if options.action == "import":
        return cache_transfer.import_file(str(file), settings, say)
    return cache_transfer.exchange(options.action, words, settings, file=file, command=command_line(), say=say)


CACHE = Verb(
    help="prepared databases from and for other machines: list, pull, push, export FILE, import FILE",
    act=_cache,
    add_arguments=_arguments,
)
