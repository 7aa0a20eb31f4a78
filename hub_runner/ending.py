"""How a process of ours ends: whatever happened, with words that its user understands and the right exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from hub_runner import signals
from hub_runner.errors import DEFECT, HubRunnerError


def end_with(work: Callable[[], int]) -> NoReturn:
    """Does ``work`` and ends the process with the exit code that it returns, or that of what it raises (see ``errors``).

    Expected errors are one clear paragraph, a defect is a traceback.
    """
    try:
        code = work()
    except HubRunnerError as error:
        _say(f"hub-runner: {error}")
        code = error.return_code
    except KeyboardInterrupt:
        code = 130
    except Exception:  # noqa: BLE001  # the last resort: said plainly, with a code of its own
        _say(f"{traceback.format_exc()}hub-runner: this is a defect of hub-runner itself, please report it.")
        code = DEFECT
    for number in signals.HANDLED:  # one more at the very end must not change the exit code
        signal.signal(number, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed or full
            stream.flush()
    os._exit(code)  # all is done: the interpreter's own end would take longer than what the runner itself does


def _say(text: str) -> None:
    """Where nobody can read it any more, the exit code says it alone."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr)  # noqa: T201
