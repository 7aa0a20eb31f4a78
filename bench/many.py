"""A checkout with a thousand modules: what choosing among them takes, and what a batch of all costs beside their tests."""

from __future__ import annotations

import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.share import Memory, as_nox_gives_it, runner
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
        with Memory(recursive=False) as memory:
            self._timed("run", "--all", f"--jobs={JOBS}", "--quiet")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        count = len(list((self.place.root / "addons").iterdir()))
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(processor=seconds / count, growth=memory.growth)

    def _timed(self, *arguments: str) -> float:
        command = (runner(), "-m", "hub_runner", *arguments)
        return timed(command, as_nox_gives_it(self.place.environ), log=self.log, cwd=self.place.root)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """``processor``: seconds for each module; ``growth``: megabytes that the batch takes at its end more than early on."""

    processor: float
    growth: float
