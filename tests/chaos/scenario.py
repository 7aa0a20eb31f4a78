"""What is killed: how it begins, how far it has come, and what is right afterwards. ``Runs`` are single runs."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hub_runner.engine.client import Engine
from hub_runner.warm import store
from hub_runner.warm.recipe import digest
from tests.chaos.deaths import DEATHS, NEVER, SPANS, Death
from tests.chaos.victim import Victim
from tests.chaos.watcher import Watcher
from tests.standins import Images
from tests.standins.checkout import checkout, noisy

CODE = re.compile(r"^hub-runner \| exit code +(\d+)$", re.MULTILINE)
CLEANED = re.compile(r"^hub-runner \| guard +Cleanup by the guard .*verified", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a trial is given before anything begins. ``aim`` is the phase in which the blow is to come."""

    folder: Path
    images: Images
    prefix: str
    ports: str
    aim: str
    death: Death
    random: Random


@dataclass(frozen=True, kw_only=True)
class Blow:
    """``phase`` is the one in which it came; ``at`` is in seconds since the epoch, NEVER if it hit nobody."""

    death: Death
    aim: str
    phase: str
    at: float

    @property
    def came_too_late(self) -> bool:
        return self.at == NEVER or self.phase in ("teardown", "over") or self.death.wait_for == "compose"


class Scenario:
    """One kind of command that is killed. Subclasses say what is theirs."""

    name = ""
    deaths: tuple[Death, ...] = ()
    spans: Mapping[str, float] = {}  # its phases, and the seconds that each takes, more or less
    first_port = 17000  # of a hundred
    patience = 60.0  # seconds until all of its processes must have ended

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """What all trials share is there during the block."""
        yield

    def ports(self, number: int) -> str:
        """Trials know nothing of each other's leases: each has a range of its own."""
        first = self.first_port + number % 20 * 5
        return f"{first}-{first + 4}"

    def begin(self, scene: Scene) -> Victim:
        raise NotImplementedError

    def wait(self, victim: Victim, death: Death, aim: str, random: Random) -> None:
        """Waits for a random moment of the phase ``aim``."""
        if aim != "before":
            victim.wait_for_phase(aim)
        if death.wait_for:
            victim.wait_for(death.wait_for)
        victim.wait(random.uniform(0, self.spans[aim]))

    def phase(self, victim: Victim, aim: str) -> str:
        """The one in which it is now."""
        return victim.phase

    def mend(self) -> None:
        """Whatever the blow broke besides the victim works again."""

    def look(self, watcher: Watcher, prefix: str) -> list[str]:
        """All that is there in the engine of names that begin with ``prefix``."""
        return watcher.look(prefix)

    def may_stay(self, victim: Victim, blow: Blow, resource: str) -> bool:
        return False

    def complaints(self, victim: Victim, blow: Blow) -> list[str]:
        """What is wrong with its words, files and exit codes."""
        return []

    @contextlib.contextmanager
    def cleared(self, watcher: Watcher, prefix: str) -> Iterator[None]:
        """Prepared databases are meant to stay, but not after a chaos."""
        yield
        forget_prepared(Engine(watcher.client), prefix)


def mark(prefix: str) -> str:
    """An argument of Odoo's that sets the prepared databases of one trial apart from all others."""
    return f"--{prefix}"


def forget_prepared(engine: Engine, prefix: str) -> None:
    newest_first = sorted(store.databases(engine), key=lambda it: it.made, reverse=True)  # children before their parents
    for database in newest_first:
        if database.label["recipe"]["odoo_args"] == digest(json.dumps((mark(prefix),))):
            for name in (*database.other_names, database.reference):
                engine.api.remove_image(name)


class Runs(Scenario):
    """Runs of one module."""

    name = "run"
    deaths: tuple[Death, ...] = DEATHS
    spans: Mapping[str, float] = SPANS

    def begin(self, scene: Scene) -> Victim:
        place = checkout(
            scene.folder,
            scene.images,
            modules={"probe": noisy(int(scene.death.tests * 100), 100)},
            project=scene.prefix,
            ports=scene.ports,
            cold=scene.aim != "database",
            odoo_args=(mark(scene.prefix),),
        )
        return Victim(place, scene.death.front)

    def complaints(self, victim: Victim, blow: Blow) -> list[str]:
        """What is wrong with a log or an exit code."""
        right = blow.death.codes | ({0} if blow.came_too_late else set())
        wrong = about_logs(victim, blow.death, right)
        if victim.process.returncode == 0 and "0" not in [told[1] for log in victim.logs if (told := CODE.search(log))]:
            wrong.append("exit code 0 of a run that did not pass")
        return wrong


def about_logs(victim: Victim, death: Death, right: frozenset[int]) -> list[str]:
    """What is wrong with the logs of runs, of which each ends with one of the exit codes that are ``right``."""
    wrong = []
    for log in victim.logs:
        told, guarded = CODE.search(log), CLEANED.search(log)
        if told and int(told[1]) not in right:
            wrong.append(f"exit code {told[1]} instead of one of {sorted(right)}")
        if not told and not (guarded and death.guard) and not death.sweep:
            wrong.append(f"the log does not say what happened: {log[-300:]!r}")
    return wrong
