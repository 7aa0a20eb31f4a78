"""Starts Odoo with the recorder inside: ``python3 launcher.pyz RECORD ODOO_ARGUMENT...``.

Odoo is imported at once; it asks for no database, and loads and tests nothing, before standard input has ended. What
comes there is a secret that seals the record.

Exits as Odoo does, or with HOOK_FAILED where the recorder could not be set: outcomes are never guessed.

Odoo's arguments, fitted to the Odoo and the container that are found: pure functions.

Where Odoo takes a module from: its addons path may lead to another module of that name than the copied one.
"""

from __future__ import annotations

import atexit
import configparser
import gc
import os
import platform
import shutil
import socket
import socketserver
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from hub_runner.odoo.inside import hooks
from hub_runner.odoo.inside.events import VERSION, EventFile, shortened
from hub_runner.odoo.inside.recorder import Recorder

HOOK_FAILED = 97


def main() -> None:
    use_python_of_odoo()
    events, odoo_arguments = EventFile(sys.argv[1]), sys.argv[2:]
    os.environ["TZ"] = "UTC"  # as Odoo's own start script does it
    time.tzset()
    try:
        start, series = _prepare(events, odoo_arguments)
    except BaseException:
        _give_up(events)
        raise
    # Odoo makes objects by the million and few cycles of them: looking for those took a twelfth of a run, and 0.2 s more
    # at its very end, when all else that is to be done at exit has been done.
    atexit.register(gc.freeze)
    gc.freeze()
    gc.set_threshold(50_000)
    let_servers_end_at_once()
    events.seal(_said())
    sys.argv = ["odoo", *fitted(odoo_arguments, series, os.environ, free_port())]
    start()


def let_servers_end_at_once() -> None:
    """Odoo waits for the end of its HTTP server, which looks only twice a second whether it is to end."""
    forever = socketserver.BaseServer.serve_forever

    def serve_forever(self: socketserver.BaseServer, poll_interval: float = 0.5) -> None:
        forever(self, min(poll_interval, 0.05))

    socketserver.BaseServer.serve_forever = serve_forever  # type: ignore[method-assign]


def _said() -> bytes:
    """All of standard input: the secret that seals the record. Nobody can read it there again."""
    return b"".join(iter(lambda: os.read(0, 4096), b""))


def use_python_of_odoo() -> None:
    """The ``odoo`` command may belong to a virtual environment of its own."""
    with Path(shutil.which("odoo") or os.devnull).open("rb") as script:
        words = script.readline(500).decode("utf-8", "replace").lstrip("#!").split()
    python = shutil.which(words[-1]) if words and "python" in words[-1] else None
    if python and python != sys.executable and os.environ.get("HUB_RUNNER_PYTHON") != python:
        os.environ["HUB_RUNNER_PYTHON"] = python
        os.execv(python, [python, *sys.argv])  # noqa: S606 - no shell is wanted here


def _prepare(events: EventFile, odoo_arguments: list[str]) -> tuple[Callable[[], None], tuple[int, int]]:
    cli: Any
    release: Any
    server: Any
    cli, release, server = (import_module("odoo." + name) for name in ("cli", "release", "service.server"))
    recorder = Recorder(events, targets(odoo_arguments))
    events.write("start", recorder=VERSION, odoo=release.version, python=platform.python_version(), pid=os.getpid(),
                 modules=recorder.targets)  # fmt: skip
    original = server.start

    def start(*args: Any, **kwargs: Any) -> Any:
        """Odoo calls this once its options are read and before it loads anything."""
        try:
            hooks.install(recorder)
        except BaseException:  # noqa: BLE001 - whatever it was, nothing that follows could be believed
            _give_up(events)
        events.write("hooked")
        try:
            code = original(*args, **kwargs)
        except BaseException as error:
            events.write("raised", error=repr(error), traceback=shortened(traceback.format_exc()))
            raise
        events.write("end", code=code, blind=recorder.blind())
        return code

    server.start = start
    return cli.main, tuple(release.version_info[:2])


def _give_up(events: EventFile) -> None:
    events.write("hook_failed", traceback=shortened(traceback.format_exc()))
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(HOOK_FAILED)


# option, variable of the image, PostgreSQL's own variable, the official entrypoint's default
DATABASE = (
    ("db_host", "HOST", "PGHOST", "db"),
    ("db_port", "PORT", "PGPORT", "5432"),
    ("db_user", "USER", "PGUSER", "odoo"),
    ("db_password", "PASSWORD", "PGPASSWORD", "odoo"),
)


def fitted(arguments: Sequence[str], series: tuple[int, int], environ: Mapping[str, str], port: int) -> list[str]:
    """What stands last wins in Odoo: the user's own arguments come after ours."""
    first = [*database(environ, configured(environ.get("ODOO_RC", "/etc/odoo/odoo.conf")), series)]
    return [*first, f"--http-port={port}", *demo(arguments, series)]


def database(environ: Mapping[str, str], known: set[str], series: tuple[int, int]) -> list[str]:
    """As the official entrypoint does it: odoo.conf wins, and from 19.0 on PostgreSQL's variables do too."""
    arguments = []
    for option, variable, postgres, default in DATABASE:
        if option in known or (environ.get(postgres) and (series >= (19, 0) or not environ.get(variable))):
            continue
        arguments.append(f"--{option}={environ.get(variable) or default}")
    return arguments


def configured(path: str) -> set[str]:
    """The options that Odoo's configuration file sets; none where it cannot be read, as for the entrypoint."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path)
        return {key for key, value in parser.items("options") if value not in ("", "False")}
    except (configparser.Error, OSError, UnicodeDecodeError):
        return set()


def demo(arguments: Sequence[str], series: tuple[int, int]) -> list[str]:
    """Up to 18.0 demo data is on unless it is switched off, from 19.0 on it is the other way round."""
    words = {"--with-demo": "--without-demo="} if series < (19, 0) else {"--without-demo=all": "--without-demo=1"}
    return [words.get(argument, argument) for argument in arguments]


def targets(arguments: Sequence[str]) -> tuple[str, ...]:
    """The modules that ``-i`` names."""
    names = [arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word == "-i"]
    return tuple(names[-1].split(",")) if names else ()


def free_port() -> int:
    """A port that the system chooses. Odoo 16.0 and 17.0 do not tell HttpCase which one they got for port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
