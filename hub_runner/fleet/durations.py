"""How long each module took last time, and whether it failed: a small file that a batch writes and CI may cache."""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub_runner.settings import OWN_FOLDER

FILE = "durations.json"


@dataclass(frozen=True, kw_only=True)
class Past:
    """The last run of a module: its seconds, and whether it was red."""

    seconds: float
    failed: bool = False


def path(output: Path) -> Path:
    """Where the file lies in an output folder."""
    return output / OWN_FOLDER / FILE


def load(output: Path) -> dict[str, Past]:
    """What is known by module. A file that is missing or broken is no error: it only helps to order and to balance."""
    try:
        document = json.loads(path(output).read_text(encoding="utf-8"))
        entries = document["modules"].items()
        known = {str(name): Past(seconds=float(past["seconds"]), failed=bool(past["failed"])) for name, past in entries}
        return {name: past for name, past in known.items() if math.isfinite(past.seconds) and past.seconds >= 0}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def save(output: Path, fresh: Mapping[str, Past]) -> None:
    """Adds what a batch has learnt. If another batch does so at once, one of them is forgotten, and none is torn."""
    known = {**load(output), **fresh}
    entries = {name: {"seconds": round(past.seconds, 3), "failed": past.failed} for name, past in sorted(known.items())}
    temporary = path(output).with_name(f".{FILE}.{secrets.token_hex(4)}")
    with contextlib.suppress(OSError):  # a disk that is full or read-only: the next batch is ordered less well
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({"schema": 1, "modules": entries}, indent=1) + "\n", encoding="utf-8")
        os.replace(temporary, path(output))  # noqa: PTH105


def likely(names: Iterable[str], known: Mapping[str, Past]) -> list[float]:
    """Seconds that each is likely to take: as last time, and the median of those for what is not known; [] if none is."""
    if not known:
        return []
    usual = statistics.median(past.seconds for past in known.values())
    return [known[name].seconds if name in known else usual for name in names]


def in_order(names: Iterable[str], known: Mapping[str, Past]) -> list[str]:
    """What failed last time first, then what is short; what is not known comes last, in the order given."""
    unknown = Past(seconds=math.inf)
    return sorted(names, key=lambda name: (not known.get(name, unknown).failed, known.get(name, unknown).seconds))
