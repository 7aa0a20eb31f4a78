"""``shell MODULE``: Odoo's shell on a database with the module installed. All of it is thrown away afterwards."""

from __future__ import annotations

from functools import partial

from hub_runner.engine import compose
from hub_runner.engine.compose import Tail
from hub_runner.engine.model import DATABASE, WORK
from hub_runner.errors import NotInstalled, TookTooLong
from hub_runner.exit_codes import ExitCode
from hub_runner.loop.environment import in_environment, in_foreground, program
from hub_runner.odoo import command, trial
from hub_runner.plan import Plan
from hub_runner.warm.start import Start

PROGRAM = b"from hub_runner.loop.inside.installation import main\nmain()\n"


def shell(plan: Plan) -> int:
    """Installs the plan's module and opens Odoo's shell on this command's own standard input and output.

    0, or 1 if the shell itself ended with an error. Raises HubRunnerError.
    """
    return in_environment(plan, partial(_opened, plan))


def _opened(plan: Plan, start: Start, _port: int | None) -> int:
    environment, work = start.environment, f"{WORK}/shell"
    environment.copy_in(trial.packed(work, "shell.pyz", program(PROGRAM)))
    python = ("python3", f"{work}/shell.pyz")
    name, along = plan.module.name, plan.along
    environment.observers.note(f"Installing {', '.join((name, *along))}.")
    installation = command.install_arguments((name, *along), plan.settings, database=DATABASE)
    said = Tail(4096)
    with environment.started((*python, "server", *installation, "--stop-after-init")) as client:
        code = compose.follow(client, plan.settings.test_timeout, said.add)
    if code is None:
        limit = f"{plan.settings.test_timeout:g} s (test-timeout)"
        raise TookTooLong(f"{name} was not installed within {limit}. Odoo said last:\n{said}")
    if code != 0:
        raise NotInstalled(f"{name} could not be installed (Odoo ended with {code}). Odoo said last:\n{said}")
    environment.observers.note("Odoo's shell begins. Nothing that you change stays: all is thrown away at its end.")
    # Odoo's log would hide the prompt.
    shell_arguments = ("shell", "--database", DATABASE, "--log-level=warn", "--logfile=")
    code = in_foreground(environment, (*python, *shell_arguments))
    return ExitCode.TESTS_FAILED if code else ExitCode.PASSED
