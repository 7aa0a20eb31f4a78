"""``run MODULE --debug``: the chosen tests with a debugger, in an environment that is thrown away afterwards.

What comes of it is no proof: the files of a run (the log, ``result.json``) are never touched.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial
from signal import SIGINT

from packaging.requirements import Requirement

from hub_runner import verdict
from hub_runner.engine.model import DATABASE, WORK
from hub_runner.errors import Interrupted, UsageError
from hub_runner.exit_codes import Kind, signal_exit_code
from hub_runner.fleet import known_failures
from hub_runner.host.ports import HOST
from hub_runner.loop.environment import Needs, in_environment, in_foreground, program
from hub_runner.loop.screen import Quick
from hub_runner.odoo import command, trial
from hub_runner.odoo.command import Execution
from hub_runner.odoo.inside.choice import CHOICE
from hub_runner.plan import Plan
from hub_runner.requirements.wanted import Package
from hub_runner.result import Problem, Verdict
from hub_runner.settings import option
from hub_runner.warm.start import Start

PROGRAM = b"from hub_runner.loop.inside.debugged import main\nmain()\n"
# Odoo's log would hide the prompt: the tests are named, and what goes wrong. No request is ended while somebody looks at it.
QUIET = ("--log-level=warn", "--limit-time-real=0", "--limit-time-cpu=0")
# Flags that ask a run for more than one try of its tests, or for what a debugger's terminal has no room for.
NOT_DEBUGGED = (
    *("repeat", "until_fail", "jobs", "json", "quiet", "keep", "upgrade_from", "uninstall", "lifecycle"),
    *("coverage", "coverage_fail_under", "coverage_diff", "max_failed"),
)


DEBUGPY = Package(requirement=Requirement("debugpy"), source="the flag --debug=debugpy", imported="debugpy")
PORT = 5678  # of debugpy, in the container


class Debugger(StrEnum):
    PDB = "pdb"  # on this command's own terminal
    DEBUGPY = "debugpy"  # waits for an IDE


def refuse_flags(given: Mapping[str, object]) -> None:
    """Raises UsageError if ``--debug`` does not go with one of the flags that are ``given``, by their names."""
    asked = [name for name in NOT_DEBUGGED if given[name] not in (None, False, "")]
    if senseless := [option(name) for name in asked if (name, given[name]) != ("jobs", 1)]:
        raise UsageError(f"--debug runs tests once, and only that: it goes without --{' and --'.join(senseless)}.")


def debug(plan: Plan, debugger: Debugger = Debugger.PDB) -> int:
    """Runs the plan's tests with a debugger; the exit code of the verdict. Raises HubRunnerError."""
    if debugger is Debugger.PDB:
        plan = replace(plan, choice=replace(plan.choice, max_fail=plan.choice.max_fail or 1))
        return in_environment(plan, partial(_debugged, plan))
    if not plan.settings.internet:
        raise UsageError(
            "--debug=debugpy publishes a port for the IDE, and internet = false lets none but Odoo's be published."
        )
    plan = replace(plan, wanted=replace(plan.wanted, python=(*plan.wanted.python, DEBUGPY)))
    return in_environment(plan, partial(_debugged, plan), needs=Needs(port=PORT))


def _debugged(plan: Plan, start: Start, port: int | None) -> int:
    """``port`` is that of the host on which debugpy waits, if it is debugpy."""
    begin, work, secret = time.monotonic(), f"{WORK}/debug", secrets.token_hex()
    environment, record = start.environment, f"{work}/record"
    environment.copy_in(trial.packed(work, "debugged.pyz", program(PROGRAM)))
    environment.copy_in(trial.packed(work, CHOICE, json.dumps(plan.choice.document()).encode()))
    arguments = command.odoo_arguments(plan.module, plan.settings, database=DATABASE, along=plan.along, choice=plan.choice)
    for line in _hints(plan, port):
        environment.observers.note(line)
    code = in_foreground(
        environment,
        (
            "python3",
            f"{work}/debugged.pyz",
            str(PORT) if port else "pdb",
            secret,
            record,
            "prepared" if start.database else "fresh",
            *arguments,
            *QUIET,
            f"--log-handler=odoo.addons.{plan.module.name}:INFO",
        ),
    )
    content = environment.read_file(record, at_most=trial.LONGEST_RECORD)
    execution = Execution(exit_code=code, record=content or b"", secret=secret.encode(), oversized=content is None)
    found = verdict.judge(plan, execution)
    if is_end_by_user(code, found):
        raise Interrupted(SIGINT)
    known_failures.learn(plan, found, forgets=False)  # somebody may have stepped around a failure
    shown = Quick(module=plan.module.name, verdict=found, what="debugged", seconds=time.monotonic() - begin)
    environment.observers.note(shown.headline)
    for problem in found.shown_problems:
        environment.observers.note(told(problem))
    return found.return_code


def is_end_by_user(code: int, found: Verdict) -> bool:
    """Whether Ctrl-C ended the process before Odoo began, as while debugpy waits for an IDE."""
    return code == signal_exit_code(SIGINT) and Kind.NOT_STARTED in {problem.kind for problem in found.problems}


def told(problem: Problem) -> str:
    """A problem in one line. Odoo leaves at the second Ctrl-C, and says nothing of it to the one who looks for a cause."""
    more = " Ctrl-C, twice, in the debugger ends it so, too." if problem.kind == Kind.LEFT_EARLY else ""
    return f"{problem.kind}: {problem.message}{more}"


def _hints(plan: Plan, port: int | None) -> Iterator[str]:
    name = plan.module.name
    if not port:
        yield f"Debugging {name}: pdb opens at breakpoint() and at the first failure. Nothing stays when it ends."
        return
    yield f"Debugging {name}: debugpy waits on {HOST}:{port} for an IDE, for example VS Code with this in launch.json:"
    mappings = [
        {"localRoot": str(module.folder), "remoteRoot": f"{plan.target.rstrip('/')}/{module.name}"}
        for module in plan.closure.local
    ]
    connection = {"host": HOST, "port": port}
    attach = {"name": f"hub-runner {name}", "type": "debugpy", "request": "attach", "connect": connection}
    yield json.dumps({**attach, "pathMappings": mappings, "justMyCode": False})
