"""Work of a command that is no run, under the nets that hold a run: the lock of its owner, a guard, a verified teardown."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hub_runner.cleanup.guard import Guard
from hub_runner.cleanup.owner import Owner, claim
from hub_runner.cleanup.teardown import Cleanup, teardown
from hub_runner.engine.client import Engine, connect, explained
from hub_runner.errors import CleanupIncomplete
from hub_runner.host.signals import Signals


def guarded(
    name: str,
    prefix: str,
    log: Path,
    arrived: Signals,
    work: Callable[[Owner, Engine], int],
    note: Callable[[str], None],
) -> int:
    """Does ``work``, and removes all that it made; its exit code. ``name`` stands in the run id, ``log`` is for the guard.

    A cleanup that could not be verified is told by ``note``. Raises HubRunnerError. A leftover comes first: no other
    failure excuses it.
    """
    me, lock = claim(name, prefix)
    guard, cleanup, settled = Guard(me.run, log, lock), Cleanup(me.run, idle=True), False
    try:
        with contextlib.suppress(OSError):  # without the folder the guard has nowhere to say anything, and cleans up
            log.parent.mkdir(parents=True, exist_ok=True)
        guard.start()
        with explained():
            engine = connect()
            cleanup = Cleanup(me.run)
            code = arrived.interruptible(partial(work, me, engine))
        settled = not arrived.received  # nothing was broken off, so nothing is in the making
        return code
    finally:  # from here on signals are only counted: nothing breaks off a teardown
        if not cleanup.idle:
            cleanup = teardown(me.run, settled=settled)
        guard.end(engine_away=bool(cleanup.engine_away))
        if cleanup.engine_away:
            note(f"{cleanup}")
        if cleanup.left:
            raise CleanupIncomplete(cleanup.advice())
