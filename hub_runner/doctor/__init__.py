"""``nox -s doctor``: what a run would meet here, at a glance, with what to do next. Most needed when nothing works."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TextIO

from hub_runner import __version__
from hub_runner.connect import connect
from hub_runner.doctor import docker, machine, ports
from hub_runner.doctor.check import Check
from hub_runner.engine import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import Settings


def doctor(settings: Settings, *, out: TextIO = sys.stdout) -> int:
    """Prints a line or a few for each check. 0 where a run would work, else the code of an environment failure."""
    print(f"hub-runner {__version__} in {settings.root}: what a run would meet here", file=out)
    works = True
    for check in checks(settings):
        print(check, file=out, flush=True)
        works = works and not check.stops
    print("A run would work." if works else "!! A run would fail: see the lines marked with !!.", file=out)
    return 0 if works else EnvironmentFailure.return_code


def checks(settings: Settings) -> Iterator[Check]:
    """Each one stands for itself: what one cannot find out keeps no other from its answer."""
    yield machine.tools()
    yield machine.modules(settings)
    engine, refusal = reach()
    with contextlib.closing(engine.client) if engine else contextlib.nullcontext():
        yield docker.engine(engine) if engine else Check(name="engine", good=False, text=refusal)
        yield from others(settings, engine)


def others(settings: Settings, engine: Engine | None) -> Iterator[Check]:
    yield docker.compose()
    model = docker.model(settings)
    yield docker.compose_file(settings, model)
    if engine:
        yield from docker.images(settings, engine, model)
    yield ports.check(settings.port_range, engine)
    if engine:
        yield docker.runs(settings, engine)
        yield docker.caches(settings, engine)
    yield from machine.disk(settings, docker.data_root(engine) if engine else None)
    yield machine.output(settings)
    yield machine.state()


def reach() -> tuple[Engine | None, str]:
    try:
        return connect(timeout=10), ""
    except EnvironmentFailure as error:
        return None, str(error)
