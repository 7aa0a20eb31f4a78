"""The prepared databases that there are: images of this engine, so that none can leave a container or a volume behind."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Required, TypedDict

import docker.errors

from hub_runner.engine.client import Engine
from hub_runner.engine.shared_images import SharedImages
from hub_runner.text import listed
from hub_runner.warm.label import KEY, LABEL, Label, checked

REPOSITORY = "hub-runner/cache"  # the names of images and labels are older than the word "prepared database"
FOREIGN = 3 * 86400.0  # seconds without use after which what another version of hub-runner made goes
IMAGES = SharedImages(repository=REPOSITORY, room="caches", kind="prepared database")


class ImageSummary(TypedDict, total=False):
    """An image as the engine lists it."""

    Id: Required[str]
    RepoTags: list[str] | None
    RepoDigests: list[str] | None
    Labels: dict[str, str] | None
    Size: int
    Created: int


@dataclass(frozen=True, kw_only=True)
class PreparedDatabase:
    """``size`` is in bytes, without the image that it began from; ``used`` and ``made`` are seconds since the epoch.

    ``pulled`` is the name and digest under which a registry gave it, such as HOST/hub-cache@sha256:...; empty if it was made
    here. ``other_names`` are those that the engine has for it besides our own.
    """

    key: str
    image: str  # its digest
    size: int
    made: float
    used: float
    label: Label
    pulled: str = ""
    other_names: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return IMAGES.reference(self.key)

    @property
    def origin(self) -> str:
        """Where it, or what it began from, was pulled; empty if all of it was made here."""
        return self.pulled or self.label.get("origin", "")

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
        origin = f", pulled as {self.pulled}" if self.pulled else f", on top of {self.origin}" if self.origin else ""
        return f"{self.key[:12]}: {', '.join(listed(self.label['names'], 3))} ({len(self.modules)} modules){with_}{origin}"


def databases(engine: Engine) -> list[PreparedDatabase]:
    """All, the least recently used first."""
    images = engine.api.images(filters={"label": LABEL})
    return sorted((database for image in images for database in _read(image)), key=lambda database: database.used)


def of_family(engine: Engine, family: str) -> list[PreparedDatabase]:
    """Those that differ in their modules and assets alone: a bigger one can begin from a smaller one."""
    return [database for database in databases(engine) if database.label["family"] == family]


def find(engine: Engine, key: str) -> PreparedDatabase | None:
    return next((database for database in databases(engine) if database.key == key), None)


def _read(image: ImageSummary) -> Iterator[PreparedDatabase]:
    """An image without a name is no prepared database any more; nor is one whose label is not what its name promises."""
    tags = image.get("RepoTags") or ()
    for tag in tags:
        repository, _, key = tag.rpartition(":")
        if repository == REPOSITORY and (label := checked((image.get("Labels") or {}).get(LABEL), key)):
            yield PreparedDatabase(
                key=key,
                image=image["Id"],
                size=max(image["Size"] - label["below"], 0),
                made=image["Created"],
                used=IMAGES.last_used(key, image["Created"]),
                label=label,
                pulled=next((name for name in image.get("RepoDigests") or () if not name.startswith(f"{REPOSITORY}@")), ""),
                other_names=tuple(name for name in tags if name != tag and name.endswith(f"-{key}")),
            )


def remove(engine: Engine, database: PreparedDatabase) -> bool:
    """Whether it is gone. One that a run starts from, or a container uses, stays; so does one that the engine keeps."""
    return IMAGES.remove(engine, database.key, *database.other_names)


def forget_nameless(engine: Engine) -> None:
    """Removes what has no name of ours, and is in nobody's use.

    Another host that shares the engine may have made the same database at the same time, and taken its name; and a run may
    have been killed while it pulled one.
    """
    images: list[ImageSummary] = engine.api.images(filters={"label": LABEL})
    for image in images:
        names = image.get("RepoTags") or ()
        if any(name.startswith(f"{REPOSITORY}:") for name in names):
            continue
        for name in names:
            if KEY.fullmatch(name[-32:]):
                IMAGES.remove(engine, name[-32:], name)
        if not names:
            with contextlib.suppress(docker.errors.APIError):  # somebody starts from it
                engine.api.remove_image(image["Id"])


def evict(engine: Engine, limit: float, *, today: dt.date, keep: str) -> list[PreparedDatabase]:
    """Removes what is too much, and returns what went. ``limit`` is in GB; ``keep`` and what it began from stay."""
    forget_nameless(engine)
    for key, made in _foreign(engine):  # nobody counts it within the limit; a version that is in use may need it yet
        if time.time() - IMAGES.last_used(key, made) > FOREIGN:
            IMAGES.remove(engine, key)
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


def clean(engine: Engine) -> Iterator[str]:
    """Removes all prepared databases, also those that an older version has left; a line on each as soon as it is gone."""
    forget_nameless(engine)
    for database in sorted(databases(engine), key=lambda it: it.made, reverse=True):  # children before their parents
        yield f"{'removed' if remove(engine, database) else 'in use, left'}: prepared database {database}"
    yield from _removed_foreign(engine)


def _removed_foreign(engine: Engine) -> Iterator[str]:
    for key, _ in _foreign(engine):
        try:
            engine.api.remove_image(IMAGES.reference(key))
            yield f"removed: {IMAGES.reference(key)}, a prepared database of another version"
        except docker.errors.APIError as error:
            yield f"left: {IMAGES.reference(key)}, a prepared database of another version ({error.explanation})"


def _foreign(engine: Engine) -> Iterator[tuple[str, float]]:
    """Keys of images with our name and label in another version's form, and when they were made."""
    images: list[ImageSummary] = engine.api.images(name=REPOSITORY, filters={"label": LABEL})
    for image in images:
        for tag in image.get("RepoTags") or ():
            if tag.startswith(f"{REPOSITORY}:") and not list(_read({**image, "RepoTags": [tag]})):
                yield tag.rpartition(":")[2], image["Created"]
