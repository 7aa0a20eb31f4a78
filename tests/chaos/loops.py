"""What people stay in: watch, an environment that --keep keeps, the debugger, the shell, and the one for user acceptance."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from signal import SIGKILL, SIGTERM

from hub_runner.loop.uat_environment import FOLDER, READY
from tests.chaos.batches import Way, afterwards, one_of, then
from tests.chaos.deaths import POLITE, SPANS, Death, close_terminal, group, hail, kill, once
from tests.chaos.scenario import CODE, Blow, Scenario, Scene, about_logs, mark
from tests.chaos.victim import Victim, standing
from tests.standins.checkout import FAIL, PASS, Checkout, checkout, fast_compose, noisy

KILLED = once(SIGKILL)
DEATHS = (
    Way(name="INT, TERM or HUP to the command", strike=once(*POLITE)),
    Way(name="INT, TERM or HUP to the command on a terminal", front="tty", strike=once(*POLITE)),
    Way(name="two to twelve signals to the command", strike=hail),
    Way(name="the terminal closes", front="tty", strike=close_terminal),
    Way(name="INT, TERM or HUP to nox", front="nox", strike=once(*POLITE)),
    Way(name="KILL of nox", front="nox", strike=KILLED),
    Way(name="KILL of the command", strike=KILLED, guard=True),
    Way(name="KILL of the process group on a terminal", front="tty", strike=group(SIGKILL), guard=True),
    Way(name="INT, TERM or HUP, then KILL of the command", front="tty", strike=then(once(*POLITE), KILLED), guard=True),
    Way(name="KILL of docker's client, then TERM", strike=then(one_of("client"), once(SIGTERM))),
    Way(name="KILL of the guard, then TERM", strike=then(one_of("guard"), once(SIGTERM))),
    Way(
        name="KILL of command and guard, then `clean`",
        strike=kill("runner", "guard"),
        guard=True,
        sweep=True,
    ),
)
NATURAL = frozenset({0, 1, 3, 4, 7})  # how a command may end by itself, also after its docker client was killed


class Talker(Victim):
    """Its phases are known by what it says: ``marks`` has the words with which each begins."""

    marks: Mapping[str, str] = {}

    @property
    def phases(self) -> list[str]:
        said = self.said
        return [phase for phase, words in self.marks.items() if words in said]


class Stay(Scenario):
    """A command with an environment of its own, which it throws away at its end."""

    deaths: tuple[Death, ...] = DEATHS
    words: tuple[str, ...] = ()
    marks: Mapping[str, str] = {}
    script = noisy(300, 100).replace("begin test_one", "begin test_one test_two\npassed test_two")
    cold = True  # if it need not be warm

    def begin(self, scene: Scene) -> Victim:
        place = self.place(scene, cold=self.cold and scene.aim != "database")
        victim = Talker(place, scene.death.front, words=self.words)
        victim.marks = self.marks
        return victim

    def place(self, scene: Scene, *, cold: bool) -> Checkout:
        compose = fast_compose().replace("HOST: db", 'HOST: db\n      PREPARATION: slow\n      SLOW: "1"')
        return checkout(
            scene.folder,
            scene.images,
            modules={"probe": self.script},
            compose=compose,
            project=scene.prefix,
            ports=scene.ports,
            cold=cold,
            odoo_args=(mark(scene.prefix),),
        )

    def complaints(self, victim: Victim, blow: Blow) -> list[str]:
        wrong = list(about_code(victim, blow))
        if victim.checkout.log.exists():
            wrong.append("it has written the log of a run, and is none")
        if blow.aim == "database":
            wrong += next_run(victim)
        return wrong


def about_code(victim: Victim, blow: Blow) -> Iterator[str]:
    """Killed is never 0; told to end is 128 and the number of the first signal, if it could still be heard.

    A Python that is interrupted while it starts says so itself and ends with 1.
    """
    code, told = victim.process.returncode, victim.told
    if code == 1 and told and any(words in victim.said for words in ("init_import_site", "Could not import runpy module")):
        return
    if victim.front == "nox" or blow.phase == "over":
        if code == 0 and blow.phase != "over":
            yield "exit code 0 of nox, whose command was broken off"
    elif code < 0:
        if -code not in (SIGKILL, *told) and blow.phase != "before":
            yield f"ended by signal {-code}, which nobody sent"
    elif told and code not in ({128 + told[0]} | (NATURAL if "client" in blow.death.name else set())):
        yield f"exit code {code} after signal {told[0]}"


def next_run(victim: Victim) -> Iterator[str]:
    """A run in the same place starts from the prepared database that is there, or makes it."""
    (victim.checkout.root / "addons" / "probe" / "standin.sh").write_text(PASS)
    yield from afterwards(victim, "probe")


class Watch(Stay):
    """The second verdict is that of a save."""

    name = "watch"
    first_port = 17300
    words = ("watch", "probe")
    cold = False
    marks: Mapping[str, str] = {
        "before": "",
        "database": "Preparing a database",
        "start": "warm start",
        "waiting": "GREEN probe",
        "save": "test_standin.py)",
    }
    spans: Mapping[str, float] = {"before": 1.5, "database": 4.0, "start": 4.0, "waiting": 1.0, "save": 1.0, "saving": 3.0}

    def wait(self, victim: Victim, death: Death, aim: str, random: Random) -> None:
        if aim in ("save", "saving"):
            victim.wait_for_phase("waiting")
            tests = victim.checkout.root / "addons" / "probe" / "tests" / "test_standin.py"
            tests.write_text(tests.read_text() + "\n# saved\n")
            aim = aim if aim == "save" else "before"
        super().wait(victim, death, aim, random)


class Shell(Stay):
    name = "shell"
    first_port = 17600
    words = ("shell", "probe")
    marks: Mapping[str, str] = {
        "before": "",
        "database": "Preparing a database",
        "install": "Installing probe",
        "shell": "In [1]:",
    }
    spans: Mapping[str, float] = {"before": 5.0, "database": 4.0, "install": 0.5, "shell": 1.0}


class Debug(Stay):
    name = "debug"
    first_port = 17500
    words = ("run", "probe", "--debug")
    marks: Mapping[str, str] = {"before": "", "database": "Preparing a database", "tests": "(Pdb)"}
    spans: Mapping[str, float] = {"before": 5.0, "database": 4.0, "tests": 1.0}


class Keep(Stay):
    """A failed run: on a terminal it waits for Enter, elsewhere it returns, and its guard waits for the deadline."""

    name = "keep"
    first_port = 17400
    words = ("run", "probe", "--keep=6s")
    spans: Mapping[str, float] = {**SPANS, "keep": 1.5, "kept": 3.0}
    deaths: tuple[Death, ...] = tuple(  # once the command has returned, nobody else would end it
        replace(death, phases=tuple(SPANS)) if death.name == "KILL of the guard, then TERM" else death for death in DEATHS
    )
    script = FAIL

    def begin(self, scene: Scene) -> Victim:
        return Kept(self.place(scene, cold=scene.aim != "database"), scene.death.front, words=self.words)

    def complaints(self, victim: Victim, blow: Blow) -> list[str]:
        wrong = about_logs(victim, blow.death, frozenset({1, 4, *(128 + number for number in (*POLITE, SIGKILL))}))
        for log in victim.logs:
            told, code = CODE.search(log), victim.process.returncode
            if told and code >= 0 and int(told[1]) != code and victim.front != "nox":
                wrong.append(f"the log says {told[1]}, and the command ended with {code}")
        if victim.process.returncode == 0:
            wrong.append("exit code 0 of a run that failed")
        return wrong


class Kept(Victim):
    @property
    def phases(self) -> list[str]:
        return ["before", *super().phases, *(["kept"] if "The environment is kept until" in self.said else [])]


class Uat(Stay):
    """The aim says which command is killed. Its data must outlive all of them but a first start and ``reset``."""

    name = "uat"
    first_port = 17700
    spans: Mapping[str, float] = {"first": 6.0, "start": 5.0, "update": 7.0, "stop": 1.5, "reset": 1.5}
    words_of: Mapping[str, tuple[str, ...]] = {
        "first": ("start",),
        "start": ("start",),
        "update": ("start", "--update"),
        "stop": ("stop",),
        "reset": ("reset", "--yes"),
    }

    def begin(self, scene: Scene) -> Victim:
        place = self.place(scene, cold=True)
        home = {"XDG_STATE_HOME": str(place.root / "home")}
        cwd, environ = standing(place, scene.death.front)  # it belongs to the checkout in which it was begun
        if scene.aim != "first":
            place.hub_runner("uat", "start", environ=environ | home, cwd=cwd)
            if scene.aim == "start":
                place.hub_runner("uat", "stop", environ=environ | home, cwd=cwd)
            if scene.aim == "update":
                (place.root / "addons" / "probe" / "standin.sh").write_text(PASS)
        before = volumes_of(place)
        victim = Acceptance(place, scene.death.front, home, ("uat", *self.words_of[scene.aim]))
        victim.before = before
        return victim

    def wait(self, victim: Victim, death: Death, aim: str, random: Random) -> None:
        victim.wait(random.uniform(0, self.spans[aim]))

    def phase(self, victim: Victim, aim: str) -> str:
        return aim

    def may_stay(self, victim: Victim, blow: Blow, resource: str) -> bool:
        """The data, and all of an environment that runs: the command was over before, or never began.

        A first start leaves nothing, unless its guard dies as well: nobody else removes what may be somebody's data. One
        that was killed while it dismissed its guard had come to its end.
        """
        return blow.aim != "first" or blow.death.sweep or victim.process.returncode == 0 or is_ready(victim)

    def complaints(self, victim: Victim, blow: Blow) -> list[str]:
        wrong = list(about_code(victim, blow)) if victim.process.returncode else []
        assert isinstance(victim, Acceptance)
        name, volumes = name_of(victim.checkout), volumes_of(victim.checkout)
        if blow.aim != "first" and volumes != victim.before and (volumes or blow.aim != "reset"):
            wrong.append(f"after a killed `{blow.aim}` these volumes are there: {volumes}, of {victim.before}")
        wrong += self.whole(victim, name)
        done = victim.hub_runner("uat", "reset", "--yes")
        if left := [
            *_lines("docker", "ps", "--all", "--quiet", "--filter", f"name={name}"),
            *volumes_of(victim.checkout),
            *_lines("docker", "network", "ls", "--quiet", "--filter", f"name={name}"),
            *map(str, (victim.checkout.root / "home").glob("*/*.password")),
        ]:
            wrong.append(f"`reset` has left {left}: {done.stderr[-500:]}")
        return wrong

    def whole(self, victim: Victim, name: str) -> Iterator[str]:
        """It starts again, with its data."""
        assert isinstance(victim, Acceptance)
        data = victim.before and volumes_of(victim.checkout)
        again = victim.hub_runner("uat", "start")
        if again.returncode != 0:
            yield f"the next `uat start` ended with {again.returncode}: {again.stderr[-800:]}"
            return
        if data and "Installing" in again.stderr:
            yield f"the next `uat start` found no data: {again.stderr[-800:]}"
        file = ("docker", "exec", f"{name}-odoo-1", "cat", "/var/lib/odoo/hub_uat")
        noted = json.loads(subprocess.run(file, capture_output=True, text=True, check=False).stdout or "{}")
        if set(noted.get("modules", ())) != {"probe"}:
            yield f"the database has {noted}"


def is_ready(victim: Victim) -> bool:
    """Whether a start has come to its end: it has left its mark in the container."""
    look = ("docker", "exec", f"{name_of(victim.checkout)}-odoo-1", "cat", f"{FOLDER}/{READY}")
    return subprocess.run(look, capture_output=True, check=False).returncode == 0


class Acceptance(Victim):
    """Nothing of it is in the log of a run. ``before`` are the volumes that were there before it began."""

    before: tuple[str, ...] = ()

    @property
    def phases(self) -> list[str]:
        return []


def name_of(place: Checkout) -> str:
    return f"{place.settings['project']}-uat-env"


def volumes_of(place: Checkout) -> tuple[str, ...]:
    return tuple(sorted(_lines("docker", "volume", "ls", "--quiet", "--filter", f"name={name_of(place)}")))


def _lines(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
