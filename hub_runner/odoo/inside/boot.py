"""What every program in Odoo's container does before it calls Odoo: the right Python, the time zone, the command line."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from hub_runner.odoo.inside.arguments import fitted, free_port
from hub_runner.odoo.inside.types_of_odoo import OdooObject


def use_python_of_odoo() -> None:
    """Starts this program again in the Python of the ``odoo`` command, which may have a virtual environment of its own."""
    with Path(shutil.which("odoo") or os.devnull).open("rb") as script:
        words = script.readline(500).decode("utf-8", "replace").lstrip("#!").split()
    python = shutil.which(words[-1]) if words and "python" in words[-1] else None
    if python and python != sys.executable and os.environ.get("HUB_RUNNER_PYTHON") != python:
        os.environ["HUB_RUNNER_PYTHON"] = python
        os.execv(python, [python, *sys.argv])  # noqa: S606 - no shell is wanted here


def use_utc() -> None:
    """As Odoo's own start script does."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def log_without_colours() -> None:
    """``verify`` and the terminal read Odoo's log as text."""
    os.environ.pop("ODOO_PY_COLORS", None)


def let_tests_be_imported() -> None:
    """Odoo logs an error if a process without tests imports its test framework, as the recorder does in each process."""
    logging.getLogger("odoo.tests.common").addFilter(lambda record: "Importing test framework" not in str(record.msg))


def around_start(wrap: Callable[[Callable[..., object]], Callable[..., object]]) -> None:
    """Wraps ``odoo.service.server.start``, which Odoo calls when its options are read and before it loads anything."""
    server: OdooObject = import_module("odoo.service.server")
    server.start = wrap(server.start)


def series() -> tuple[int, int]:
    """Odoo's, such as (18, 0)."""
    major, minor, *_ = import_module("odoo.release").version_info
    return major, minor


def fit(arguments: list[str]) -> list[str]:
    """Odoo's arguments as this Odoo and this container need them."""
    return fitted(arguments, series(), os.environ, free_port())


def call_odoo(arguments: list[str]) -> None:
    """Calls Odoo's command line, and returns or exits as it does."""
    cli = import_module("odoo.cli")
    sys.argv = ["odoo", *arguments]
    cli.main()
