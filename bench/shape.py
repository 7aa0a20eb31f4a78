"""A graph of modules that is shaped like OCA's, from numbers that were counted in real modules; no engine and no Odoo.

`shape.json` was counted on 26 November 2026. ``odoo_depends`` and ``odoo_auto_install`` are the 377 modules of Odoo 19.0
that are of no country, as numbers, what others need first; ``named_by_public`` is how many of 185 public modules (OCA's,
18.0 and 19.0) name each of them, ``named_by_odoo`` how many of Odoo's own do; ``core_names`` and ``local_names`` how many
of the 185 name 0, 1, 2 ... modules of Odoo, and of their own repository; ``asks_for_pages`` how many of them have an
HttpCase; ``warm_seconds`` what 55 of them took warm on 19.0, without the time for their database, on a machine with two
cores that had other work.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from hub_runner.warm.inventory import Addon, Inventory

SHAPE: dict[str, Any] = json.loads(Path(__file__).with_name("shape.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """A module of the checkout: ``depends`` is what its manifest names, ``core`` what it needs of Odoo, as a plan has it."""

    name: str
    depends: tuple[str, ...]
    core: tuple[str, ...]
    asks_for_pages: bool
    seconds: float  # that its warm run takes


class Remembered(Inventory):
    """Each run of a batch asks for the same closures, in a process of its own. Here they are one process."""

    @cached_property
    def _closures(self) -> dict[tuple[str, ...], frozenset[str]]:
        return {}

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        key = tuple(names)
        if key not in self._closures:
            self._closures[key] = super().closure(key)
        return self._closures[key]


def odoo() -> Inventory:
    """What the launcher would say of Odoo 19.0, with numbers for names."""
    pairs = zip(SHAPE["odoo_depends"], SHAPE["odoo_auto_install"], strict=True)
    return Remembered(
        modules={
            _name(number): cast(
                Addon,
                {
                    "depends": [_name(it) for it in depends],
                    "auto_install": False if auto_install is None else [_name(it) for it in auto_install],
                    "installable": True,
                    "countries": [],
                },
            )
            for number, (depends, auto_install) in enumerate(pairs)
        }
    )


def _name(number: int) -> str:
    return f"odoo_{number}" if number else "base"


def checkout(count: int, seed: int) -> list[Simulated]:
    """``count`` modules. A name of Odoo's is drawn by what public modules name, and by what Odoo's own do, half and half:

    the 185 are mostly small tools on base, web and mail, and OCA has as many on sale, stock and account.
    """
    drawn = random.Random(seed)
    public, own = SHAPE["named_by_public"], SHAPE["named_by_odoo"]
    weights = [one / sum(public) + other / sum(own) for one, other in zip(public, own, strict=True)]
    found: list[Simulated] = []
    for number in range(count):
        names = drawn.choices(range(len(weights)), weights, k=_how_many(drawn, "core_names"))
        locals_ = drawn.choices(found, k=_how_many(drawn, "local_names")) if found else []
        core = {_name(it) for it in names} or ({"base"} if not locals_ else set[str]())
        pages, total = SHAPE["asks_for_pages"]
        found.append(
            Simulated(
                name=f"module_{number}",
                depends=tuple(sorted({*core, *(it.name for it in locals_)})),
                core=tuple(sorted(core.union(*(it.core for it in locals_)))),
                asks_for_pages=drawn.random() < pages / total,
                seconds=drawn.choice(SHAPE["warm_seconds"]),
            )
        )
    return found


def _how_many(drawn: random.Random, what: str) -> int:
    return drawn.choices(range(len(SHAPE[what])), SHAPE[what])[0]
