"""Removes all of a run and looks until nothing is left: the one cleanup that the run, the guard and the sweep share.

It asks the engine by label and does not use `docker compose down`, which returns 0 and leaves what a foreign container uses,
and what `compose run` made. Incident I2: exit codes prove nothing, only an engine that shows nothing does.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil
import tenacity

from hub_runner.engine.client import Engine, Failures, connect
from hub_runner.engine.resources import Resource
from hub_runner.errors import EnvironmentFailure

# A creation that was in flight when its client died still completes a moment later: so many looks in a row must show
# nothing, with so many seconds between two of them.
EMPTY_LOOKS, PAUSE = 3, 0.3
FEWEST_ROUNDS = 3  # before anything counts as left, however slow the engine is
MOST_ROUNDS = 30  # after so many, somebody else makes again and again what is removed
_REMOVERS = {"container": "rm --force --volumes", "network": "network rm", "volume": "volume rm"}


@dataclass
class Cleanup:
    """What a teardown did, and what it could not do."""

    run_id: str
    removed: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)  # resource, such as "volume NAME": why it is left
    engine_away: str = ""  # the engine's last words, if nothing could be verified
    idle: bool = False  # nothing was made, so there was nothing to remove
    kept_until: str = ""  # on request, and the guard removes it then

    @property
    def is_clean(self) -> bool:
        return not self.left and not self.engine_away

    def __str__(self) -> str:
        if self.idle:
            return "not needed: nothing was started"
        if self.kept_until:
            return f"put off: kept until {self.kept_until} as --keep asks for, then the guard removes it"
        if self.engine_away:
            return f"not verified, the engine did not answer: {self.engine_away}"
        if self.left:
            return "left behind: " + "; ".join(f"{name} ({why})" for name, why in self.left.items())
        return f"verified: nothing of {self.run_id} is left in the engine (removed {len(self.removed)})"

    def advice(self) -> str:
        """What is left, why, and the command to try."""
        rows = [f"  {name}: {why}\n    try: docker {_remover(name)}" for name, why in self.left.items()]
        return "\n".join(["The run left something in the engine that it could not remove:", *rows])


def _remover(resource: str) -> str:
    kind, _, name = resource.partition(" ")
    return f"{_REMOVERS[kind]} {name}"


def teardown(
    run_id: str,
    *,
    limit: float = 10,
    patience: float = 20,
    settled: bool = False,
    keep_volumes: bool = False,
    connector: Callable[[float], Engine] = connect,
) -> Cleanup:
    """Removes all that ``run_id`` has and verifies it. Never raises: the answer says what is left.

    ``limit`` is for what cannot be removed, ``patience`` for an engine that is away, both in seconds. However slow an
    engine is, all is tried several times, and nothing is called clean before it was seen to be. ``settled`` says that
    nothing can be in the making any more: then one look that shows nothing is enough. ``keep_volumes`` keeps the volumes
    that bear the run's name. ``connector`` takes the seconds for each answer.
    """
    work = _Teardown(
        run_id,
        empty_looks=1 if settled else EMPTY_LOOKS,
        limit=limit,
        patience=patience,
        keep_volumes=keep_volumes,
        connector=connector,
    )
    rounds = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda over: not over),
        wait=lambda _: 0 if settled and work.cleanup.is_clean else PAUSE,
    )
    rounds(work.round)
    return work.cleanup


class _Teardown:
    """One teardown: rounds of removing and looking, until it is proven clean or has to give up."""

    def __init__(
        self,
        run_id: str,
        *,
        empty_looks: int,
        limit: float,
        patience: float,
        keep_volumes: bool,
        connector: Callable[[float], Engine],
    ) -> None:
        self.cleanup = Cleanup(run_id)
        self._wanted_looks, self._limit, self._patience = empty_looks, limit, patience
        self._keep_volumes, self._connector = keep_volumes, connector
        self._begin = time.monotonic()
        self._rounds = 0
        self._empty_looks = 0  # in a row
        self._engine: Engine | None = None
        self._seen: list[str] = []  # in the last look
        self._stayed: list[Resource] = []  # an anonymous volume is not found again once its container is gone

    def round(self) -> bool:
        """Ends what still creates, looks, and removes what is there. Whether this was the last round."""
        self._rounds += 1
        kill_clients(self.cleanup.run_id)
        try:
            self._engine = self._engine or self._connector(10)
            self._remove(self._engine)
        except (*Failures, EnvironmentFailure, OSError) as error:  # an OSError if this machine is short of something
            self.cleanup.engine_away, self._engine, self._empty_looks = str(error), None, 0
        return self._empty_looks == self._wanted_looks or self._gives_up()

    def _remove(self, engine: Engine) -> None:
        found = (*self._stayed, *engine.of_run(self.cleanup.run_id))
        there = {str(resource): resource for resource in found if not self._stays(resource)}
        self._seen = list(there)
        self._empty_looks = 0 if there else self._empty_looks + 1
        reasons = _remove_all(engine, list(there.values()))
        self.cleanup.engine_away = ""
        self.cleanup.left = {name: why for name, why in reasons.items() if why}
        self.cleanup.removed += [name for name in there if name not in {*self.cleanup.left, *self.cleanup.removed}]
        self._stayed = [there[name] for name in self.cleanup.left]

    def _stays(self, resource: Resource) -> bool:
        return self._keep_volumes and resource.kind == "volume" and resource.name.startswith(f"{self.cleanup.run_id}_")

    def _gives_up(self) -> bool:
        """Whether the time is over, and what is the matter by now will be tomorrow, too."""
        allowed = self._patience if self.cleanup.engine_away else self._limit
        if self._rounds < FEWEST_ROUNDS or time.monotonic() - self._begin <= allowed:
            return False
        if self.cleanup.is_clean and self._rounds >= MOST_ROUNDS:
            self.cleanup.left = dict.fromkeys(self._seen, "it comes back after each removal")
        return not self.cleanup.is_clean


def _remove_all(engine: Engine, resources: list[Resource]) -> dict[str, str]:
    """Why each could not be removed; empty if it was. Containers come first: networks and volumes are free only then."""
    reasons: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        for is_container in (True, False):
            batch = [resource for resource in resources if (resource.kind == "container") is is_container]
            for resource, why in zip(batch, pool.map(lambda resource: _remove(engine, resource), batch), strict=True):
                reasons[str(resource)] = why
    return reasons


def _remove(engine: Engine, resource: Resource) -> str:
    """Why it could not be removed, in the engine's words; empty if it was."""
    try:
        engine.remove(resource)
    except Failures as error:
        holders = ", ".join(engine.holders(resource))
        return str(getattr(error, "explanation", None) or error) + (f"; held by container {holders}" if holders else "")
    return ""


def _processes() -> Iterator[psutil.Process]:
    """All processes, or none if this machine is so short of something that they cannot be listed: removing goes on."""
    with contextlib.suppress(OSError):
        yield from psutil.process_iter()


def kill_clients(run_id: str) -> None:
    """Kills what still creates: every compose client of the run, whoever started it, plugin processes included."""
    for process in _processes():
        try:
            command_line = process.cmdline()
            if "--project-name" in command_line and run_id in command_line and "compose" in command_line:
                process.kill()
        except psutil.Error:
            continue
