"""Each port of the range with its holder, the free ones drawn together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from itertools import groupby

from hub_runner.doctor.check import Check
from hub_runner.engine import Engine, Failures
from hub_runner.holders import holder


def check(ports: range, engine: Engine | None) -> Check:
    published: dict[int, str] = {}
    if engine:
        with contextlib.suppress(*Failures):
            published = engine.published_ports()
    holders = {port: holder(port, published) for port in ports}
    free = sum(it is None for it in holders.values())
    return Check(
        name="ports",
        good=free > 0,
        text=f"{free} of {len(ports)} free",
        advice="" if free else "stop a holder, wait with `--wait-for-port 60`, or set another range with `--ports`",
        details=tuple(lines(holders.items())),
    )


def lines(holders: Iterable[tuple[int, str | None]]) -> Iterable[str]:
    for who, group in groupby(holders, key=lambda pair: pair[1]):
        taken = [port for port, _ in group]
        if who is None:
            yield f"{taken[0]}-{taken[-1]} free" if len(taken) > 1 else f"{taken[0]} free"
        else:
            yield from (f"{port} {who}" for port in taken)
