"""An environment that lasts as long as the command that started it, held by the same nets as that of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

from hub_runner.cleanup import owner
from hub_runner.cleanup.guard import Guard
from hub_runner.cleanup.sweep import forget_locks, orphans, sweep
from hub_runner.cleanup.teardown import teardown
from hub_runner.engine.client import connect
from hub_runner.engine.environment import Environment
from hub_runner.engine.provision import provision
from hub_runner.errors import CleanupIncomplete, EnvironmentFailure
from hub_runner.host import ports
from hub_runner.host.signals import Signals
from hub_runner.plan import Plan
from hub_runner.requirements.provide import equipped
from hub_runner.result import Observers
from hub_runner.warm.start import warm_start

Answer = TypeVar("Answer")


def in_lasting_environment(
    plan: Plan, observers: Observers, arrived: Signals, work: Callable[[Environment, int], Answer]
) -> Answer:
    """Does ``work`` with a started environment, which has a prepared database, and its port; then removes the environment.

    Raises what ``work`` raises, EnvironmentFailure, NoFreePort, Interrupted, or CleanupIncomplete if something is left.
    """
    settings = plan.settings
    me, lock = owner.claim(plan.module.name, settings.prefix)
    folder = settings.run_folder(me.run)
    folder.mkdir(parents=True, exist_ok=True)
    guard = Guard(me.run, folder / "guard.log", lock)
    try:
        guard.start()  # before signals may raise: a guard whose start is interrupted would take its owner for dead
        return arrived.interruptible(lambda: _with_environment(plan, me, observers, work))
    finally:
        cleanup = teardown(me.run)
        if cleanup.engine_away:
            guard.hand_over()
            lock.leave()
        else:
            guard.dismiss()
            lock.release(remove=True)
        if cleanup.left:
            raise CleanupIncomplete(cleanup.advice())


def _with_environment(
    plan: Plan, me: owner.Owner, observers: Observers, work: Callable[[Environment, int], Answer]
) -> Answer:
    settings = plan.settings
    engine = connect()
    for cleanup in sweep(orphans(engine, settings.prefix)):
        observers.note(f"Removed what a dead run had left: {cleanup}")
    forget_locks(settings.prefix)
    provided = provision(
        plan.model, settings, engine, run_id=me.run, labels=me.labels, environ=plan.environ, observers=observers
    )
    leases = ports.leases(settings.port_range, run=me.run, published=engine.published_ports, wait=settings.wait_for_port)
    with (
        equipped(provided.environment, plan.wanted, settings, labels=me.labels) as (equipped_environment, _),
        warm_start(plan, equipped_environment) as start,
        contextlib.closing(leases),
    ):
        if start.database is None:
            raise EnvironmentFailure("A prepared database is needed, and there can be none here: the note above says why.")
        observers.note(f"warm start: {start.database}")
        port = start.environment.start(leases)
        start.lay_out_files()
        return work(start.environment, port)
