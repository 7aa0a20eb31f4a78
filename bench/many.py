"""A checkout with a thousand modules: what choosing among them takes, and what a batch of all costs beside their tests."""

from __future__ import annotations

import resource
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.share import runner
from bench.timing import timed
from tests.standins import images
from tests.standins.checkout import PASS, Checkout, checkout

MODULES, JOBS = 1000, 8
GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org")


@dataclass(frozen=True)
class Many:
    """A git repository with stand-ins that print nothing and pass."""

    place: Checkout
    log: Path

    @classmethod
    def made(cls, work: Path, count: int = MODULES) -> Many:
        place = checkout(work / "many", images(), modules={f"module_{n}": PASS for n in range(count)}, cold=True)
        for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "all")):
            subprocess.run((*GIT, *arguments), cwd=place.root, check=True)
        return cls(place, work / "many.log")

    def changed(self) -> float:
        """One module differs."""
        (self.place.root / "addons" / "module_7" / "new.py").touch()
        return self._timed("list", "--changed-since", "HEAD")

    def matrix(self) -> float:
        return self._timed("matrix", "--shards", "20")

    def batch(self) -> Cost:
        """All that a batch and what it starts use of the processor, Docker's clients included, for each module."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Growth() as growth:
            self._timed("run", "--all", f"--jobs={JOBS}", "--quiet")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        count = len(list((self.place.root / "addons").iterdir()))
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(processor=seconds / count, growth=growth.megabytes)

    def _timed(self, *arguments: str) -> float:
        command = (runner(), "-m", "hub_runner", *arguments)
        return timed(command, self.place.environ, log=self.log, cwd=self.place.root)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """``processor``: seconds for each module; ``growth``: megabytes that the batch takes at its end more than early on."""

    processor: float
    growth: float


class Growth(threading.Thread):
    """The memory of the process that began the batch: its last tenth less its second, in the mean."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: list[float] = []
        self._over = threading.Event()

    @property
    def megabytes(self) -> float:
        tenth = max(len(self._seen) // 10, 1)
        first, last = self._seen[tenth : 2 * tenth] or self._seen, self._seen[-tenth:]
        return (sum(last) / len(last) - sum(first) / len(first)) / 1e6

    def __enter__(self) -> Growth:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.5):
            for process in psutil.Process().children():
                try:
                    if "hub_runner" in process.cmdline():
                        self._seen.append(process.memory_info().rss)
                except psutil.Error:
                    continue
