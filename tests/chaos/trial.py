"""One run, one death, one look at what is left."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hub_runner.host.lock import holder
from tests.chaos.deaths import Death
from tests.chaos.scenario import Blow, Runs, Scenario, Scene
from tests.chaos.victim import Victim
from tests.chaos.watcher import Watcher
from tests.standins import Images
from tests.standins.checkout import Checkout


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``seconds`` from the blow to the removal of the last thing; None if there was nothing to remove by then."""

    number: int
    death: Death
    phase: str  # the run was in when the blow came
    seconds: float | None
    leftovers: tuple[str, ...]
    complaints: tuple[str, ...]


def attempt(number: int, *, seed: int, images: Images, watcher: Watcher, scenario: Scenario | None = None) -> Outcome:
    """Trial ``number`` of ``seed``: the same numbers make the same death at the same moment."""
    scenario = scenario or Runs()
    random, death = Random(f"{seed}/{number}"), scenario.deaths[number % len(scenario.deaths)]
    prefix, aim = f"chaos-{scenario.name}-{seed}-{number}", random.choice(death.phases or tuple(scenario.spans))
    with tempfile.TemporaryDirectory(prefix=f"{prefix}-") as folder, scenario.cleared(watcher, prefix):
        victim = scenario.begin(
            Scene(
                folder=Path(folder),
                images=images,
                prefix=prefix,
                ports=scenario.ports(number),
                aim=aim,
                death=death,
                random=random,
            )
        )
        place = victim.checkout
        try:
            scenario.wait(victim, death, aim, random)
            phase = "over" if victim.process.poll() is not None else scenario.phase(victim, aim)
            blow = death.strike(victim, random)
            if death.sweep:
                victim.wait(60)
                blow = time.time()
                clean(victim.environ, place)
        finally:
            scenario.mend()
            processes = victim.end(scenario.patience)
        return _judged(number, scenario, Blow(death=death, aim=aim, phase=phase, at=blow), victim, watcher, processes)


def clean(environ: dict[str, str], place: Checkout) -> None:
    command = (sys.executable, "-m", "hub_runner", "clean")
    subprocess.run(command, cwd=place.root, env=environ, check=False, stdout=subprocess.DEVNULL, timeout=60)


def _judged(number: int, scenario: Scenario, blow: Blow, victim: Victim, watcher: Watcher, processes: list[str]) -> Outcome:
    prefix = f"{victim.checkout.settings['project']}-"
    time.sleep(0.3)  # the events of the last removals are still on their way
    left = [it for it in sorted({*scenario.look(watcher, prefix)}) if not scenario.may_stay(victim, blow, it)]
    changed = watcher.last_change(prefix)
    complaints = [*processes, *locks(victim.checkout), *scenario.complaints(victim, blow), *files(victim.checkout)]
    return Outcome(
        number=number,
        death=blow.death,
        phase=blow.phase,
        seconds=changed - blow.at if changed is not None and changed > blow.at and not blow.death.goes_on else None,
        leftovers=tuple(left),
        complaints=tuple(complaints),
    )


def locks(place: Checkout) -> list[str]:
    """Locks and leases that somebody still holds."""
    files = (place.root / "state").glob("*/*.lock")
    return [f"{path.name} is held by {who}" for path in files if (who := holder(path))]


def files(place: Checkout) -> list[str]:
    """What is left of files that nobody will ever read: temporary ones, and halves of what is written in one go."""
    temporary = (place.root / "tmp").glob("*")
    halves = [it for folder in (place.root, *place.root.glob(".hub-runner/runs/*")) for it in folder.glob(".*.????????")]
    return [f"the file {path.relative_to(place.root)} is left" for path in (*temporary, *halves)]
