"""Removing a project and looking until nothing is left: the one cleanup that the run, the guard and the sweep share.

It asks the engine by label and not `docker compose down`, which returns 0 and leaves what a foreign container uses, and what
`compose run` made. Exit codes prove nothing (incident I2): only an engine that shows nothing does.

Compose clients that still create what a teardown removes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil

from hub_runner.engine.client import Engine, Failures, connect
from hub_runner.engine.resources import Resource
from hub_runner.errors import EnvironmentFailure

# A creation that was in flight when its client died still completes a moment later: so many looks must show nothing,
# with so many seconds between two of them.
LOOKS, PAUSE = 3, 0.3
ENDLESS = 30  # tries, after which somebody else makes it again and again


@dataclass
class Cleanup:
    """What a teardown did, and what it could not do."""

    project: str
    removed: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)  # resource -> why
    engine_away: str = ""  # the engine's last word where nothing could be verified
    idle: bool = False  # nothing was made, so there was nothing to remove

    @property
    def is_clean(self) -> bool:
        return not self.left and not self.engine_away

    def __str__(self) -> str:
        if self.idle:
            return "not needed: nothing was started"
        if self.engine_away:
            return f"not verified, the engine did not answer: {self.engine_away}"
        if self.left:
            return "left behind: " + "; ".join(f"{name} ({why})" for name, why in self.left.items())
        return f"verified: nothing of {self.project} is left in the engine (removed {len(self.removed)})"

    def advice(self) -> str:
        """What is left, why, and the command to try."""
        rows = [f"  {name}: {why}\n    try: docker {_remover(name)}" for name, why in self.left.items()]
        return "\n".join(["The run left something in the engine that it could not remove:", *rows])


def _remover(resource: str) -> str:
    kind, _, name = resource.partition(" ")
    return {"container": "rm --force --volumes", "network": "network rm", "volume": "volume rm"}[kind] + f" {name}"


def teardown(
    project: str,
    *,
    limit: float = 10,
    patience: float = 20,
    settled: bool = False,
    look: Callable[..., Engine] = connect,
) -> Cleanup:
    """Removes ``project`` and verifies it. Never raises: the answer says what is left. All times are in seconds.

    ``limit`` is for what cannot be removed, ``patience`` for an engine that is away. However slow an engine is, all is
    tried several times, and nothing is called clean before it was seen to be. Where every client that makes anything is
    known to have come to its end, all is ``settled``, and one look that shows nothing is enough.
    """
    cleanup, begin, empty = Cleanup(project), time.monotonic(), 0
    engine: Engine | None = None
    failed: list[Resource] = []  # an anonymous volume is not found again once its container is gone
    tries = 0
    while True:
        tries += 1
        kill_clients(project)
        try:
            engine = engine or look(timeout=10)
            found = list({str(it): it for it in (*failed, *engine.of_project(project))}.values())
            cleanup.engine_away, cleanup.left, empty = "", {}, 0 if found else empty + 1
            failed = _remove_all(engine, found, cleanup)
        except (*Failures, EnvironmentFailure) as error:
            cleanup.engine_away, engine, empty = str(error), None, 0
        late = time.monotonic() - begin > (patience if cleanup.engine_away else limit)
        if empty == (1 if settled else LOOKS) or (late and tries >= LOOKS and not cleanup.is_clean):
            return cleanup
        if late and tries >= ENDLESS:
            cleanup.left = {str(it): "it comes back after each removal" for it in found}
            return cleanup
        if not (settled and cleanup.is_clean):
            time.sleep(PAUSE)


def _remove_all(engine: Engine, found: list[Resource], cleanup: Cleanup) -> list[Resource]:
    """Containers beside each other, then networks and volumes, which are free only then; those that stayed."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        for these in ([it for it in found if it.kind == "container"], [it for it in found if it.kind != "container"]):
            for resource, why in zip(these, pool.map(lambda it: _remove(engine, it), these), strict=True):
                if why:
                    cleanup.left[str(resource)] = why
                elif str(resource) not in cleanup.removed:
                    cleanup.removed.append(str(resource))
    return [it for it in found if str(it) in cleanup.left]


def _remove(engine: Engine, resource: Resource) -> str:
    """Why it could not be removed, in the engine's words; empty where it could."""
    try:
        engine.remove(resource)
    except Failures as error:
        holders = ", ".join(engine.holders(resource))
        return str(getattr(error, "explanation", None) or error) + (f"; held by container {holders}" if holders else "")
    return ""


def kill_clients(project: str) -> None:
    """Kills what still creates: every compose client of ``project``, whoever started it, plugin processes included."""
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if "--project-name" in line and project in line and "compose" in line:
                process.kill()
        except psutil.Error:
            continue
