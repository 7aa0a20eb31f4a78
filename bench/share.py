"""Our own share of a run: all but Odoo's test process and the start of the containers, as the engine itself saw them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import psutil

from bench.contestants import Contest, nox
from bench.timing import ROOT, environment, timed
from hub_runner.machine.session_environment import bytecode


class Events:
    """What the engine tells of commands in containers, while they run."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self.seconds = 0.0

    def read(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.take(line)

    def take(self, line: str) -> None:
        event = json.loads(line)
        action, key, now = event["Action"], event["Actor"]["Attributes"].get("execID", ""), event["timeNano"] / 1e9
        if action.startswith("exec_start") and "launcher.pyz" in action:
            self._began[key] = now
        elif action == "exec_die" and key in self._began:
            self.seconds = now - self._began.pop(key)


@contextlib.contextmanager
def watched() -> Iterator[Events]:
    """The engine's own clock for Odoo's test process."""
    seen, command = Events(), ("docker", "events", "--format", "{{json .}}", "--filter", "type=container")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        reader = threading.Thread(target=seen.read, args=(process.stdout,))
        reader.start()
        try:
            yield seen
        finally:
            process.terminate()
            reader.join()


@dataclass(frozen=True)
class Share:
    """A warm run, nox included: seconds in all, how many of them are ours, and the runner's megabytes at their highest."""

    total: float
    ours: float
    memory: float


def of_us(contest: Contest) -> Share:
    """From the command to the prompt, less the start of the containers and Odoo's test process, which boots from then on."""
    with watched() as events, Memory() as memory:
        total = contest.warm()
    phases = contest.result()["phases"]
    return Share(total, total - events.seconds - phases["start"], memory.megabytes)


class Memory(threading.Thread):
    """The memory of ``python -m hub_runner`` and its guard, while the block lasts: looked at five times a second.

    It is their proportional set size: a page that several processes share, as those of Python's library, counts once.
    """

    def __init__(self, *, recursive: bool = True) -> None:
        """``recursive`` counts the processes that they start, too."""
        super().__init__()
        self._recursive = recursive
        self._seen: list[int] = []
        self._over = threading.Event()

    @property
    def megabytes(self) -> float:
        """The highest."""
        return max(self._seen, default=0) / 1e6

    @property
    def growth(self) -> float:
        """Its last tenth less its second, in the mean, in megabytes."""
        tenth = max(len(self._seen) // 10, 1)
        first, last = self._seen[tenth : 2 * tenth] or self._seen, self._seen[-tenth:]
        return (sum(last) / len(last) - sum(first) / len(first)) / 1e6

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.2):
            with contextlib.suppress(psutil.Error):
                children = psutil.Process().children(recursive=self._recursive)
                ours = [it for it in children if "hub_runner" in " ".join(it.cmdline()[:3])]
                self._seen += [sum(it.memory_full_info().pss for it in ours)] if ours else []


def of_nox(contest: Contest) -> float:
    """What nox and its environment add: the same command, refused at once, with and without them."""
    environ = environment(contest.work)
    with_nox = timed(nox("no_such_module"), environ, log=contest.log, code=1)
    return with_nox - timed(refused(), as_nox_gives_it(environ), log=contest.log, code=2)


def refused() -> tuple[str, ...]:
    return (runner(), "-m", "hub_runner", "run", "no_such_module")


def as_nox_gives_it(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` for a command without nox: Python finds the bytecode of the environment there, too."""
    given = {**environ, **bytecode(runner())}
    return {name: value for name, value in given.items() if value is not None}


def runner() -> str:
    """The interpreter that nox gives to runs: that of its environment with the runtime dependencies only."""
    stamps = [path for path in ROOT.glob(".nox/hub-runner-*/complete") if not (path.parent / "bin" / "pytest").exists()]
    found = sorted(stamps, key=lambda path: path.stat().st_mtime)
    return str(found[-1].parent / "bin" / "python")
