"""The modules of a checkout in shards for CI: of about the same duration, those on one prepared database together."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from hub_runner.checkout.modules import Catalogue, read
from hub_runner.errors import UsageError
from hub_runner.fleet.durations import LastRun
from hub_runner.report.result_file import expect_schema

SCHEMA = 1
TOLERANCE = 1.25  # times a fair share: modules of one prepared database that take longer are divided
Item = TypeVar("Item", str, tuple[str, ...])


class Format(StrEnum):
    """What `hub-runner matrix` prints."""

    JSON = "json"
    GITHUB = "github"  # lines for $GITHUB_OUTPUT
    GITLAB = "gitlab"  # the jobs of a child pipeline


@dataclass(frozen=True, kw_only=True)
class Shard:
    """The modules of one CI job; ``seconds`` is what they took last time, or are likely to take."""

    number: int  # from 1
    modules: tuple[str, ...]
    seconds: float


def shards(names: Sequence[str], count: int, modules: Catalogue, known: Mapping[str, LastRun]) -> tuple[Shard, ...]:
    """At most ``count`` shards, none of them empty.

    Modules that need the same of Odoo start from the same prepared database, and stay together unless they would make a
    shard much longer than the others. What is not known takes as long as the median of what is.
    """
    count = min(count, len(names)) or 1
    usual = statistics.median([last.seconds for last in known.values()] or [1.0])
    seconds = {name: max(known[name].seconds if name in known else usual, 0.001) for name in names}
    needs = _Needs(modules)
    groups: dict[frozenset[str], list[str]] = {}
    for name in names:
        groups.setdefault(needs.of(name), []).append(name)
    fair = sum(seconds.values()) / count
    pieces: list[tuple[str, ...]] = []
    for group in groups.values():
        share = sum(seconds[name] for name in group) / fair
        parts = math.ceil(round(share, 6)) if share > TOLERANCE else 1
        pieces += [tuple(piece) for piece in _dealt(group, parts, seconds)]
    lengths = {piece: sum(seconds[name] for name in piece) for piece in pieces}
    filled = [sorted(name for piece in shard for name in piece) for shard in _dealt(pieces, count, lengths)]
    return tuple(
        Shard(number=number, modules=tuple(shard), seconds=round(sum(seconds[name] for name in shard), 3))
        for number, shard in enumerate(filled, 1)
    )


def _dealt(items: Iterable[Item], count: int, seconds: Mapping[Item, float]) -> list[list[Item]]:
    """The items in at most ``count`` heaps: the longest first, each onto the heap that is shortest by then."""
    heaps: list[list[Item]] = [[] for _ in range(count)]
    lengths = [0.0] * count
    for item in sorted(items, key=lambda item: -seconds[item]):
        shortest = lengths.index(min(lengths))
        heaps[shortest].append(item)
        lengths[shortest] += seconds[item]
    return [heap for heap in heaps if heap]


class _Needs:
    """The modules outside of the checkout that a module needs, directly or through others of the checkout."""

    def __init__(self, modules: Catalogue) -> None:
        self._modules = modules
        self._depends: dict[str, tuple[str, ...]] = {}

    def of(self, name: str) -> frozenset[str]:
        outside: set[str] = set()
        seen, queue = {name}, [name]
        while queue:
            for needed in self._of_manifest(queue.pop()):
                if needed not in self._modules.folders:
                    outside.add(needed)
                elif needed not in seen:
                    seen.add(needed)
                    queue.append(needed)
        return frozenset(outside)

    def _of_manifest(self, name: str) -> tuple[str, ...]:
        if name not in self._depends:
            try:
                self._depends[name] = read(self._modules.folders[name]).depends
            except UsageError:  # its run says what is wrong with its manifest
                self._depends[name] = ()
        return self._depends[name]


def document(planned: Sequence[Shard]) -> str:
    """What matrix.json holds, one line: `merge` compares the results of the shards with it."""
    entries = [{"shard": shard.number, "modules": list(shard.modules), "seconds": shard.seconds} for shard in planned]
    return json.dumps({"schema": SCHEMA, "shards": entries}) + "\n"


def expected(text: str) -> list[str]:
    """The modules that a matrix.json names. Raises ValueError, KeyError or TypeError if it is none."""
    read_document = json.loads(text)
    expect_schema(read_document, SCHEMA)
    return [str(module) for shard in read_document["shards"] for module in shard["modules"]]


def shown(planned: Sequence[Shard], form: Format) -> str:
    """The shards in the form that a CI system reads."""
    if form is Format.JSON:
        return document(planned)
    if form is Format.GITHUB:
        include = [{"shard": shard.number, "modules": " ".join(shard.modules)} for shard in planned]
        return f"matrix={json.dumps({'include': include})}\nshards={len(planned)}\n"
    return "".join((_plan(planned), *map(_job, planned)))


def _plan(planned: Sequence[Shard]) -> str:
    """A job of the child pipeline that hands matrix.json on: a pipeline without a job would be refused, too."""
    variables = json.dumps({"PLAN": document(planned).strip()})
    return f"shard plan:\n  extends: .shard-plan\n  variables: {variables}\n"


def _job(shard: Shard) -> str:
    """YAML, in which every JSON text is valid. `.shard` and `.shard-plan` are jobs of the repository's own."""
    variables = json.dumps({"SHARD": str(shard.number), "MODULES": " ".join(shard.modules)})
    return f"shard {shard.number}:\n  extends: .shard\n  variables: {variables}\n"
