"""Odoo's test process with a debugger: ``python3 debugged.pyz DEBUGGER SECRET RECORD MODE ODOO_ARGUMENT...``.

DEBUGGER is ``pdb``, on this process's own terminal, or the number of a port on which debugpy waits for an IDE.
``breakpoint()`` opens it. pdb opens at the first failure of each test, too, in the frame of the test that failed.
SECRET seals the record, and is none here: whoever debugs a test may change whatever happens.
"""

from __future__ import annotations

import bdb
import functools
import os
import pdb
import sys
from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import Optional

from hub_runner.odoo.inside import boot, hooks, launcher
from hub_runner.odoo.inside.arguments import targets
from hub_runner.odoo.inside.choice import Choice
from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.odoo.inside.types_of_odoo import ErrorInfo, OdooObject

PATIENT = 86400.0  # seconds: a request waits while somebody looks at what answers it


def main() -> None:
    boot.use_python_of_odoo()
    debugger, secret, record, mode, *odoo_arguments = sys.argv[1:]
    boot.use_utc()
    events = EventFile(record)
    modules, choice = targets(odoo_arguments), Choice.beside(record)
    launcher.prepare(events, modules, mode.split("+"), odoo_arguments, choice=choice)
    arguments = boot.fit(odoo_arguments)
    launcher.let_servers_end_at_once()
    events.seal(secret.encode())
    if debugger != "pdb":
        wait_for_ide(int(debugger))

    def prepared(original: Callable[..., object]) -> Callable[..., object]:
        def start(*args: object, **kwargs: object) -> object:
            be_patient(import_module("odoo.tests.common").HttpCase)
            if debugger == "pdb":
                stop_at_failures(hooks.result_class(), pdb.post_mortem)
            return original(*args, **kwargs)

        return start

    boot.around_start(prepared)
    boot.call_odoo(arguments)


def wait_for_ide(port: int) -> None:
    """Returns when an IDE has attached itself. Raises ModuleNotFoundError if the image lacks debugpy."""
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # it warns of what Python keeps frozen: no test lies there
    debugpy = import_module("debugpy")
    debugpy.listen(("0.0.0.0", port))  # noqa: S104  # of the container: the engine publishes it on the host's loopback only
    os.write(2, b"hub-runner: waiting for the IDE.\n")
    debugpy.wait_for_client()


def be_patient(http_case: OdooObject) -> None:
    """A breakpoint in a controller stops another thread than that of the test, which would give up after 12 seconds."""
    url_open = http_case.url_open

    @functools.wraps(url_open)
    def patient(self: OdooObject, url: str, data: object = None, files: object = None, timeout: float = 0, *args: object,
                **kwargs: object) -> object:  # fmt: skip
        return url_open(self, url, data, files, max(timeout, PATIENT), *args, **kwargs)

    http_case.url_open = patient


def stop_at_failures(result: OdooObject, look: Callable[[Optional[TracebackType]], None]) -> None:  # noqa: UP045
    """Lets somebody ``look`` at the first failure of each test before Odoo's result class is told of it.

    Who leaves the debugger in the middle of a test is not asked again: no other test of the suite begins.
    """
    seen: list[OdooObject] = []

    def looked_at(original: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(original)
        def wrapper(self: OdooObject, test: OdooObject, error: ErrorInfo) -> object:
            whole = getattr(test, "test_case", test)  # of a subtest
            if isinstance(error[1], bdb.BdbQuit):
                self.shouldStop = True
            elif whole not in seen:
                seen.append(whole)
                print(f"\n{error[0].__name__}: {error[1]}\nin {test}")  # noqa: T201  # it goes to the terminal
                look(within_tests(error[2]))
            return original(self, test, error)

        return wrapper

    for name in ("addError", "addFailure"):
        setattr(result, name, looked_at(getattr(result, name)))


def within_tests(traceback: TracebackType | None) -> TracebackType | None:
    """Without its innermost frames in unittest: what asserts is no place to look around."""
    frames = []
    while traceback:
        frames.append(traceback)
        traceback = traceback.tb_next
    while frames and "__unittest" in frames[-1].tb_frame.f_globals:
        frames.pop()
    shown = None
    for frame in reversed(frames):
        shown = TracebackType(shown, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return shown


if __name__ == "__main__":
    main()
