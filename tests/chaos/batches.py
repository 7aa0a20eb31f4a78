"""Batches of four modules, one after the other or beside each other: the command, a job or a build is killed.

And ``verify --rerun``, which runs a commit again. The third module fails in half of the batches, so that none of these may
ever end with 0.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from signal import SIGKILL, Signals
from xml.etree import ElementTree

import psutil

from tests.chaos.deaths import NEVER, POLITE, SPANS, Death, group, hail, kill, once
from tests.chaos.scenario import Blow, Runs, Scenario, Scene, about_logs, mark
from tests.chaos.victim import Victim, phases_of
from tests.standins.checkout import FAIL, Checkout, checkout, fast_compose, noisy
from tests.standins.history import commit

Way = partial(Death, front="runner", within=None)  # no time is promised
Strike = Callable[[Victim, Random], float]
MODULES = {"alpha": "base", "beta": "mail", "gamma": "sale", "delta": "base"}  # each with the module of Odoo that it needs
RED = "gamma"
ENDED = frozenset({129, 130, 137, 143})  # by a signal, which a job or its guard says
OF_MODULE = {True: frozenset({1, 4}) | ENDED, False: frozenset({0, 4}) | ENDED}  # right exit codes of a red or a green one


def to_job(*numbers: Signals) -> Strike:
    """To one of the jobs that run beside each other."""

    def strike(victim: Victim, random: Random) -> float:
        jobs = sorted(victim.find("job"), key=lambda it: it.pid)
        for job in random.sample(jobs, min(len(jobs), 1)):
            with contextlib.suppress(psutil.Error):
                job.send_signal(random.choice(numbers))
                return time.time()
        return NEVER

    return strike


def one_of(*roles: str) -> Strike:
    """KILL of one process that plays one of ``roles``."""

    def strike(victim: Victim, random: Random) -> float:
        found = sorted(victim.find(*roles), key=lambda it: it.pid)
        for process in random.sample(found, min(len(found), 1)):
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                process.kill()
                return time.time()
        return NEVER

    return strike


def container(victim: Victim, random: Random) -> float:
    """KILL of a container, as the engine or a lack of memory does it."""
    names = ("docker", "ps", "--quiet", "--filter", f"name={victim.checkout.settings['project']}-")
    found = sorted(subprocess.run(names, capture_output=True, text=True, check=True).stdout.split())
    for name in random.sample(found, min(len(found), 1)):
        subprocess.run(("docker", "kill", name), capture_output=True, check=False)
    return time.time() if found else NEVER


def then(first: Strike, second: Strike) -> Strike:
    """Twice, the second time up to two seconds later."""

    def strike(victim: Victim, random: Random) -> float:
        hit = first(victim, random)
        victim.wait(random.uniform(0, 2))
        return min(hit, second(victim, random))

    return strike


JOBS = "--jobs=2"
DATABASE = ("database",)
KILLED = once(SIGKILL)
DEATHS = (
    Way(name="INT, TERM or HUP to the command", strike=once(*POLITE)),
    Way(name="two to twelve signals to the command", strike=hail),
    Way(name="INT, TERM or HUP to the process group", strike=group(*POLITE)),
    Way(name="KILL of the command", strike=KILLED, guard=True),
    Way(name="KILL of the process group", strike=group(SIGKILL), guard=True),
    Way(name="INT, TERM or HUP, then KILL of the command", strike=then(once(*POLITE), KILLED), guard=True),
    Way(name="a signal or KILL to a job", strike=to_job(*POLITE, SIGKILL), guard=True),
    Way(name="KILL of two jobs", strike=then(to_job(SIGKILL), to_job(SIGKILL)), guard=True),
    Way(name="KILL of a job, then of the command", strike=then(to_job(SIGKILL), KILLED), guard=True),
    Way(name="KILL of a build's client", strike=one_of("client"), phases=DATABASE),
    Way(name="KILL of two containers of builds", strike=then(container, container), phases=DATABASE),
    Way(
        name="KILL of a build's container, then of the command",
        strike=then(container, KILLED),
        phases=DATABASE,
        guard=True,
    ),
    Way(
        name="KILL of command, jobs and guards, then `clean`",
        strike=kill("runner", "guard"),
        guard=True,
        sweep=True,
    ),
)


class Several(Victim):
    """All of its runs count: a phase has come as often as runs have come to it."""

    @property
    def phases(self) -> list[str]:
        return [phase for log in self.logs for phase in phases_of(log)]


class Batch(Scenario):
    name = "batch"
    first_port = 17100
    deaths: tuple[Death, ...] = DEATHS
    spans: Mapping[str, float] = {**SPANS, "before": 1.0, "tests": 1.5}
    front: type[Several] = Several
    patience = 180.0  # a batch that goes on makes its databases yet

    def begin(self, scene: Scene) -> Victim:
        place = batch_of(scene, cold=scene.aim != "database" and scene.random.random() < 0.75, **self.settings())
        beside = "job" in scene.death.name or scene.random.random() < 0.5
        return self.front(place, "runner", words=("run", *MODULES, *((JOBS,) if beside else ())))

    def settings(self) -> dict[str, str | bool | float | tuple[str, ...]]:
        """More of the checkout's."""
        return {}

    def wait(self, victim: Victim, death: Death, aim: str, random: Random) -> None:
        if aim != "before":
            victim.wait_for_phase(aim, times=random.randint(1, 3))
        victim.wait(random.uniform(0, self.spans[aim]))

    def complaints(self, victim: Victim, blow: Blow) -> list[str]:
        place = victim.checkout
        red = "failed" in (place.root / "addons" / RED / "standin.sh").read_text()
        right = OF_MODULE[True] | OF_MODULE[False]
        return [
            *about_logs(victim, blow.death, right),
            *self.about_code(victim, blow),
            *about_files(place, victim.process.returncode, red=red),
            *afterwards(victim),
        ]

    def about_code(self, victim: Victim, blow: Blow) -> Iterator[str]:
        code = victim.process.returncode
        if code < 0:
            if -code not in (SIGKILL, *victim.told):
                yield f"ended by signal {-code}, which nobody sent"
        elif victim.told and victim.told[0] != SIGKILL and not blow.came_too_late:
            if code != 128 + victim.told[0]:
                yield f"exit code {code} after signal {victim.told[0]}"
        elif code not in {0, 1, 4} | ENDED:
            yield f"exit code {code}"


def batch_of(scene: Scene, **settings: str | bool | float | tuple[str, ...]) -> Checkout:
    scripts = dict.fromkeys(MODULES, noisy(100, 100).replace("begin test_one", "begin test_one test_two\npassed test_two"))
    if scene.random.random() < 0.5:
        scripts[RED] = FAIL
    slow = "HOST: db\n      PREPARED: INSTALLED\n      PREPARATION: slow"
    place = checkout(
        scene.folder,
        scene.images,
        modules=scripts,
        compose=fast_compose().replace("HOST: db", slow),
        project=scene.prefix,
        ports=scene.ports,
        odoo_args=(mark(scene.prefix),),
        **settings,
    )
    for name, needed in MODULES.items():
        manifest = place.root / "addons" / name / "__manifest__.py"
        manifest.write_text(f'{{"name": "Probe", "license": "LGPL-3", "depends": ["{needed}"]}}\n')
    return place


def about_files(place: Checkout, code: int, *, red: bool) -> Iterator[str]:
    """What is wrong with the results: halves, and verdicts that cannot be true. ``code`` is that of the command."""
    codes: dict[str, int] = {}
    for path in (*place.root.glob("*.json"), *place.root.glob(".hub-runner/runs/*/*.json")):
        try:
            json.loads(path.read_text())
        except ValueError as error:
            yield f"{path.relative_to(place.root)}: {error}"
            return
    for path in place.root.glob(".hub-runner/runs/*/result.json"):
        result = json.loads(path.read_text())
        module, found = result["run"]["module"], result["return_code"]
        codes[module] = found
        if found not in OF_MODULE[red and module == RED] or result["passed"] is not (found == 0):
            yield f"{module} ended with {found}: {result['summary']}"
    if code == 0 and (codes != dict.fromkeys(MODULES, 0)):
        yield f"exit code 0 of a batch whose runs ended with {codes}"
    for path in (*place.root.glob("*.xml"), *place.root.glob(".hub-runner/runs/*/*.xml")):
        try:
            ElementTree.parse(path)
        except ElementTree.ParseError as error:
            yield f"{path.relative_to(place.root)}: {error}"
    path = place.root / "batch.json"
    if not path.exists():
        if code >= 0 and codes:
            yield f"exit code {code}, and no batch.json"
        return
    batch = json.loads(path.read_text())
    if code >= 0 and batch["return_code"] != code:
        yield f"batch.json says {batch['return_code']}, and the command ended with {code}"
    if batch["passed"] is not (batch["return_code"] == 0) or {it["module"] for it in batch["modules"]} != set(MODULES):
        yield f"batch.json is not whole: {batch}"
    for end in batch["modules"]:
        if end["return_code"] == 0 and codes.get(end["module"]) != 0:
            yield f"batch.json calls {end['module']} green, whose run ended with {codes.get(end['module'])}"


def afterwards(victim: Victim, *modules: str) -> Iterator[str]:
    """The next run in the same place works, and starts from whatever prepared database it finds."""
    done = victim.hub_runner("run", *(modules or ("alpha", "beta")))
    if done.returncode != 0:
        yield f"the next run ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-500:]}"
    if "A cold start, because" in done.stdout:
        yield f"the next run found no prepared database: {done.stdout[-1500:]}"


class Rerun(Runs):
    """``verify --rerun`` of a run that was honest: its worktree goes, too."""

    name = "rerun"
    first_port = 17200
    deaths: tuple[Death, ...] = tuple(death for death in DEATHS if "job" not in death.name and "build" not in death.name)
    spans: Mapping[str, float] = {**SPANS, "before": 2.0}

    def begin(self, scene: Scene) -> Victim:
        place = checkout(
            scene.folder / "checkout",
            scene.images,
            modules={"probe": noisy(100, 100)},
            project=scene.prefix,
            ports=scene.ports,
            cold=True,
        )
        (place.root / ".gitignore").write_text("state\ncache\ntmp\noutput\n")
        commit(place.root)
        place.hub_runner("run", "probe").check_returncode()
        return Reverified(place, "runner", words=("verify", "--rerun"))

    def complaints(self, victim: Victim, blow: Blow) -> list[str]:
        """The honest run is proven all the same, and nothing of the killed rerun is left after that."""
        wrong = about_logs(victim, blow.death, OF_MODULE[False])
        if victim.process.returncode == 0 and not blow.came_too_late:
            wrong.append("exit code 0 of a rerun that was broken off")
        done = victim.hub_runner("verify", "--rerun")
        if done.returncode != 0:
            wrong.append(f"the next rerun ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-500:]}")
        worktrees = ("git", "-C", str(victim.checkout.root), "worktree", "list")
        if (listed := subprocess.run(worktrees, capture_output=True, text=True, check=True).stdout).count("\n") != 1:
            wrong.append(f"a worktree is left: {listed}")
        return wrong


class Reverified(Victim):
    RUNS = ".hub-runner/reruns/.hub-runner/runs"
