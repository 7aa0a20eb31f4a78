"""The prepared databases that there are: images of this engine, so that none can leave a container or a volume behind."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Required, TypedDict

import docker.errors
import tenacity

from hub_runner.engine.client import Engine, Failures
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.lock import Lock, state_folder

REPOSITORY = "hub-runner/cache"  # the names of images and labels are older than the word "prepared database"
LABEL = "hub-runner.cache"  # its value is all that is known of a prepared database, as JSON


class RecipeLabel(TypedDict):
    """``Recipe`` as JSON: what a label and the doctor show of it."""

    modules: list[str]
    demo: bool
    languages: list[str]
    assets: bool
    odoo_args: list[str]
    day: str


class Label(TypedDict, total=False):
    """Nothing in it opens anything: labels can be read by whoever may list images."""

    recipe: Required[RecipeLabel]
    family: Required[str]
    modules: Required[list[str]]  # that are installed: those of the recipe, and what Odoo added for the database's companies
    names: Required[list[str]]  # the modules for which it was made first
    below: Required[int]  # bytes of the image that it began from
    filestore: str  # the folder with the files of attachments in Odoo's container
    parent: str  # the key of the prepared database that it began from
    seconds: float  # that it took to make


class ImageSummary(TypedDict, total=False):
    """An image as the engine lists it."""

    Id: Required[str]
    RepoTags: list[str] | None
    Labels: dict[str, str] | None
    Size: int
    Created: int


@dataclass(frozen=True, kw_only=True)
class PreparedDatabase:
    """``size`` is in bytes, without the image that it began from; ``used`` and ``made`` are seconds since the epoch."""

    key: str
    image: str  # its digest
    size: int
    made: float
    used: float
    label: Label

    @property
    def reference(self) -> str:
        return f"{REPOSITORY}:{self.key}"

    @property
    def modules(self) -> frozenset[str]:
        """All that are installed."""
        return frozenset(self.label["modules"])

    @property
    def asked_for(self) -> frozenset[str]:
        """The modules of its recipe: what it was made to hold."""
        return frozenset(self.label["recipe"]["modules"])

    @property
    def parent(self) -> str:
        """The key of the one that it began from; empty if that was the image of the database itself."""
        return self.label.get("parent", "")

    def is_over(self, today: dt.date) -> bool:
        """Demo data is relative to the day on which it was loaded."""
        return "" < self.label["recipe"]["day"] < today.isoformat()

    def __str__(self) -> str:
        """As a log and `doctor` show it."""
        recipe = self.label["recipe"]
        extras = (
            *(["demo data"] if recipe["demo"] else []),
            *recipe["languages"],
            *(["assets"] if recipe["assets"] else []),
        )
        with_ = f", with {', '.join(extras)}" if extras else ""
        return f"{self.key[:12]}: {', '.join(self.label['names'])} ({len(self.modules)} modules){with_}"


def databases(engine: Engine) -> list[PreparedDatabase]:
    """All, the least recently used first."""
    images = engine.api.images(filters={"label": LABEL})
    return sorted((database for image in images for database in _read(image)), key=lambda database: database.used)


def find(engine: Engine, key: str) -> PreparedDatabase | None:
    images = engine.api.images(name=f"{REPOSITORY}:{key}", filters={"label": LABEL})
    return next((database for image in images for database in _read(image)), None)


def _read(image: ImageSummary) -> Iterator[PreparedDatabase]:
    """An image without a name is no prepared database any more; nor is one of another version's form."""
    for tag in image.get("RepoTags") or ():
        repository, _, key = tag.rpartition(":")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            label: Label = json.loads((image["Labels"] or {})[LABEL])
            if repository == REPOSITORY and label["recipe"] and label["modules"] and label["family"] and label["names"]:
                yield PreparedDatabase(
                    key=key,
                    image=image["Id"],
                    size=max(image["Size"] - int(label["below"]), 0),
                    made=image["Created"],
                    used=_used(key, image["Created"]),
                    label=label,
                )


def _used(key: str, made: float) -> float:
    try:
        return max(_path(key).stat().st_mtime, made)
    except OSError:
        return made


def _path(key: str) -> Path:
    return state_folder() / "caches" / f"{key}.used"


PATIENCE = 90.0  # seconds that a removal of another process may keep a run waiting


@contextlib.contextmanager
def in_use(key: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """Keeps others from removing a prepared database, and remembers when it was used last.

    Raises EnvironmentFailure after ``patience`` seconds in which somebody else was removing it.
    """
    with contextlib.ExitStack() as held:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda descriptor: descriptor is None),
            stop=tenacity.stop_after_delay(patience),
            wait=tenacity.wait_fixed(0.1),
            retry_error_callback=lambda _: None,
        )
        descriptor = retrying(_shared, _path(key), held)
        if descriptor is None:
            raise EnvironmentFailure(f"another process has been removing the prepared database for {patience:.0f} s")
        os.utime(descriptor)
        yield


def _shared(path: Path, held: contextlib.ExitStack) -> int | None:
    """The descriptor of the locked file; None while somebody removes the database, and the file with it."""
    if lock := Lock.try_acquire(path, holder=""):  # makes the file, for all users
        lock.release()
    with contextlib.suppress(BlockingIOError, FileNotFoundError), contextlib.ExitStack() as mine:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        mine.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if os.path.samestat(path.stat(), os.fstat(descriptor)):
            held.push(mine.pop_all())
            return descriptor
    return None


def remove(engine: Engine, database: PreparedDatabase) -> bool:
    """Whether it is gone. One that a run starts from, or a container uses, stays; so does one that the engine keeps."""
    lock = Lock.try_acquire(_path(database.key), holder="")
    if not lock:
        return False
    gone = False
    try:
        engine.api.remove_image(database.reference)
        gone = True
    except docker.errors.ImageNotFound:
        gone = True
    except Failures:  # a removal that takes too long, too: the engine may still finish it, and nobody waits for us
        gone = False
    finally:
        lock.release(remove=gone)
    return gone


def forget_nameless(engine: Engine) -> None:
    """Another host that shares the engine may have made the same database at the same time, and taken its name."""
    for image in engine.api.images(filters={"label": LABEL, "dangling": True}):
        with contextlib.suppress(docker.errors.APIError):  # somebody starts from it
            engine.api.remove_image(image["Id"])


def evict(engine: Engine, limit: float, *, today: dt.date, keep: str) -> list[PreparedDatabase]:
    """Removes what is too much, and returns what went. ``limit`` is in GB; ``keep`` and what it began from stay."""
    forget_nameless(engine)
    return [it for it in surplus(databases(engine), limit, today=today, keep=keep) if remove(engine, it)]


def surplus(there: Sequence[PreparedDatabase], limit: float, *, today: dt.date, keep: str) -> list[PreparedDatabase]:
    """Databases of a day that is over, which can never be used again; then the least recently used, down to ``limit``.

    One that others began from goes after them: its layers are theirs, and would stay.
    """
    left, too_many = list(there), list[PreparedDatabase]()
    kept = _with_ancestors(keep, there)
    while candidates := [it for it in left if it.key not in kept and not _has_children(it, left)]:
        first = min(candidates, key=lambda it: (not it.is_over(today), it.used))
        if not first.is_over(today) and sum(it.size for it in left) <= limit * 1e9:
            break
        left.remove(first)
        too_many.append(first)
    return too_many


def _with_ancestors(key: str, there: Sequence[PreparedDatabase]) -> set[str]:
    parents, found = {it.key: it.parent for it in there}, set[str]()
    while key and key not in found:
        found.add(key)
        key = parents.get(key, "")
    return found


def _has_children(database: PreparedDatabase, there: Sequence[PreparedDatabase]) -> bool:
    return any(it.parent == database.key for it in there)


def clean(engine: Engine) -> list[str]:
    """Removes all prepared databases, also those that an older version has left; a line on each."""
    forget_nameless(engine)
    newest_first = sorted(databases(engine), key=lambda it: it.made, reverse=True)  # children before their parents
    lines = [f"{'removed' if remove(engine, it) else 'in use, left'}: prepared database {it}" for it in newest_first]
    return [*lines, *_removed_foreign(engine)]


def _removed_foreign(engine: Engine) -> Iterator[str]:
    """Images with our name and label in another version's form."""
    images: list[ImageSummary] = engine.api.images(name=REPOSITORY, filters={"label": LABEL})
    for image in images:
        for tag in image.get("RepoTags") or ():
            one: ImageSummary = {**image, "RepoTags": [tag]}
            if not list(_read(one)):
                try:
                    engine.api.remove_image(tag)
                    yield f"removed: {tag}, a prepared database of another version"
                except docker.errors.APIError as error:
                    yield f"left: {tag}, a prepared database of another version ({error.explanation})"
