"""Starts Odoo with the recorder inside: ``python3 launcher.pyz RECORD MODE ODOO_ARGUMENT...``.

Odoo is imported at once; it asks for no database, and loads and tests nothing, before standard input has ended. What
comes there is a secret that seals the record. MODE is words with ``+`` between them:

- ``fresh`` or ``prepared``: the database holds modules already, which are then loaded in the order of a fresh database;
- ``late=MODULE,...``: those of them that a fresh database gets after all others;
- ``listed``: all modules but the copied ones stand in the database's list already;
- ``contents``: what is in the database, and which migrations ran, is recorded, too;
- ``uninstall=MODULE``: nothing is installed or tested, but that module is uninstalled.

Exits as Odoo does, or with HOOK_FAILED when the recorder could not be set: outcomes are never guessed.
"""

from __future__ import annotations

import atexit
import gc
import os
import platform
import socketserver
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from hub_runner.odoo.inside import boot, hooks, lifecycle
from hub_runner.odoo.inside.arguments import targets
from hub_runner.odoo.inside.choice import Choice
from hub_runner.odoo.inside.load_order import LoadOrder
from hub_runner.odoo.inside.record_file import VERSION, EventFile, shortened
from hub_runner.odoo.inside.recorder import Recorder
from hub_runner.odoo.inside.watchdog import Watchdog

HOOK_FAILED = 97
UNINSTALL, LATE = "uninstall=", "late="


def main() -> None:
    boot.use_python_of_odoo()
    events, mode, odoo_arguments = EventFile(sys.argv[1]), sys.argv[2].split("+"), sys.argv[3:]
    boot.use_utc()
    boot.log_without_colours()
    try:
        module = leaving(mode) or targets(odoo_arguments)
        recorder = prepare(events, module, mode, odoo_arguments, choice=Choice.beside(events.path))
        arguments = boot.fit(odoo_arguments)
    except BaseException:
        _give_up(events)
        raise
    # Odoo makes objects by the million and few cycles of them: looking for those took a twelfth of a run, and 0.2 s more
    # at its very end, when all else that is to be done at exit has been done.
    atexit.register(gc.freeze)
    gc.freeze()
    gc.set_threshold(50_000)
    let_servers_end_at_once()
    events.seal(_standard_input())
    Watchdog(events, recorder, Path(events.path).parent).start()
    boot.call_odoo(arguments)


def let_servers_end_at_once() -> None:
    """Odoo waits for the end of its HTTP server, which looks only twice a second whether it is to end."""
    forever = socketserver.BaseServer.serve_forever

    def serve_forever(self: socketserver.BaseServer, poll_interval: float = 0.5) -> None:
        forever(self, min(poll_interval, 0.05))

    socketserver.BaseServer.serve_forever = serve_forever  # type: ignore[method-assign]


def _standard_input() -> bytes:
    """All of it: the secret that seals the record. Nobody can read it there again."""
    return b"".join(iter(lambda: os.read(0, 4096), b""))


def leaving(mode: Sequence[str]) -> tuple[str, ...]:
    """The module that is to be uninstalled, if one is."""
    return tuple(word[len(UNINSTALL) :] for word in mode if word.startswith(UNINSTALL))


def prepare(
    events: EventFile, modules: tuple[str, ...], mode: Sequence[str], odoo_arguments: Sequence[str], *, choice: Choice
) -> Recorder:
    """Imports Odoo, and has the recorder for ``modules`` set into it once its options are read."""
    release = import_module("odoo.release")
    late = [name for word in mode if word.startswith(LATE) for name in word[len(LATE) :].split(",")]
    order = LoadOrder(events, modules, prepared="prepared" in mode, listed="listed" in mode, late=late)
    recorder = Recorder(events, order, choice=choice)
    events.write("start", recorder=VERSION, odoo=release.version, python=platform.python_version(), pid=os.getpid(),
                 modules=order.targets)  # fmt: skip
    import_module("odoo.cli")

    def recorded(original: Callable[..., object]) -> Callable[..., object]:
        def start(*args: object, **kwargs: object) -> object:
            try:
                hooks.install(recorder)
                if "contents" in mode:
                    lifecycle.watch(recorder)
            except BaseException:  # noqa: BLE001 - whatever it was, nothing that follows could be believed
                _give_up(events)
            events.write("hooked")
            try:
                code = lifecycle.uninstall(recorder, odoo_arguments) if leaving(mode) else original(*args, **kwargs)
                if "contents" in mode and code in (None, 0, 1):  # it is -1 if the modules could not be loaded
                    lifecycle.write_contents(recorder, odoo_arguments)
            except BaseException as error:
                events.write("raised", error=repr(error), traceback=shortened(traceback.format_exc()))
                raise
            recorder.resolve_needs()
            events.write("end", code=code, blind=recorder.blind(), wrong_order=order.wrong())
            return code

        return start

    boot.around_start(recorded)
    return recorder


def _give_up(events: EventFile) -> None:
    events.write("hook_failed", traceback=shortened(traceback.format_exc()))
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(HOOK_FAILED)


if __name__ == "__main__":
    main()
