"""Who owns what in the engine: names and labels of a run, and whether the process behind them still lives."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psutil

from hub_runner.host.lock import Lock, is_held, state_folder

LABEL = "hub-runner."
RUN_LABEL = f"{LABEL}run"  # stands on all that a run makes


@dataclass(frozen=True, kw_only=True)
class Owner:
    """One run of one process of one user on one host: all of it stands on everything that the run makes."""

    run: str  # the compose project, unique
    prefix: str  # of the repository: hub-agent-test-
    host: str
    boot: str
    user: str
    pid: int
    started: int  # of the process, in seconds since the epoch: tells a reused pid from the owner

    @property
    def labels(self) -> dict[str, str]:
        return {f"{LABEL}{key}": str(value) for key, value in vars(self).items()}

    @property
    def lock_path(self) -> Path:
        return lock_path(self.run)


def lock_path(run: str) -> Path:
    """The lock that says that a run of this host lives."""
    return state_folder() / "runs" / f"{run}.lock"


def claim(module: str, prefix: str) -> tuple[Owner, Lock]:
    """A new name for a run of ``module``, and the lock that says that its owner lives."""
    while True:
        me = here(run=f"{prefix}{module.lower()}-{int(time.time())}-{secrets.token_hex(2)}", prefix=prefix)
        if lock := Lock.try_acquire(me.lock_path, holder=f"run {me.run} (pid {me.pid})"):
            return me, lock


def here(*, run: str, prefix: str) -> Owner:
    """This process as the owner of ``run``."""
    return Owner(
        run=run,
        prefix=prefix,
        host=socket.gethostname(),
        boot=boot_id(),
        user=str(os.getuid()),
        pid=os.getpid(),
        started=int(psutil.Process().create_time()),
    )


def read(labels: Mapping[str, str]) -> Owner | None:
    """The owner that ``labels`` name; None where they are not ours or not whole."""
    try:
        values = {key: labels[LABEL + key] for key in ("run", "prefix", "host", "boot", "user")}
        return Owner(**values, pid=int(labels[LABEL + "pid"]), started=int(labels[LABEL + "started"]))
    except (KeyError, ValueError):
        return None


def is_alive(owner: Owner) -> bool:
    """Whether a run of this host goes on. In doubt it does: a living run must never lose its containers."""
    if is_held(owner.lock_path):
        return True
    if owner.boot != boot_id() or owner.lock_path.exists():
        return False
    return is_running(owner)  # someone emptied the state folder: the process itself is the last witness


def is_running(owner: Owner) -> bool:
    """Whether the very process of the run is there: its number may be another one's by now, or that of its zombie."""
    try:
        process = psutil.Process(owner.pid)
        return abs(process.create_time() - owner.started) < 2 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@lru_cache(maxsize=1)
def boot_id() -> str:
    """What changes with each start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # macOS
        return str(int(psutil.boot_time()))
