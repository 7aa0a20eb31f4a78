"""What the database of the lasting environment holds: modules are installed at the first start, and brought up to date."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import NotRequired, TypedDict

from hub_runner.engine import compose
from hub_runner.engine.compose import Tail
from hub_runner.engine.model import DATABASE
from hub_runner.errors import EnvironmentFailure, HubRunnerError, NotInstalled, TookTooLong
from hub_runner.loop.uat_environment import FOLDER, Lasting
from hub_runner.odoo import command
from hub_runner.odoo.keep import reveal
from hub_runner.settings import Settings

UAT_DATABASE = "hub_uat"


class Noted(TypedDict):
    """What an installation or update notes in the database."""

    everything: bool  # all modules of the checkout, not some that were named
    modules: dict[str, str]  # by name, with the digest of their files
    image: NotRequired[str]  # Odoo's; earlier versions did not note it


def install_or_update(
    environment: Lasting,
    settings: Settings,
    wanted: Collection[str],
    digests: dict[str, str],
    *,
    image: str,
    everything: bool,
    update: bool,
) -> None:
    """The database is there, with the modules ``wanted``. ``digests`` are by name, of all that it can load.

    ``image`` is Odoo's, before packages were added to it.
    """
    note = environment.observers.note
    present = _state(environment)
    if present is None:
        note(f"Installing {', '.join(wanted)}: the first start takes a while, later ones do not.")
        modules = {name: digests[name] for name in wanted}
        noted: Noted = {"everything": everything, "modules": modules, "image": image}
        _odoo(environment, settings, noted, DATABASE, installed=list(wanted), updated=[])
        if trouble := reveal(environment, DATABASE, UAT_DATABASE):
            raise EnvironmentFailure(f"The database could not be given its name: {trouble}")
        return
    if (before := present.get("image", image)) != image:
        note(
            f"!! The database was made by {before}, and Odoo is {image} now. If that is another series, no page of it "
            f"opens: start with --odoo-image={before}, or begin anew after `uat reset`."
        )
    old = present["modules"]
    asked_for = not everything or present["everything"]  # by name, or as one of the checkout's
    new = [name for name in wanted if name not in old and asked_for]
    changed = [name for name in old if name in digests and old[name] != digests[name]]
    if gone := [name for name in old if name not in digests]:
        note(f"Installed earlier, and no longer in the checkout: {', '.join(gone)}. Odoo cannot load them: bring them back.")
    if not update:
        if changed or new:
            note(f"Not as in the checkout: {', '.join([*changed, *new])}. `uat start --update` brings them up to date.")
        return
    if changed or new:
        note(f"Bringing up to date: {', '.join([*changed, *new])}.")
        modules = {**old, **{name: digests[name] for name in (*changed, *new)}}
        noted = {"everything": present["everything"], "modules": modules, "image": image}
        _odoo(environment, settings, noted, UAT_DATABASE, installed=new, updated=changed)
    elif not gone:
        note("All modules are up to date.")


def _state(environment: Lasting) -> Noted | None:
    """What the last installation or update noted in the database; None if there is no database yet."""
    report = f"{FOLDER}/state.json"
    _run(environment, ("state", report, UAT_DATABASE, DATABASE, "--logfile="), EnvironmentFailure, timeout=120)
    noted: Noted | None = json.loads(environment.read_file(report) or b"null")
    return noted


def _odoo(
    environment: Lasting, settings: Settings, noted: Noted, database: str, *, installed: list[str], updated: list[str]
) -> None:
    """Installs and updates modules, and notes that in the database. Raises NotInstalled or TookTooLong."""
    arguments = command.install_arguments(tuple(installed), settings, database=database)
    if updated:
        arguments = (*arguments, "-u", ",".join(updated))
    program = ("install", json.dumps(noted), *arguments, "--stop-after-init")
    _run(environment, program, NotInstalled, timeout=settings.test_timeout)


def _run(environment: Lasting, arguments: tuple[str, ...], failure: type[HubRunnerError], *, timeout: float) -> None:
    said = Tail(4096)
    with environment.started(("python3", f"{FOLDER}/uat.pyz", *arguments)) as client:
        code = compose.follow(client, timeout, said.add)
    if code != 0:
        if code is None and failure is NotInstalled:
            raise TookTooLong(f"Odoo did not end within {timeout:g} s (test-timeout). It said last:\n{said}")
        how = f"did not end within {timeout:g} s" if code is None else f"ended with {code}"
        raise failure(f"Odoo {how}. It said last:\n{said}")
