"""``uat``: an environment for people that lasts, one for each engine and repository setting (the owner's SYSTEM-004).

It is the one thing that is meant to stay. Its labels are not those of a run, so no run, no sweep and no ``clean`` touches
it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from hub_runner.checkout import snapshot
from hub_runner.checkout.modules import catalogue
from hub_runner.cleanup.guard import Guard
from hub_runner.cleanup.owner import FORMAT, FORMAT_LABEL, lock_path
from hub_runner.cleanup.teardown import teardown
from hub_runner.cleanup.uat_resources import CHECKOUT_LABEL, LABEL, Uat, look, name_of
from hub_runner.engine import composefile
from hub_runner.engine.client import Engine, Failures, connect, explained
from hub_runner.engine.model import ODOO
from hub_runner.engine.provision import provision
from hub_runner.engine.resources import SERVICE
from hub_runner.errors import CleanupIncomplete, EnvironmentFailure, HubRunnerError, Interrupted, UsageError
from hub_runner.host import ports
from hub_runner.host.lock import Lock
from hub_runner.host.ports import HOST
from hub_runner.host.signals import held
from hub_runner.loop.environment import Notes
from hub_runner.loop.master_password import Secret
from hub_runner.loop.uat_environment import Lasting, is_ready, lasting
from hub_runner.loop.uat_modules import install_or_update
from hub_runner.observers import Observers
from hub_runner.plan import Plan, plans
from hub_runner.requirements.provide import equipped
from hub_runner.settings import GUARDS_LOG, OWN_FOLDER, Settings
from hub_runner.text import say

TIME_TO_STOP = 60  # seconds that Odoo and PostgreSQL have to end by themselves


def start(settings: Settings, modules: Sequence[str], *, update: bool, command_line: tuple[str, ...]) -> None:
    """Starts it; the first time with all modules of the checkout, or with ``modules``, installed. Raises HubRunnerError."""
    with _alone(settings) as (engine, found, lock):
        if found.url and not update and is_ready(engine, found.name):
            say(f"{found}. It runs already, as the modules were then: `uat start --update` takes what has changed since.")
            _show(found.url, Secret.of(settings, engine))
            return
        planned = plans(modules or _all_modules(settings), settings, command=command_line)
        beside = _beside(planned, settings) if modules and found.has_data else []
        secret = Secret.of(settings, engine, made=not found.has_data)
        guard = _guard(settings, found, lock, keep_volumes=found.has_data)
        done = False
        with held() as arrived:
            try:
                guard.start()
                work = partial(_started, planned, beside, engine, secret, found.name, everything=not modules, update=update)
                port = arrived.interruptible(work)
                done = True
            finally:  # from here on signals are only counted
                if not done:  # a first start that failed leaves nothing, a later one what was there before
                    _end_after_failure(engine, found)
                guard.dismiss()
            if arrived.received:
                raise Interrupted(arrived.received[0])
        _show(f"http://{HOST}:{port}", secret)


def _end_after_failure(engine: Engine, found: Uat) -> None:
    """What cannot be removed is said, and does not hide why the start failed."""
    try:
        _end(engine, found.name, keep_volumes=found.has_data)
    except (HubRunnerError, *Failures) as error:
        say(str(error))


def stop(settings: Settings) -> None:
    """Ends it and keeps its data. Raises HubRunnerError."""
    with _alone(settings) as (engine, found, lock):
        _end_to_the_last(settings, engine, found, lock, keep_volumes=True)
        say(f"{look(settings, engine)}.")


def reset(settings: Settings, *, sure: bool) -> None:
    """Removes it with its data, after asking. Raises HubRunnerError."""
    with _alone(settings) as (engine, found, lock):
        if not found.resources:
            say(f"{found}.")
            return
        if not sure and not _agreed(f"{found}. Remove it with all its data? Type yes: "):
            raise UsageError("Nothing was removed. Without a terminal, `uat reset --yes` removes it unasked.")
        _end_to_the_last(settings, engine, found, lock, keep_volumes=False)
        with contextlib.suppress(EnvironmentFailure):  # it is gone already
            Secret.of(settings, engine).forget()
        say(f"{found.name} is removed, with its data.")


def _end_to_the_last(settings: Settings, engine: Engine, found: Uat, lock: Lock, *, keep_volumes: bool) -> None:
    """Ends it; the guard goes on if this command is killed meanwhile, so that no part of the data is left without the rest.

    Raises CleanupIncomplete or EnvironmentFailure.
    """
    guard = _guard(settings, found, lock, keep_volumes=keep_volumes)
    with held():  # signals are only counted: it is soon done
        try:
            guard.start()
            _end(engine, found.name, keep_volumes=keep_volumes)
        finally:
            guard.dismiss()


def _guard(settings: Settings, found: Uat, lock: Lock, *, keep_volumes: bool) -> Guard:
    return Guard(found.name, settings.output_folder / OWN_FOLDER / GUARDS_LOG, lock, keep_volumes=keep_volumes)


def status(settings: Settings) -> None:
    """Prints what there is. Raises EnvironmentFailure."""
    with explained():
        say(f"{look(settings, connect())}.", sys.stdout)


def url(settings: Settings) -> None:
    """Prints the URL. Raises EnvironmentFailure if it does not run."""
    with explained():
        found = look(settings, connect())
    if not found.url:
        raise EnvironmentFailure(f"{found}.")
    say(found.url, sys.stdout)


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[tuple[Engine, Uat, Lock]]:
    """For one command at a time, and for the checkout whose environment it is."""
    name = name_of(settings)
    with explained():
        engine = connect()
        if not (lock := Lock.try_acquire(lock_path(name), holder=f"a `uat` command for {name}")):
            raise EnvironmentFailure(f"Another `uat` command for {name} is at work: wait for its end.")
        try:
            found = look(settings, engine)
            elsewhere = found.checkout not in ("", str(settings.root))
            if elsewhere and Path(found.checkout).is_dir():
                raise UsageError(
                    f"{name} belongs to the checkout {found.checkout}. Use it there; or end it there with `uat reset`; or "
                    "set another `project` here."
                )
            yield engine, found, lock
        finally:
            lock.release(remove=True)


def _all_modules(settings: Settings) -> list[str]:
    """Those that Odoo would install. Raises UsageError if a manifest is broken."""
    modules = catalogue(settings.addons_folders)
    names = [module.name for module in modules.installable()]
    if not names:
        raise UsageError(f"There is no module to install. {modules.listing()}")
    return names


def _beside(planned: list[Plan], settings: Settings) -> list[Plan]:
    """Plans of the checkout's other modules, which may be installed already. What is wrong with one is only said."""
    known = {module for plan in planned for module in plan.files}
    others = [name for name in catalogue(settings.addons_folders).testable() if name not in known]
    return _plannable(others, settings, planned[0].command)


def _plannable(names: list[str], settings: Settings, command: tuple[str, ...]) -> list[Plan]:
    """Plans of those that can be planned. They are planned together, and in halves if something is wrong with one."""
    try:
        return plans(names, settings, command=command) if names else []
    except UsageError as error:
        if len(names) == 1:
            say(f"{names[0]} is left out: {error}")
            return []
    middle = len(names) // 2
    return [plan for half in (names[:middle], names[middle:]) for plan in _plannable(half, settings, command)]


def _started(
    planned: list[Plan],
    beside: list[Plan],
    engine: Engine,
    secret: Secret,
    name: str,
    *,
    everything: bool,
    update: bool,
) -> int:
    """The port, once Odoo is healthy and all ``planned`` modules are installed; those ``beside`` them are only there."""
    settings, observers = planned[0].settings, Observers([Notes()])
    _end(engine, name, keep_volumes=True)  # of an earlier start: containers hold the modules as they were then
    files = {module: content for plan in (*beside, *planned) for module, content in plan.files.items()}
    labels = {LABEL: settings.project, CHECKOUT_LABEL: str(settings.root), FORMAT_LABEL: FORMAT}
    environ = planned[0].environ
    provided = provision(
        planned[0].model, settings, engine, run_id=name, labels=labels, environ=environ, observers=observers, crons=True
    )
    if provided.stand_in:
        observers.note(f"!! {provided.stand_in}")
    image = composefile.odoo_image(provided.environment.model)
    with contextlib.ExitStack() as held_images:
        equipment = provided.environment
        for plan in planned:
            equipment, _ = held_images.enter_context(equipped(equipment, plan.wanted, settings, labels=labels))
        environment = Lasting(
            run_id=name,
            engine=engine,
            model=lasting(equipment.model, engine, labels=labels, addons=planned[0].target),
            password=secret.database_password,
            environ=environ,
            observers=observers,
            patience=equipment.patience,
            archive=snapshot.archive(files, planned[0].target),
            master_password=secret.master_password,
        )
        leases = ports.leases(settings.port_range, run=name, published=engine.published_ports, wait=settings.wait_for_port)
        with contextlib.closing(leases):
            port = environment.start(leases)
            environment.wait_until_healthy(settings.health_timeout)
            wanted = dict.fromkeys(module for plan in planned for module in plan.files)  # what they need comes along
            digests = {module: snapshot.digest(snapshot.sums(content)) for module, content in files.items()}
            install_or_update(environment, settings, wanted, digests, image=image, everything=everything, update=update)
            environment.mark_as_ready()
    return port


def _end(engine: Engine, name: str, *, keep_volumes: bool) -> None:
    """Removes containers and network. If the data is to be kept, Odoo and then PostgreSQL may end by themselves before.

    Raises CleanupIncomplete or EnvironmentFailure.
    """
    if keep_volumes:
        containers = [resource for resource in engine.of_run(name) if resource.kind == "container"]
        for container in sorted(containers, key=lambda it: it.labels.get(SERVICE) != ODOO):
            with contextlib.suppress(*Failures):  # what does not stop is removed all the same: PostgreSQL bears that
                engine.api.stop(container.id, timeout=TIME_TO_STOP)
    cleanup = teardown(name, keep_volumes=keep_volumes)
    if cleanup.left:
        raise CleanupIncomplete(cleanup.advice())
    if cleanup.engine_away:
        raise EnvironmentFailure(f"The cleanup of {name} is {cleanup}.")


def _agreed(question: str) -> bool:
    """Asks whoever sits at the terminal; without one nobody has agreed."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _show(url: str, secret: Secret) -> None:
    master = secret.master_password if sys.stdout.isatty() else f"in {secret.path}"
    say(f"URL              {url}\nlogin            admin, password admin\nmaster password  {master}", sys.stdout)
