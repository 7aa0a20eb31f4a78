"""How the database of a run begins: empty, or (``warm/``) with all of Odoo's own modules that it needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from hub_runner.environment import Environment
from hub_runner.plan import Plan

# Takes the environment of a cold start; gives the one to start instead, and the name of the cache that it starts from.
Start = Callable[[Plan, Environment], AbstractContextManager[tuple[Environment, str | None]]]


def cold_start(plan: Plan, environment: Environment) -> AbstractContextManager[tuple[Environment, str | None]]:
    """An empty database: all that the module depends on is installed in it."""
    return contextlib.nullcontext((environment, None))
