"""How long each module took last time, and whether it failed: a small file that a batch writes and CI may cache."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub_runner.host.files import BROKEN_FILE, remember
from hub_runner.settings import OWN_FOLDER

if TYPE_CHECKING:
    from hub_runner.report.module_end import ModuleEnd

FILE = "durations.json"
LONGEST = 1e9  # seconds that no run takes


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """The last run of a module: its seconds, and whether it was red."""

    seconds: float
    failed: bool = False


def path(output: Path) -> Path:
    """Where the file lies in an output folder."""
    return output / OWN_FOLDER / FILE


def load(output: Path) -> dict[str, LastRun]:
    """What is known by module. A file that is missing or broken is no error: it only helps to order and to balance."""
    try:
        document = json.loads(path(output).read_text(encoding="utf-8"))
        entries = document["modules"].items()
        known = {str(name): LastRun(seconds=float(last["seconds"]), failed=bool(last["failed"])) for name, last in entries}
        return {name: last for name, last in known.items() if 0 <= last.seconds < LONGEST}
    except BROKEN_FILE:
        return {}


def save(output: Path, fresh: Mapping[str, LastRun]) -> None:
    """Adds what a batch has learnt. If another batch does so at once, one of them is forgotten, and none is torn."""
    known = {**load(output), **fresh}
    entries = {name: {"seconds": round(last.seconds, 3), "failed": last.failed} for name, last in sorted(known.items())}
    remember(path(output), f"{json.dumps({'schema': 1, 'modules': entries}, indent=1)}\n".encode())


def likely(names: Iterable[str], known: Mapping[str, LastRun]) -> list[float]:
    """Seconds that each is likely to take: as last time, and the median of those for what is not known; [] if none is."""
    if not known:
        return []
    usual = statistics.median(last.seconds for last in known.values())
    return [known[name].seconds if name in known else usual for name in names]


def learn(output: Path, ends: Iterable[ModuleEnd]) -> None:
    """Adds how these modules ended: those that were run as a whole."""
    whole = (end for end in ends if end.run and not end.part)
    save(output, {end.module: LastRun(seconds=end.seconds, failed=bool(end.return_code)) for end in whole})


def in_order(names: Iterable[str], known: Mapping[str, LastRun]) -> list[str]:
    """What failed last time first, then what is short; what is not known comes last, in the order given."""
    unknown = LastRun(seconds=math.inf)
    return sorted(names, key=lambda name: (not known.get(name, unknown).failed, known.get(name, unknown).seconds))
