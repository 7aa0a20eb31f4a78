"""An environment that a command owns: it is there while the command does its work, and gone when the command ends.

The same nets hold it that hold a run's: the command's own teardown, the guard, the sweep. A process in it may have the
command's own terminal.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hub_runner.cleanup.guarded import guarded
from hub_runner.cleanup.owner import Owner
from hub_runner.cleanup.sweep import sweep
from hub_runner.engine import compose
from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.engine.provision import provision
from hub_runner.engine.published_port import CONTAINER_PORT
from hub_runner.errors import EnvironmentFailure
from hub_runner.host import ports, process
from hub_runner.host.signals import held
from hub_runner.observers import Observer, Observers
from hub_runner.odoo import command
from hub_runner.plan import Plan
from hub_runner.requirements.provide import equipped
from hub_runner.settings import GUARDS_LOG, OWN_FOLDER, Settings, option
from hub_runner.text import harmless, say
from hub_runner.warm.start import Start, warm_start

# Settings that ask a run for more than the tests of a module that has just been installed.
ONLY_OF_A_RUN = ("upgrade_from", "uninstall", "lifecycle", "coverage", "coverage_fail_under", "coverage_diff", "keep")
INSIDE = Path(__file__).parent / "inside"
Work = Callable[[Start, int | None], int]  # the environment has been started; the second is the published port


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What work asks of its environment.

    ``port`` is that of the odoo container that is published: Odoo's own on one of the setting ``ports``, any other one on a
    free port of the host's loopback. With ``prepared`` it begins from a prepared database or not at all.
    """

    port: int | None = None
    prepared: bool = False


class Notes(Observer):
    """Writes notes to standard error, so that standard output belongs to the work."""

    def note(self, text: str) -> None:
        say(harmless(text))


def without_stages_of_a_run(settings: Settings) -> Settings:
    """The settings without what only a run does with a module. What is left out is said on standard error, by its name."""
    changes: dict[str, object] = {name: getattr(Settings, name) for name in ONLY_OF_A_RUN}
    changes["demo"] = "on" if settings.demo == "both" else settings.demo
    left_out = [option(name) for name, value in changes.items() if getattr(settings, name) != value]
    if left_out:
        Notes().note(f"Left out, because only a run does it: {', '.join(left_out)}.")
    return replace(settings, **changes)  # type: ignore[arg-type]  # each value is that of the field's own default


def in_environment(plan: Plan, work: Work, *, needs: Needs = Needs(), observers: Observers | None = None) -> int:
    """Does ``work`` in an environment that has just been started, and throws that away; the exit code of ``work``.

    Raises HubRunnerError, CleanupIncomplete before any other.
    """
    observers = observers or Observers([Notes()])
    for note in plan.notes:
        observers.note(note)
    log = plan.settings.output_folder / OWN_FOLDER / GUARDS_LOG
    with held() as arrived:
        return guarded(
            plan.module.name,
            plan.settings.prefix,
            log,
            arrived,
            lambda me, engine: _started(plan, me, engine, observers, needs, work),
            observers.note,
        )


def _started(plan: Plan, me: Owner, engine: Engine, observers: Observers, needs: Needs, work: Work) -> int:
    settings = plan.settings
    sweep(engine, settings.prefix, observers.note)
    provided = provision(
        plan.model,
        settings,
        engine,
        run_id=me.run,
        labels=me.labels,
        environ=plan.environ,
        observers=observers,
    )
    if provided.stand_in:
        observers.note(f"!! {provided.stand_in}")
    ports_in_use, wait = engine.published_ports, settings.wait_for_port
    leases = ports.leases(settings.port_range, run=me.run, published=ports_in_use, wait=wait)
    with (
        equipped(provided.environment, plan.wanted, settings, labels=me.labels) as (equipment, _),
        warm_start(plan, equipment) as start,
        contextlib.closing(leases),
    ):
        if needs.prepared and start.database is None:
            raise EnvironmentFailure("A prepared database is needed, and there can be none here: the note above says why.")
        if start.database:
            observers.note(f"warm start: {start.database}")
        if needs.port in (None, CONTAINER_PORT):
            port = start.environment.start(leases if needs.port else None)
        else:
            port = start.environment.start_with(needs.port)
        start.lay_out_files()
        start.environment.copy_in(plan.archive)
        return work(start, port)


def program(main: bytes) -> bytes:
    """A Python archive that runs ``main`` in the odoo container, with what this room has for there."""
    files = {f"hub_runner/loop/inside/{path.name}": path.read_bytes() for path in INSIDE.glob("*.py")}
    return command.packed(main, {"hub_runner/loop/__init__.py": b"", **files})


def in_foreground(environment: Environment, command_line: tuple[str, ...]) -> int:
    """The exit code of the process. What is typed is for it, unlike with all other clients; so is Ctrl-C.

    Raises EnvironmentFailure if a signal ended docker's client.
    """
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    line = compose.exec_command(environment.odoo()["Id"], command_line, tty=is_terminal)
    with _terminal_kept(), subprocess.Popen(line, env=dict(environment.environ)) as client:
        try:
            return compose.ended(client)
        finally:
            process.kill(client)


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """A client that is killed leaves the terminal as it had set it: deaf to Enter and without an echo."""
    try:
        before = termios.tcgetattr(sys.stdin)
    except (termios.error, ValueError, OSError):  # no terminal
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal has closed meanwhile
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
