"""A run in the middle of its life, ready to be struck, and the look at what is left of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

import pytest

from hub_runner.engine.client import Engine
from tests.chaos.trial import locks
from tests.chaos.victim import Victim
from tests.standins.checkout import GO, HANG, HELD, Checkout

ANONYMOUS = 64  # characters of the name of a volume that nobody has named
PATIENCE = 180.0  # seconds, far more than a busy machine needs: it ends a hang; the chaos measures what is promised


class Scene:
    """``victim`` has come to the phase that was asked for; the anonymous volumes of its containers are known."""

    def __init__(self, engine: Engine, victim: Victim) -> None:
        self.engine, self.victim = engine, victim
        self.prefix = f"{victim.checkout.settings['project']}-agent-test-"
        self.volumes = {name for it in self.containers() for name in _anonymous(it)}
        folders = victim.checkout.root.glob(".hub-runner/runs/*")
        self.project = max(folders, key=lambda folder: folder.stat().st_mtime).name  # of the youngest run

    def containers(self) -> list[dict[str, object]]:
        """As the engine lists them, whatever state they are in."""
        every: list[dict[str, object]] = self.engine.api.containers(all=True)
        return [it for it in every if self.prefix in str(it["Names"])]

    def left(self) -> list[str]:
        """What the engine has of it, by names: labels are what the runner itself goes by."""
        networks = [it["Name"] for it in self.engine.api.networks()]
        volumes = [it["Name"] for it in self.engine.api.volumes().get("Volumes") or ()]
        return [
            *(str(it["Names"]) for it in self.containers()),
            *(name for name in (*networks, *volumes) if name.startswith(self.prefix)),
            *(name for name in volumes if name in self.volumes),
        ]

    def becomes_clean(self, within: float = PATIENCE) -> bool:
        """Waits until nothing is left and all of its processes have ended. ``within=0``: nothing may be left by now."""
        end = time.monotonic() + within
        while self.left() and time.monotonic() < end:
            time.sleep(0.05)
        assert self.left() == []
        assert self.victim.end(timeout=PATIENCE) == []
        assert self.left() == []
        assert locks(self.victim.checkout) == []
        return not list(self.victim.checkout.root.glob("state/runs/*.lock"))

    def ends(self) -> int:
        """Waits for the end of what the user started; its exit code, negative if a signal killed it."""
        return self.victim.process.wait(PATIENCE)

    def says(self, words: str) -> None:
        """Waits until they stand in the log."""
        end = time.monotonic() + PATIENCE
        while words not in self.log:
            assert time.monotonic() < end, self.log
            assert self.victim.process.poll() is None, self.log
            time.sleep(0.02)

    def let_go(self) -> None:
        """Lets tests of ``HELD`` pass."""
        code, said = self.engine.client.containers.get(f"{self.project}-odoo-1").exec_run(f"touch {GO}")
        assert code == 0, said

    @property
    def log(self) -> str:
        return self.victim.logs[-1]

    @property
    def code(self) -> int:
        """The exit code of what the user started, which has ended; negative if a signal killed it."""
        code: int = self.victim.process.returncode
        assert code is not None, self.log
        return code


@contextlib.contextmanager
def running(
    engine: Engine, checkout: Checkout, front: str = "runner", phase: str = "tests", environ: Mapping[str, str] | None = None
) -> Iterator[Scene]:
    """A run that has come to ``phase``, with more in its environment. Its processes do not outlive the block."""
    victim = Victim(checkout, front, environ)
    try:
        victim.wait_for_phase(phase, PATIENCE)
        if victim.process.poll() is not None:
            pytest.fail(f"The run ended before it came to {phase}: {victim.logs[-1:]}")
        yield Scene(engine, victim)
    finally:
        victim.end(timeout=0 if victim.process.poll() is None else 20)


HANGING = {"probe": HANG}
HOLDING = {"probe": HELD}


def wait_for_odoos(engine: Engine, checkout: Checkout, count: int, but: frozenset[str] = frozenset()) -> frozenset[str]:
    """The running odoo containers of the checkout's runs, once there are ``count`` of them with a test that runs."""
    prefix = f"{checkout.settings['project']}-agent-test-"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        running = engine.api.containers(filters={"name": f"{prefix}.*-odoo-1", "health": "healthy"})
        names = frozenset(it["Names"][0].lstrip("/") for it in running) - but
        if len(names) == count:
            return names
        time.sleep(0.1)
    raise AssertionError(f"{count} runs did not get healthy")


def let_go(engine: Engine, names: frozenset[str]) -> None:
    for name in names:
        engine.client.containers.get(name).exec_run(f"touch {GO}")


def _anonymous(container: dict[str, object]) -> list[str]:
    mounts = container.get("Mounts")
    assert isinstance(mounts, list)
    return [it["Name"] for it in mounts if it["Type"] == "volume" and len(it["Name"]) == ANONYMOUS]
