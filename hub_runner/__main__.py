"""The only place that ends the process. ``python -m hub_runner --help`` shows what it can do."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback

from hub_runner import needed, signals
from hub_runner.errors import DEFECT, HubRunnerError


def main() -> None:
    """Expected errors are one clear paragraph, a defect is a traceback; the exit codes stand in ``errors``."""
    try:
        with needed.packages():
            from hub_runner import cli

            code = cli.main(sys.argv[1:])
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
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, full, or not there at all
            stream.flush()
    os._exit(code)  # all is done: the interpreter's own end would take longer than what the runner itself does


def _say(text: str) -> None:
    """Where nobody can read it any more, the exit code says it alone."""
    if sys.stderr is not None:  # print would turn to stdout, where JSON stands alone
        with contextlib.suppress(OSError, ValueError):
            print(text, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
