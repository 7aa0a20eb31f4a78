"""The derived images that there are. They live in this engine, and none can leave a container or a volume behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors
import tenacity

from hub_runner.engine.client import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.lock import Lock, state_folder
from hub_runner.requirements.derived import LABEL
from hub_runner.requirements.recipe import REPOSITORY


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A derived image. ``size`` is in bytes, without the image below it; ``used`` is in seconds since the epoch."""

    key: str
    size: int
    used: float
    about: dict[str, Any]

    @property
    def reference(self) -> str:
        return f"{REPOSITORY}:{self.key}"

    @property
    def packages(self) -> tuple[str, ...]:
        """Names with versions."""
        return tuple(f"{name} {version}" for name, version in sorted(self.about["packages"].items()))

    @property
    def system(self) -> tuple[str, ...]:
        """The names of the added packages of the system; images of earlier versions have none."""
        return tuple(self.about.get("system", ()))

    @property
    def names(self) -> frozenset[str]:
        """What its packages make importable."""
        return frozenset(self.about["names"])

    def __str__(self) -> str:
        return f"{self.key[:12]}: {self.about['base']['reference']} with {', '.join((*self.packages, *self.system))}"


def find(engine: Engine, key: str) -> Derived | None:
    return next((it for it in derived_images(engine) if it.key == key), None)


def derived_images(engine: Engine) -> list[Derived]:
    """All, the least recently used first."""
    found = (it for image in engine.api.images(filters={"label": LABEL}) for it in _read(image))
    return sorted(found, key=lambda it: it.used)


def _read(image: dict[str, Any]) -> Iterator[Derived]:
    for tag in image.get("RepoTags") or ():
        repository, _, key = tag.rpartition(":")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            about = json.loads(image["Labels"][LABEL])
            if repository == REPOSITORY:
                size = max(image["Size"] - int(about["base"]["size"]), 0)
                yield Derived(key=key, size=size, used=_used(key, image["Created"]), about=about)


def _used(key: str, made: float) -> float:
    try:
        return max(_path(key).stat().st_mtime, made)
    except OSError:
        return made


def _path(key: str) -> Path:
    return state_folder() / "derived" / f"{key}.used"


@contextlib.contextmanager
def in_use(key: str) -> Iterator[None]:
    """Keeps others from removing the image, and remembers when it was used last. Raises EnvironmentFailure."""
    path = _path(key)
    with contextlib.ExitStack() as held:
        while True:
            if lock := Lock.try_acquire(path, holder=""):  # makes the file, for all users
                lock.release()
            file = held.enter_context(path.open("r+b"))
            fcntl.flock(file, fcntl.LOCK_SH)
            if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):  # not removed by its last holder
                break
        os.utime(file.fileno())
        yield


@contextlib.contextmanager
def turn(key: str, note: Callable[[str], None], *, patience: float) -> Iterator[None]:
    """Waits until nobody else builds the image; ``patience`` is in seconds. Raises EnvironmentFailure."""
    path = state_folder() / "derived" / f"{key}.making"

    def say(state: tenacity.RetryCallState) -> None:
        if state.attempt_number == 1:
            note("Another run adds the same packages to the same image: waiting for it.")

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda lock: lock is None),
        stop=tenacity.stop_after_delay(patience),
        wait=tenacity.wait_fixed(0.2),
        before_sleep=say,
        retry_error_callback=lambda _: None,
    )
    lock: Lock | None = retrying(Lock.try_acquire, path, holder="a run that adds packages to an image")
    if lock is None:
        raise EnvironmentFailure(f"Another run has been adding the same packages to the image for {patience:g} s.")
    try:
        yield
    finally:
        lock.release(remove=True)


def remove(engine: Engine, derived: Derived) -> bool:
    """Whether it is gone. One that a run starts from, or a container uses, stays."""
    lock = Lock.try_acquire(_path(derived.key), holder="")
    if not lock:
        return False
    try:
        engine.api.remove_image(derived.reference)
        gone = True
    except docker.errors.ImageNotFound:
        gone = True
    except docker.errors.APIError:
        gone = False
    finally:
        lock.release()
    if gone:
        with contextlib.suppress(OSError):
            _path(derived.key).unlink()
    return gone


def evict(engine: Engine, limit: float, *, keep: str) -> list[Derived]:
    """Removes the least recently used until the rest fits into ``limit`` GB; what went."""
    found = derived_images(engine)
    total, gone = sum(it.size for it in found), []
    for derived in found:
        if derived.key != keep and total > limit * 1e9 and remove(engine, derived):
            total -= derived.size
            gone.append(derived)
    return gone


def clean(engine: Engine) -> list[str]:
    """Removes all derived images; a line on each."""
    return [f"{'removed' if remove(engine, it) else 'in use, left'}: image {it}" for it in derived_images(engine)]
