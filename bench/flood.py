"""A gigabyte of log: what it costs to stream, write down and show it, compared with `docker compose exec` to a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.share import Memory, runner
from bench.timing import timed
from tests.standins import images
from tests.standins.checkout import Checkout, checkout

# One gigabyte in lines of 128 bytes, written in blocks of one megabyte: it is not the shell that is measured.
FLOOD = f"""\
block='2025-01-01 12:00:00,000 7 INFO hub_runner_test odoo.standin: {"x" * 65}
'
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13; do block="$block$block"; done
count=0
while [ $count -lt 1024 ]; do echo -n "$block"; count=$((count + 1)); done
"""
COMPOSE = ("docker", "compose", "--project-name", "hub-agent-bench-flood", "--file", "docker-compose.agent.yml")


@dataclass(frozen=True)
class Flood:
    """Stand-ins that print and do nothing else; ``memory`` is filled with the megabytes of each run."""

    place: Checkout
    log: Path
    memory: list[float]

    def ours(self) -> float:
        """Seconds of a run, less those of its containers."""
        with Memory() as memory:
            total = self._timed(runner(), "-m", "hub_runner", "run", "probe")
        self.memory.append(memory.megabytes)
        phases = json.loads((self.place.root / "result.json").read_text(encoding="utf-8"))["phases"]
        return total - sum(float(phases[name]) for name in ("start", "health", "teardown"))

    def compose(self) -> float:
        with (self.place.root / "flood.log").open("wb") as file:
            return timed(
                (*COMPOSE, "exec", "-T", "odoo", "sh", "-c", FLOOD),
                self.environ,
                log=self.log,
                cwd=self.place.root,
                stdout=file,
            )

    def _timed(self, *command: str) -> float:
        return timed(command, self.environ, log=self.log, cwd=self.place.root)

    @property
    def environ(self) -> dict[str, str]:
        """For both: compose must be told what the runner reads in the settings."""
        odoo, db = (str(self.place.settings[name]) for name in ("odoo_image", "db_image"))
        return {**self.place.environ, "HUB_RUNNER_ODOO_IMAGE": odoo, "HUB_RUNNER_DB_IMAGE": db, "HUB_RUNNER_PORT": "8108"}

    @contextmanager
    def up(self) -> Iterator[None]:
        """The containers of `docker compose exec`."""
        try:
            self._timed(*COMPOSE, "up", "--detach", "--wait")
            yield
        finally:
            with suppress(SystemExit):
                self._timed(*COMPOSE, "down", "--volumes", "--timeout", "0")


@contextmanager
def flood(work: Path) -> Iterator[Flood]:
    script = f"begin test_one\n{FLOOD}passed test_one\nfinish 0\n"
    place = checkout(work / "flood", images(), modules={"probe": script}, cold=True)
    both = Flood(place, work / "flood.log", [])
    with both.up():
        yield both
