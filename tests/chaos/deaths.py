"""The ways to die. Each strikes at a moment that the caller has chosen, and says what is right afterwards."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from signal import SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGSTOP, SIGTERM

import psutil

from tests.chaos.victim import Victim

POLITE = (SIGINT, SIGTERM, SIGHUP)
NEVER = float("inf")  # nobody was there to be hit
INTERRUPTED = frozenset(128 + number for number in POLITE)


# The phases of a run and how long they take, more or less: the moment is drawn from one of them.
SPANS = {
    "before": 1.5,
    "sweep": 0.1,
    "images": 0.4,
    "database": 4.0,
    "start": 2.5,
    "health": 0.5,
    "tests": 2.0,
    "teardown": 1.0,
}


@dataclass(frozen=True, kw_only=True)
class Death:
    """One row of the table. ``within`` is the promise: seconds (median) from the blow to a clean engine, if there is one."""

    name: str
    front: str
    strike: Callable[[Victim, Random], float]  # gives the moment from which the cleanup counts
    codes: frozenset[int] = INTERRUPTED  # in the log, of a run that was hit; 0 if the blow came too late
    guard: bool = False  # the runner cannot speak any more: the guard does
    within: float | None = 3.0
    wait_for: str = ""  # who must be there before it can strike
    phases: tuple[str, ...] = ()  # in which it can strike; without any, in each one of the scenario
    goes_on: bool = False  # the run is not meant to end: no time counts
    sweep: bool = False  # no net but the third is left
    tests: float = 1.5  # seconds that the tests of the run take: it must be there still when the blow comes


def once(*numbers: int) -> Callable[[Victim, Random], float]:
    def strike(victim: Victim, random: Random) -> float:
        now = time.time()
        victim.send(random.choice(numbers))
        return now

    return strike


def group(*numbers: int) -> Callable[[Victim, Random], float]:
    def strike(victim: Victim, random: Random) -> float:
        now = time.time()
        victim.send_group(random.choice(numbers))
        return now

    return strike


def kill(*roles: str) -> Callable[[Victim, Random], float]:
    def strike(victim: Victim, random: Random) -> float:
        hits = [victim.send(SIGKILL, role) for role in random.sample(roles, len(roles))]
        return time.time() if any(hits) else NEVER

    return strike


def hail(victim: Victim, random: Random) -> float:
    """Two to twelve signals in quick succession, some of them in the middle of the teardown."""
    begin = time.time()
    for _ in range(random.randint(2, 12)):
        (victim.send if victim.front == "runner" else victim.send_group)(random.choice(POLITE))
        time.sleep(random.choice([0, 0.01, 0.05, 0.2, 0.4]))
    return begin


def ctrl_c(victim: Victim, random: Random) -> float:
    """Ctrl-C again and again: nox dies of the second one, the runner goes on cleaning."""
    begin = time.time()
    for _ in range(random.randint(2, 10)):
        victim.send_group(SIGINT)
        time.sleep(random.uniform(0.01, 0.4))
    return begin


def close_terminal(victim: Victim, random: Random) -> float:
    now = time.time()
    victim.close_terminal()
    return now


def cancel(victim: Victim, random: Random) -> float:
    """As GitHub's runner cancels a job: the entry process alone, then by the mark that its processes carry."""
    begin = time.time()
    for number, patience in ((SIGINT, 7.5), (SIGTERM, 2.5), (SIGKILL, 0)):
        victim.send(number)
        victim.wait(patience)
    if victim.front == "step":  # bash waits for nox, and hears nothing before its death: what counts is the job's end
        begin = time.time()
        for process in victim.processes():
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                if process.environ().get("RUNNER_TRACKING_ID"):
                    process.kill()
    return begin


def freeze(victim: Victim, random: Random) -> float:
    """Stopped for a while; half of them are told to end meanwhile."""
    victim.send(SIGSTOP, "runner")
    time.sleep(random.uniform(0.3, 4))
    if random.random() < 0.5:
        victim.send(random.choice(POLITE), "runner")
    now = time.time()
    victim.send(SIGCONT, "runner")
    return now


GOES_ON = frozenset({0})
DEATHS = (
    Death(name="INT, TERM or HUP to the runner", front="runner", strike=once(*POLITE)),
    Death(name="two to twelve signals to the runner", front="runner", strike=hail),
    Death(name="INT, TERM or HUP to nox", front="nox", strike=once(*POLITE)),
    Death(name="INT, TERM or HUP to the process group", front="nox", strike=group(*POLITE)),
    Death(name="two to ten Ctrl-C", front="terminal", strike=ctrl_c),
    Death(name="the terminal closes", front="terminal", strike=close_terminal),
    Death(name="INT, TERM or HUP to scripts/run-tests.sh", front="script", strike=once(*POLITE)),
    Death(name="KILL of scripts/run-tests.sh", front="script", strike=once(SIGKILL), within=5.0),
    Death(name="KILL of the runner", front="runner", strike=kill("runner"), guard=True, within=5.0),
    Death(
        name="KILL of the runner below nox",
        front="nox",
        strike=kill("runner"),
        guard=True,
        within=5.0,
        wait_for="runner",
    ),
    Death(name="KILL of nox", front="nox", strike=once(SIGKILL), within=5.0),
    Death(name="KILL of the process group", front="nox", strike=group(SIGKILL), guard=True, within=5.0),
    Death(
        name="KILL of the compose client during `up`",
        front="runner",
        strike=kill("compose"),
        codes=frozenset({4}),
        within=5.0,
        wait_for="compose",
        phases=("start",),
    ),
    Death(
        name="KILL of compose client and runner during `up`",
        front="runner",
        strike=kill("compose", "runner"),
        guard=True,
        within=5.0,
        wait_for="compose",
        phases=("start",),
    ),
    Death(name="CI cancel of nox", front="nox", strike=cancel, within=7.0),
    Death(  # nobody tells the run for ten seconds
        name="CI cancel of a step that runs nox",
        front="step",
        strike=cancel,
        guard=True,
        within=5.0,
        tests=15.0,
    ),
    Death(
        name="STOP, later CONT of the runner",
        front="runner",
        strike=freeze,
        codes=INTERRUPTED | GOES_ON,
        within=None,
        goes_on=True,
    ),
    Death(
        name="KILL of the guard alone",
        front="runner",
        strike=kill("guard"),
        codes=GOES_ON,
        within=None,
        wait_for="guard",
        goes_on=True,
    ),
    Death(
        name="KILL of runner and guard, then `clean`",
        front="runner",
        strike=kill("runner", "guard"),
        guard=True,
        within=None,
        wait_for="guard",
        sweep=True,
    ),
)
