"""From a save to its verdict: ``watch`` on a copy of traction, and what it costs while nobody saves."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.contestants import MODULE, Contest
from bench.share import runner
from bench.timing import ROOT, Failed, environment

QUICK = "test_rock.py"  # one class of six tests
MODEL = "traction_rock.py"
QUICK_TAGS = "/traction:TestRock"


@dataclass
class Watch:
    """A watch that runs. ``addons`` is a copy of ours, so that the checkout is not touched."""

    process: subprocess.Popen[str]
    module: Path
    count: int = field(default=0)

    def verdict(self) -> float:
        """Waits for the next one, which must be green. Returns the seconds of a clock."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line or not json.loads(line)["passed"]:
            raise Failed(f"watch: {line or 'it ended'}")
        return time.monotonic()

    def after_save(self, path: str) -> float:
        """Seconds from a change of the file to its verdict."""
        self.count += 1
        file = self.module / path
        text = re.sub(r"\n# edit \d+\n$", "\n", file.read_text(encoding="utf-8"))
        begin = time.monotonic()
        file.write_text(f"{text.rstrip()}\n# edit {self.count}\n", encoding="utf-8")
        return self.verdict() - begin

    def memory(self) -> float:
        """Megabytes of the watch itself."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def idle(self, seconds: float = 20.0) -> float:
        """Percent of one core that the watch itself takes while nothing is saved."""
        process = psutil.Process(self.process.pid)
        before = sum(process.cpu_times()[:2])
        time.sleep(seconds)
        return float(sum(process.cpu_times()[:2]) - before) / seconds * 100


@contextmanager
def watching(contest: Contest, *arguments: str) -> Iterator[tuple[Watch, float]]:
    """A watch, and the seconds from its start to its first verdict."""
    addons = contest.work / "watched"
    if not addons.exists():
        shutil.copytree(ROOT / "addons" / MODULE, addons / MODULE)
    environ = environment(contest.work, HUB_RUNNER_ADDONS=str(addons))
    command = (runner(), "-m", "hub_runner", "watch", MODULE, "--json", *arguments)
    begin = time.monotonic()
    with (
        contest.log.open("a") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        watch = Watch(process, addons / MODULE)
        try:
            yield watch, watch.verdict() - begin
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    if process.returncode not in (0, 128 + signal.SIGINT):
        raise Failed(f"watch ended with {process.returncode}")
