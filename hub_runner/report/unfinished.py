"""What ``result.json`` says of a run until it has come to its end, and for ever where it was killed."""

from __future__ import annotations

import signal

from hub_runner.report.place import LOG
from hub_runner.report.words import UNFINISHED
from hub_runner.result import Problem, Result, RunInfo, Verdict

RETURN_CODE = 128 + signal.SIGKILL


def unfinished(info: RunInfo) -> Result:
    """Never green. ``finished`` is the moment when the run began: nobody knows more."""
    message = f"The run has not come to its end: it still goes on, or it was killed. {LOG} holds what happened until now."
    problem = Problem(kind=UNFINISHED, message=message, return_code=RETURN_CODE)
    cleanup = "not verified by the run itself: where it was killed, the last words of the log are its guard's"
    return Result(info=info, verdict=Verdict(problems=(problem,)), finished=info.started, phases={}, cleanup=cleanup)
