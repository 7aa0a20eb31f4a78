"""Waits inside Odoo's container with Odoo's own modules imported, and forks a test process for each request.

``python3 forkserver.pyz TOKEN ODOO_ARGUMENT...``: the arguments lead to the database whose modules are imported. Nothing
asks PostgreSQL before the first line of standard input, which is ``load``: by then it must answer. Then each line is one
request, a JSON object::

    {"number": 1, "template": DATABASE, "database": NAME, "arguments": [ODOO_ARGUMENT, ...], "modules": [MODULE, ...],
     "record": PATH, "secret": TEXT, "keep": false, "browser": false, "choice": CHOICE,
     "spare": false}
    {"stop": 1}          ends the request with this number
    {"drop": DATABASE}   removes a database that was kept
    {"copy": [TEMPLATE, DATABASE]}   makes a database for people to look at

``arguments`` without ``-i`` suit a template that holds the modules already: Odoo then installs nothing, and runs the tests
of all positions. CHOICE says which of them (see ``choice``). ``keep`` lets the database stay for later requests, if Odoo
ended well. ``spare`` has one more copy of the template made while the tests run, for the next request; with ``keep``, one of
the database that stays, at its end. ``browser`` says whether a browser comes: for it Odoo makes all web assets before the
tests. The end of each request is answered by one line on standard output that begins with TOKEN:
``TOKEN {"number": 1, "code": 0}``; ``TOKEN {"ready": true}`` is the first. What Odoo and its tests print goes to standard
error.

A fork shares the memory of this process, so a request pays neither for imports nor for what they cost in memory. Nothing may
be shared that does not survive a fork: there is one thread, and each connection to PostgreSQL is closed before the fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import traceback
from importlib import import_module
from typing import NoReturn, TextIO

from hub_runner.odoo.inside import boot, databases, launcher
from hub_runner.odoo.inside.choice import Choice
from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.odoo.inside.types_of_odoo import Json, OdooObject

LOOK = 0.02  # seconds between two looks at a child that runs


def main() -> None:
    boot.use_python_of_odoo()
    token, arguments = sys.argv[1], sys.argv[2:]
    boot.use_utc()
    boot.log_without_colours()
    sys.dont_write_bytecode = True  # two edits of one second and one size would be taken for the same
    gc.set_threshold(50_000)  # as in a run: Odoo makes objects by the million and few cycles of them
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    import_odoo()
    if _line() != b"load\n":
        return
    load(arguments)
    answers.write(token + ' {"ready": true}\n')
    Server(token, answers).serve()


def import_odoo() -> None:
    boot.let_tests_be_imported()
    for name in ("cli", "service.server", "tests.loader", "tests.common"):
        import_module("odoo." + name)


def load(arguments: list[str]) -> None:
    """Imports all modules of the database that ``arguments`` name, and closes each connection to it."""
    config = import_module("odoo.tools").config
    config.parse_config(boot.fit(arguments))
    import_module("odoo.service.server").load_server_wide_modules()
    registry = import_module("odoo.modules.registry").Registry
    registry.new(_database(config))
    registry.delete_all()
    import_module("odoo.sql_db").close_all()
    gc.freeze()


def _database(config: OdooObject) -> str:
    """19.0 has a list of names here, the series before it a text."""
    name = config["db_name"]
    return str(name if isinstance(name, str) else name[0])


def _line() -> bytes:
    """The first line of standard input, and no byte more."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return line


class Server:
    """Answers requests, one at a time, until standard input ends."""

    def __init__(self, token: str, answers: TextIO) -> None:
        self.token, self.answers = token, answers
        self.child: int | None = None
        self.spare = databases.Spare()
        self.request: Json = {}
        self._rest = b""

    def serve(self) -> None:
        """Ends with its input: whoever asked is gone, and nothing of it may go on."""
        while True:
            ready, _, _ = select.select([0], [], [], LOOK if self.child else None)
            if ready:
                data = os.read(0, 65536)
                if not data:
                    break
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    self.handle(json.loads(line))
            self.reap()
        self.kill()
        self.reap(wait=True)

    def handle(self, request: Json) -> None:
        if "stop" in request:
            if self.request.get("number") == request["stop"]:
                self.kill()
        elif "drop" in request:
            self.spare.forget(request["drop"])
            databases.drop(request["drop"])
        elif "copy" in request:
            databases.clone(*request["copy"])
        else:
            self.reap(wait=True)
            self.request = request
            self.start()

    def start(self) -> None:
        template, database = self.request["template"], self.request["database"]
        try:
            self.spare.forget(database)
            if not self.spare.take(template, database):
                databases.clone(template, database)
        except Exception:  # noqa: BLE001 - the asker is told, and this server goes on
            traceback.print_exc()
            self.answer(code=-1)
            return
        sys.stderr.flush()
        self.child = os.fork()
        if self.child == 0:
            self.answers.close()
            run(self.request)
        with contextlib.suppress(PermissionError, ProcessLookupError):  # the child does it, too, and may be ahead
            os.setpgid(self.child, self.child)
        if self.request["spare"] and not self.request["keep"]:
            self.spare.make(template)

    def kill(self) -> None:
        """Ends the child with all that it started."""
        if self.child:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child, signal.SIGKILL)

    def reap(self, wait: bool = False) -> None:
        """Answers for a child that has ended, and then, for nobody waits for that, removes its database."""
        if not self.child:
            return
        pid, status = os.waitpid(self.child, 0 if wait else os.WNOHANG)
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):  # a browser that its tests left behind
            os.killpg(self.child, signal.SIGKILL)
        self.child = None
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        request = self.request
        self.answer(code=code)
        if not request["keep"] or code:
            databases.drop(request["database"])
        elif request["spare"]:
            self.spare.make(request["database"])

    def answer(self, code: int) -> None:
        self.answers.write(self.token + " " + json.dumps({"number": self.request["number"], "code": code}) + "\n")
        self.request = {}


def run(request: Json) -> NoReturn:
    """In the child: Odoo's own start, with the recorder inside. Ends the process with Odoo's exit code."""
    code = 1
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        importlib.invalidate_caches()
        events = EventFile(request["record"])
        arguments = boot.fit(request["arguments"])
        mode, choice = ["prepared" if "-i" in arguments else "fresh"], Choice(request["choice"])
        launcher.prepare(events, tuple(request["modules"]), mode, arguments, choice=choice)
        launcher.let_servers_end_at_once()
        if not request["browser"]:
            make_no_bundles_beforehand()
        events.seal(request["secret"].encode())
        boot.call_odoo(arguments)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 - a process of its own: nobody above could take it
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 255)


def make_no_bundles_beforehand() -> None:
    """Before its first HttpCase, Odoo looks whether all web assets are there: two seconds, if they are.

    Without a browser that must not wait, a page that a test asks for makes those that it needs.
    """
    for value in vars(import_module("odoo.addons.base.models.ir_qweb")).values():
        is_class = issubclass(type(value), type)  # werkzeug's proxies cannot be asked anything
        if is_class and "_pregenerate_assets_bundles" in vars(value):
            value._pregenerate_assets_bundles = lambda self: []
