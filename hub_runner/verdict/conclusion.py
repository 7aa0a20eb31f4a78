"""The verdict on a run in which no test could be judged, and what cleanup, signals and guard add to any verdict."""

from __future__ import annotations

import traceback
from dataclasses import replace

from hub_runner.cleanup.teardown import Cleanup
from hub_runner.engine.client import Failures, complaint
from hub_runner.errors import CleanupIncomplete, EnvironmentFailure, HubRunnerError, Interrupted, told_apart
from hub_runner.exit_codes import Kind
from hub_runner.plan import Plan
from hub_runner.result import Problem, Verdict

GUARD_KILLED = "The guard was killed during the run, so one of the nets under the cleanup was missing."


def failed(error: Exception) -> Verdict:
    """The verdict if no test could be judged. A defect of our own becomes one too: it must not hide the cleanup."""
    if isinstance(error, Failures):
        error = EnvironmentFailure(complaint(error))
    elif isinstance(error, OSError):  # none of them says anything about the engine
        error = told_apart(error) or error
    if isinstance(error, HubRunnerError):
        return Verdict(problems=(_problem(error),))
    story = "".join(traceback.format_exception(error))
    message = f"This is a defect of hub-runner itself, please report it:\n{story}"
    return Verdict(problems=(Problem.of(Kind.DEFECT, message),))


def cannot_install(plan: Plan) -> Verdict:
    """The verdict on a module whose files alone show that Odoo cannot install it: each mistake is a problem of its own."""
    root = plan.settings.root
    return Verdict(
        problems=tuple(
            Problem.of(Kind.CANNOT_INSTALL, f"{mistake.message}.", file=mistake.path(root), line=mistake.line)
            for mistake in plan.mistakes
        ),
        notes=tuple(finding.shown(root) for finding in plan.noticed),
    )


def concluded(seen: Verdict, cleanup: Cleanup, signals: list[int], *, guarded: bool) -> Verdict:
    """The verdict with what cleanup, signals and guard add. A leftover comes first: no other failure excuses it."""
    problems = list(seen.problems)
    if cleanup.left:
        problems.insert(0, _problem(CleanupIncomplete(cleanup.advice())))
    elif cleanup.engine_away:
        problems.append(_problem(EnvironmentFailure(f"The cleanup is {cleanup}. The guard goes on with it.")))
    if signals and not any(problem.kind == Interrupted.kind for problem in problems):
        problems.append(_problem(Interrupted(signals[0])))
    return replace(seen, problems=tuple(problems), notes=seen.notes if guarded else (*seen.notes, GUARD_KILLED))


def _problem(error: HubRunnerError) -> Problem:
    return Problem(kind=error.kind, message=str(error), return_code=error.return_code)
