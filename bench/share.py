"""Our own share of a run: all but Odoo's test process and the start of the containers, as the engine itself saw them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterable, Iterator

import psutil

from bench.contestants import MODULE, Contest, nox
from bench.timing import ROOT, environment, timed


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


def own_share(contest: Contest) -> tuple[float, float]:
    """Seconds of a warm run, and how many of them are ours: from the command to the prompt, nox included."""
    with watched() as events:
        total = contest.warm()
    phases = contest.result()["phases"]
    return total, total - events.seconds - phases["start"] - phases["health"]


def of_nox(contest: Contest) -> float:
    """What nox and its environment add: the same command, refused at once, with and without them."""
    environ = environment(contest.work)
    with_nox = timed(nox("no_such_module"), environ, log=contest.log, code=1)
    return with_nox - timed(refused(), environ, log=contest.log, code=2)


def refused() -> tuple[str, ...]:
    return (runner(), "-m", "hub_runner", "run", "no_such_module")


def runner() -> str:
    """The interpreter that nox gives to runs: that of its environment with the runtime dependencies only."""
    stamps = [path for path in ROOT.glob(".nox/hub-runner-*/complete") if not (path.parent / "bin" / "pytest").exists()]
    found = sorted(stamps, key=lambda path: path.stat().st_mtime)
    return str(found[-1].parent / "bin" / "python")


def memory(contest: Contest) -> float:
    """Megabytes of the runner at its highest, the guard beside it included."""
    process = psutil.Popen(
        (runner(), "-m", "hub_runner", "run", MODULE),
        cwd=ROOT,
        env=environment(contest.work),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    highest = 0.0
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            pythons = [it for it in (process, *process.children()) if "python" in it.name()]
            highest = max(highest, sum(it.memory_info().rss for it in pythons) / 1e6)
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(timeout=0.05)
    return highest
