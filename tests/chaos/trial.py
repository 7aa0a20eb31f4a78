"""One run, one death, one look at what is left."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hub_runner.engine.client import Engine
from hub_runner.host.lock import holder
from hub_runner.warm import store
from hub_runner.warm.recipe import digest
from tests.chaos.deaths import DEATHS, NEVER, SPANS, Death
from tests.chaos.victim import Victim
from tests.chaos.watcher import Watcher
from tests.standins import Images
from tests.standins.checkout import Checkout, checkout, noisy

CODE = re.compile(r"^hub-runner \| exit code +(\d+)$", re.MULTILINE)
CLEANED = re.compile(r"^hub-runner \| guard +Cleanup by the guard .*verified", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``seconds`` from the blow to the removal of the last thing; None if there was nothing to remove by then."""

    number: int
    death: Death
    phase: str  # the run was in when the blow came
    seconds: float | None
    leftovers: tuple[str, ...]
    complaints: tuple[str, ...]


def attempt(number: int, *, seed: int, images: Images, watcher: Watcher) -> Outcome:
    """Trial ``number`` of ``seed``: the same numbers make the same death at the same moment."""
    random, death = Random(f"{seed}/{number}"), DEATHS[number % len(DEATHS)]
    prefix, aim = f"chaos-{seed}-{number}", random.choice(death.phases)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}-") as folder, no_prepared_database(watcher, prefix):
        place = checkout(
            Path(folder),
            images,
            modules={"probe": noisy(int(death.tests * 100), 100)},
            project=prefix,
            ports=ports_of(number),
            cold=aim != "database",
            odoo_args=(f"--{prefix}",),
        )
        victim = Victim(place, death.front)
        try:
            choose_moment(victim, death, aim, random)
            phase = "over" if victim.process.poll() is not None else victim.phase
            blow = death.strike(victim, random)
            if death.sweep:
                victim.wait(60)
                blow = time.time()
                clean(victim.environ, place)
        finally:
            processes = victim.end()
        return _judged(number, death, phase, blow, victim, watcher, [*processes, *locks(place)])


def ports_of(number: int) -> str:
    """Trials know nothing of each other's leases: each has a range of its own."""
    return f"{18200 + number % 40 * 5}-{18204 + number % 40 * 5}"


@contextlib.contextmanager
def no_prepared_database(watcher: Watcher, mark: str) -> Iterator[None]:
    """Removes the prepared database that a run may have made: it is meant to stay, but not after a chaos."""
    yield
    for database in store.databases(Engine(watcher.client)):
        if database.label["recipe"]["odoo_args"] == digest(json.dumps((f"--{mark}",))):
            watcher.api.remove_image(database.reference)


def choose_moment(victim: Victim, death: Death, phase: str, random: Random) -> None:
    """Waits for a random moment of ``phase``."""
    if phase != "before":
        victim.wait_for_phase(phase)
    if death.wait_for:
        victim.wait_for(death.wait_for)
    victim.wait(random.uniform(0, SPANS[phase]))


def clean(environ: dict[str, str], place: Checkout) -> None:
    command = (sys.executable, "-m", "hub_runner", "clean")
    subprocess.run(command, cwd=place.root, env=environ, check=False, stdout=subprocess.DEVNULL, timeout=60)


def _judged(
    number: int, death: Death, phase: str, blow: float, victim: Victim, watcher: Watcher, complaints: list[str]
) -> Outcome:
    prefix = f"{victim.checkout.settings['project']}-agent-test-"
    time.sleep(0.3)  # the events of the last removals are still on their way
    left = sorted({*watcher.look(prefix)})
    changed = watcher.last_change(prefix)
    return Outcome(
        number=number,
        death=death,
        phase=phase,
        seconds=changed - blow if changed is not None and changed > blow and not death.goes_on else None,
        leftovers=tuple(left),
        complaints=(*complaints, *complaints_about(victim, death, phase, hit=blow < NEVER)),
    )


def complaints_about(victim: Victim, death: Death, phase: str, *, hit: bool) -> list[str]:
    """What is wrong with the log or an exit code."""
    came_too_late = not hit or phase in ("teardown", "over") or death.wait_for == "compose"
    right, wrong = death.codes | ({0} if came_too_late else set()), []
    for log in victim.logs:
        told, guarded = CODE.search(log), CLEANED.search(log)
        if told and int(told[1]) not in right:
            wrong.append(f"exit code {told[1]} instead of one of {sorted(right)}")
        if not told and not (guarded and death.guard) and not death.sweep:
            wrong.append(f"the log does not say what happened: {log[-300:]!r}")
    if victim.process.returncode == 0 and "0" not in [told[1] for log in victim.logs if (told := CODE.search(log))]:
        wrong.append("exit code 0 of a run that did not pass")
    return wrong


def locks(place: Checkout) -> list[str]:
    """Locks and leases that somebody still holds."""
    files = (place.root / "state").glob("*/*.lock")
    return [f"{path.name} is held by {who}" for path in files if (who := holder(path))]
