"""``nox -s doctor``: what a run would meet here, at a glance, with what to do next. Most needed when nothing works."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO

from hub_runner import __version__
from hub_runner.engine.client import Engine, Failures, connect
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.ports import holders
from hub_runner.machine import checks
from hub_runner.machine.checks import Check
from hub_runner.settings import Settings


def doctor(settings: Settings, *, out: TextIO = sys.stdout) -> int:
    """Prints a line or a few for each check. 0 if a run would work, else the code of an environment failure."""
    print(f"hub-runner {__version__} in {settings.root}: what a run would meet here", file=out)
    works = True
    for check in all_checks(settings):
        print(check, file=out, flush=True)
        works = works and not check.stops
    print("A run would work." if works else "!! A run would fail: see the lines marked with !!.", file=out)
    return 0 if works else EnvironmentFailure.return_code


def all_checks(settings: Settings) -> Iterator[Check]:
    """Each check stands for itself: what one cannot find out keeps no other from its answer."""
    yield checks.tools()
    yield checks.modules(settings)
    engine, refusal = reach()
    with contextlib.closing(engine.client) if engine else contextlib.nullcontext():
        yield checks.engine_version(engine) if engine else Check(name="engine", good=False, text=refusal)
        yield from others(settings, engine)


def others(settings: Settings, engine: Engine | None) -> Iterator[Check]:
    """All checks after that of the engine itself; without an engine, those that can do without."""
    yield checks.compose()
    model = checks.model(settings)
    yield checks.compose_file(settings, model)
    if engine:
        yield from checks.images(settings, engine, model)
    yield ports(settings.port_range, engine)
    if engine:
        yield checks.runs(settings, engine)
        yield checks.lasting(settings, engine)
        yield checks.caches(settings, engine)
        yield checks.derived_images(settings, engine)
    yield from checks.disk(settings, checks.data_root(engine) if engine else None)
    yield checks.output(settings)
    yield checks.state()


def reach() -> tuple[Engine | None, str]:
    try:
        return connect(timeout=10), ""
    except EnvironmentFailure as error:
        return None, str(error)


def ports(numbers: range, engine: Engine | None) -> Check:
    """Each port of the range with its holder, the free ones drawn together."""
    published: dict[int, str] = {}
    if engine:
        with contextlib.suppress(*Failures):
            published = engine.published_ports()
    found = holders(numbers, published)
    free = sum(who is None for who in found.values())
    return Check(
        name="ports",
        good=free > 0,
        text=f"{free} of {len(numbers)} free",
        advice="" if free else "stop a holder, wait with `--wait-for-port 60`, or set another range with `--ports`",
        details=tuple(lines(found.items())),
    )


def lines(holders: Iterable[tuple[int, str | None]]) -> Iterable[str]:
    """One for each port that is held, and one for each row of free ones."""
    for who, group in groupby(holders, key=lambda pair: pair[1]):
        taken = [port for port, _ in group]
        if who is None:
            yield f"{taken[0]}-{taken[-1]} free" if len(taken) > 1 else f"{taken[0]} free"
        else:
            yield from (f"{port} {who}" for port in taken)
