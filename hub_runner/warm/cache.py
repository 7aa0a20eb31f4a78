"""The caches that there are: images of this engine, so that none can leave a container or a volume behind."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors

from hub_runner.engine.client import Engine
from hub_runner.host.lock import Lock, state_folder

REPOSITORY = "hub-runner/cache"
LABEL = "hub-runner.cache"  # its value is all that we know of a cache, as JSON


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A prepared database. ``size`` is in bytes, without the image below it; ``used`` and ``made`` since the epoch."""

    key: str
    image: str
    size: int
    made: float
    used: float
    about: dict[str, Any]

    @property
    def reference(self) -> str:
        return f"{REPOSITORY}:{self.key}"

    @property
    def modules(self) -> frozenset[str]:
        return frozenset(self.about["modules"])

    def is_over(self, today: dt.date) -> bool:
        """Demo data is relative to the day on which it was loaded."""
        return "" < str(self.about["recipe"]["day"]) < today.isoformat()

    def __str__(self) -> str:
        """As a log and `doctor` show it."""
        recipe = self.about["recipe"]
        extras = (
            *(["demo data"] if recipe["demo"] else []),
            *recipe["languages"],
            *(["assets"] if recipe["assets"] else []),
        )
        with_ = f", with {', '.join(extras)}" if extras else ""
        return f"{self.key[:12]}: {', '.join(recipe['core'])} ({len(self.modules)} modules){with_}"


def caches(engine: Engine) -> list[Cache]:
    """All, the least recently used first."""
    found = (cache for it in engine.api.images(filters={"label": LABEL}) for cache in _read(it))
    return sorted(found, key=lambda cache: cache.used)


def find(engine: Engine, key: str) -> Cache | None:
    found = engine.api.images(name=f"{REPOSITORY}:{key}", filters={"label": LABEL})
    return next((cache for it in found for cache in _read(it)), None)


def _read(image: dict[str, Any]) -> Iterator[Cache]:
    """A dangling image has lost its name to nobody: it is no cache any more."""
    for tag in image.get("RepoTags") or ():
        repository, _, key = tag.rpartition(":")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            about = json.loads(image["Labels"][LABEL])
            size = max(image["Size"] - int(about["below"]), 0)
            if repository == REPOSITORY and about["recipe"] and about["modules"]:
                used = _used(key, image["Created"])
                yield Cache(key=key, image=image["Id"], size=size, made=image["Created"], used=used, about=about)


def _used(key: str, made: float) -> float:
    try:
        return max(_path(key).stat().st_mtime, made)
    except OSError:
        return made


def _path(key: str) -> Path:
    return state_folder() / "caches" / f"{key}.used"


@contextlib.contextmanager
def in_use(key: str) -> Iterator[None]:
    """Keeps others from removing the cache, and remembers when it was used last. Raises EnvironmentFailure."""
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


def remove(engine: Engine, cache: Cache) -> bool:
    """Whether it is gone. One that a run starts from, or a container uses, stays."""
    lock = Lock.try_acquire(_path(cache.key), holder="")
    if not lock:
        return False
    try:
        engine.api.remove_image(cache.reference)
        gone = True
    except docker.errors.ImageNotFound:
        gone = True
    except docker.errors.APIError:
        gone = False
    lock.release(remove=gone)
    return gone


def forget_nameless(engine: Engine) -> None:
    """Another host that shares the engine may have made the same cache at the same time, and taken its name."""
    for image in engine.api.images(filters={"label": LABEL, "dangling": True}):
        with contextlib.suppress(docker.errors.APIError):  # somebody starts from it
            engine.api.remove_image(image["Id"])


def evict(engine: Engine, limit: float, *, today: dt.date, keep: str) -> list[Cache]:
    """Removes what is too much; what went. ``limit`` in GB."""
    forget_nameless(engine)
    return [cache for cache in surplus(caches(engine), limit, today=today, keep=keep) if remove(engine, cache)]


def surplus(found: list[Cache], limit: float, *, today: dt.date, keep: str) -> list[Cache]:
    """What was made for a day that is over, and can never be used again; then the least recently used, down to ``limit``."""
    total, too_many = sum(cache.size for cache in found), []
    for cache in sorted(found, key=lambda it: (not it.is_over(today), it.used)):
        if cache.key != keep and (cache.is_over(today) or total > limit * 1e9):
            total -= cache.size
            too_many.append(cache)
    return too_many


def clean(engine: Engine) -> list[str]:
    """Removes all caches; a line on each."""
    forget_nameless(engine)
    return [f"{'removed' if remove(engine, it) else 'in use, left'}: cache {it}" for it in caches(engine)]
