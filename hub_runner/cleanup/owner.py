"""The owner of a run: the labels that name it on all that the run makes, and whether its process still lives."""

from __future__ import annotations

import os
import re
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psutil

from hub_runner.host.folders import state_folder
from hub_runner.host.lock import Lock, holder, is_held

LABEL = "hub-runner."
RUN_LABEL = f"{LABEL}run"  # stands on all that a run makes
FORMAT_LABEL = f"{LABEL}format"
# Of the labels, and of what they let others conclude. A version of hub-runner that changes either changes this number, too.
# Versions before it was written down used the same format.
FORMAT = "1"
KEPT_UNTIL = "kept until "  # how the lock of a run begins to describe itself if only its guard holds it, for --keep
_UNIQUE_END = re.compile(r"[a-z0-9_]+-\d{1,12}-[0-9a-f]{4}")  # of a run id, behind its prefix: module, seconds, chance


@dataclass(frozen=True, kw_only=True)
class Owner:
    """One run of one process of one user on one host: all of it stands on everything that the run makes."""

    run: str  # the run id, which is also the compose project
    prefix: str  # of the repository's run ids, such as hub-agent-test-
    host: str
    boot: str  # changes each time the host is started
    user: str  # the numeric user id
    pid: int
    started: int  # when the process began, in seconds since the epoch: tells it from a later one with the same pid

    @property
    def labels(self) -> dict[str, str]:
        return {FORMAT_LABEL: FORMAT, **{f"{LABEL}{key}": str(value) for key, value in vars(self).items()}}

    @property
    def lock_path(self) -> Path:
        return lock_path(self.run)


def lock_path(run_id: str) -> Path:
    """The lock that says that a run of this host lives."""
    return state_folder() / "runs" / f"{run_id}.lock"


def claim(module: str, prefix: str) -> tuple[Owner, Lock]:
    """A new run id for ``module``, and the lock that says that its owner lives. Raises EnvironmentFailure."""
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
    """The owner that ``labels`` name.

    None if they are not whole, of a format that is not known here, or name a run id that does not fit the prefix: a
    container inherits the labels of its image, and a teardown must not be aimed by a label that anybody may have written.
    """
    if labels.get(FORMAT_LABEL, FORMAT) != FORMAT:
        return None
    try:
        texts = {key: labels[LABEL + key] for key in ("run", "prefix", "host", "boot", "user")}
        owner = Owner(**texts, pid=int(labels[LABEL + "pid"]), started=int(labels[LABEL + "started"]))
    except (KeyError, ValueError):
        return None
    fits = owner.prefix and owner.run.startswith(owner.prefix) and _UNIQUE_END.fullmatch(owner.run[len(owner.prefix) :])
    return owner if fits else None


def is_of_other_version(labels: Mapping[str, str]) -> bool:
    """Whether a version of hub-runner whose format is not known here has made what bears these labels."""
    return RUN_LABEL in labels and labels.get(FORMAT_LABEL, FORMAT) != FORMAT


def is_alive(owner: Owner) -> bool:
    """Whether a run of this host goes on. In doubt the answer is yes: a living run must never lose its containers.

    The lock says so. If somebody has emptied the state folder, only the process can still show that the run lives.
    """
    return is_held(owner.lock_path) or (owner.boot == boot_id() and is_running(owner))


def kept_until(owner: Owner) -> str | None:
    """The moment, in words, until which the guard keeps the environment of a run that is over (--keep); else None."""
    text = holder(owner.lock_path) or ""
    return text.removeprefix(KEPT_UNTIL).partition(" by ")[0] if text.startswith(KEPT_UNTIL) else None


def is_running(owner: Owner) -> bool:
    """Whether the owner's process is there. Its pid may belong to another process by now, or to its zombie."""
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
