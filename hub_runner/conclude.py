"""The last word on a run: what the tests found, and what the cleanup, the signals and the nets have to add."""

from __future__ import annotations

import traceback
from dataclasses import replace

from hub_runner.engine import Failures, complaint
from hub_runner.errors import DEFECT, CleanupIncomplete, EnvironmentFailure, HubRunnerError, Interrupted
from hub_runner.result import Problem, Verdict
from hub_runner.teardown import Cleanup

TORN = "The guard was killed during the run: one of the nets was torn."


def against(error: Exception) -> Verdict:
    """The verdict where no test could be judged. A defect of our own is one too: it must not hide the cleanup."""
    if isinstance(error, Failures):
        error = EnvironmentFailure(complaint(error))
    if isinstance(error, HubRunnerError):
        return Verdict(problems=(_problem(error),))
    story = "".join(traceback.format_exception(error))
    words = f"This is a defect of hub-runner itself, please report it:\n{story}"
    return Verdict(problems=(Problem(kind="defect", message=words, return_code=DEFECT),))


def conclude(found: Verdict, cleanup: Cleanup, signals: list[int], *, guarded: bool) -> Verdict:
    """What is left in the engine comes first: it is the one promise that no other failure excuses."""
    problems = list(found.problems)
    if cleanup.left:
        problems.insert(0, _problem(CleanupIncomplete(cleanup.advice())))
    elif cleanup.engine_away:
        problems.append(_problem(EnvironmentFailure(f"The cleanup is {cleanup}. The guard goes on with it.")))
    if signals and not any(it.kind == Interrupted.kind for it in problems):
        problems.append(_problem(Interrupted(signals[0])))
    return replace(found, problems=tuple(problems), notes=found.notes if guarded else (*found.notes, TORN))


def _problem(error: HubRunnerError) -> Problem:
    return Problem(kind=error.kind, message=str(error), return_code=error.return_code)
