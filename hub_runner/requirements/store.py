"""The derived images that this engine has."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub_runner.engine.client import Engine
from hub_runner.engine.shared_images import SharedImages
from hub_runner.requirements.derived_image import LABEL
from hub_runner.requirements.recipe import REPOSITORY

IMAGES = SharedImages(repository=REPOSITORY, room="derived", kind="image with added packages")


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A derived image. ``size`` is in bytes, without the image below it; ``used`` is in seconds since the epoch."""

    key: str
    size: int
    used: float
    about: dict[str, Any]

    @property
    def reference(self) -> str:
        return IMAGES.reference(self.key)

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
                yield Derived(key=key, size=size, used=IMAGES.last_used(key, image["Created"]), about=about)


def remove(engine: Engine, derived: Derived) -> bool:
    """Whether it is gone. One that a run starts from, or a container uses, stays."""
    return IMAGES.remove(engine, derived.key)


def evict(engine: Engine, limit: float, *, keep: str) -> list[Derived]:
    """Removes the least recently used until the rest fits into ``limit`` GB; what went."""
    found = derived_images(engine)
    total, gone = sum(it.size for it in found), []
    for derived in found:
        if derived.key != keep and total > limit * 1e9 and remove(engine, derived):
            total -= derived.size
            gone.append(derived)
    return gone


def clean(engine: Engine) -> Iterator[str]:
    """Removes all derived images; a line on each as soon as it is gone."""
    for image in derived_images(engine):
        yield f"{'removed' if remove(engine, image) else 'in use, left'}: image {image}"
