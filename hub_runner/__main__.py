"""``python -m hub_runner --help`` shows what it can do."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from hub_runner import errors
from hub_runner.host import signals
from hub_runner.host.process import end_with


def main() -> NoReturn:
    open_standard_streams()
    signals.heed_children()
    end_with(_command)


def open_standard_streams() -> None:
    """What goes to one that was closed is thrown away: else the next file of any kind would be given its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            setattr(sys, name, os.fdopen(null, "w" if number else "r"))


def _command() -> int:
    with errors.packages():
        from hub_runner import cli

        return cli.main(sys.argv[1:])


if __name__ == "__main__":
    main()
