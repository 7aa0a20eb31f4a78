"""Running commands against the clock."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Series:
    """Seconds (or what ``unit`` says) of each round."""

    values: tuple[float, ...]
    unit: str = "s"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def over(self, other: Series) -> Series:
        """The ratio of each round, whose two measures were taken one after the other."""
        return Series(tuple(mine / its for mine, its in zip(self.values, other.values, strict=False)), "times")

    def __str__(self) -> str:
        digits = self._digits
        return f"{self.median:.{digits}f} {self.unit} ({len(self.values)}: {self.span})"

    @property
    def span(self) -> str:
        return f"{min(self.values):.{self._digits}f} to {max(self.values):.{self._digits}f}"

    @property
    def _digits(self) -> int:
        return 2 if self.median < 5 else 1 if self.median < 100 else 0


class Failed(SystemExit):
    """A command did not end as expected: nothing of it can be compared."""


def timed(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    log: Path,
    code: int = 0,
    cwd: Path = ROOT,
    stdout: IO[bytes] | None = None,
) -> float:
    """Seconds from the start of a command to its end, which must be as expected: a benchmark of failures proves nothing."""
    with log.open("ab") as out:
        begin = time.monotonic()
        done = subprocess.run(
            command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=out, check=False
        )
        seconds = time.monotonic() - begin
    if done.returncode != code:
        said = log.read_text(encoding="utf-8", errors="replace")[-4000:]
        raise Failed(f"{' '.join(command)} ended with {done.returncode} instead of {code}. It said last:\n{said}")
    return seconds


def environment(work: Path, **more: str) -> dict[str, str]:
    """That of the user, with a log and results that lie apart."""
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith("HUB_RUNNER_") or key == "HUB_RUNNER_STATE"
    }
    return {**clean, "HUB_RUNNER_OUTPUT": str(work), **more}
