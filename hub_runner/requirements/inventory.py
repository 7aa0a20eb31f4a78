"""What an image has, looked up once for each image: Python, distributions, programs, and Odoo's own modules."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import docker.errors
from docker.types import LogConfig
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hub_runner.engine.client import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.files import remember
from hub_runner.host.folders import cache_folder

LOOK = Path(__file__).parent / "inside" / "look.py"
FORMAT = 3
ROOMS = ("inventories", "labels", "modules", "repositories")  # folders of the cache, which can be made anew
PATIENCE = 120  # seconds for a look at an image, which takes two or three
# What the look prints is read from the container's log. The engine's own settings may keep none, or a part of it; those that
# are not named here stay in force, and one for a buffer is refused in the mode `blocking`.
LOG = LogConfig(type=LogConfig.types.JSON, config={"max-size": "64m", "mode": "non-blocking", "max-buffer-size": "64m"})


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A distribution that an image has. ``version`` is None if it is none that packaging understands."""

    name: str
    version: Version | None
    requires: tuple[str, ...]

    def extra_requirements(self, extras: set[str], environment: Mapping[str, str]) -> Iterator[Requirement]:
        """What these extras of the distribution need besides."""
        for text in self.requires:
            with contextlib.suppress(InvalidRequirement):
                requirement = Requirement(text)
                marker = requirement.marker
                plain = marker is None or marker.evaluate({**environment, "extra": ""})
                if marker and not plain and any(marker.evaluate({**environment, "extra": extra}) for extra in extras):
                    requirement.marker = None
                    yield requirement


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """``environment`` has the values of environment markers; ``seen`` is all that the look has printed."""

    image: str  # its digest
    seen: Mapping[str, Any] = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.seen["environment"])

    @property
    def python(self) -> str:
        """Such as 3.13."""
        return self.environment["python_version"]

    @cached_property
    def distributions(self) -> dict[str, Installed]:
        """By their canonical names."""
        return {canonicalize_name(name): _installed(name, *rest) for name, rest in self.seen["distributions"].items()}

    @cached_property
    def importable(self) -> frozenset[str]:
        return frozenset(self.seen["importable"])

    @cached_property
    def odoo_imports(self) -> frozenset[str]:
        """The names that the code of Odoo's own modules imports; empty if the look did not find it."""
        return frozenset(self.seen["odoo_imports"])

    @cached_property
    def programs(self) -> frozenset[str]:
        return frozenset(self.seen["programs"])

    @property
    def packages(self) -> Mapping[str, str]:
        """The versions of the system's packages by name."""
        packages: Mapping[str, str] = self.seen["packages"]
        return packages

    @property
    def system(self) -> str:
        """Such as debian or ubuntu; empty if the image does not say."""
        return str(self.seen["system"].get("ID", ""))

    @property
    def platforms(self) -> list[str]:
        """The platform tags whose wheels run in the image, the most special first."""
        machine, (libc, version) = self.seen["machine"], self.seen["libc"]
        old = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        minors = range(int(version.split(".")[1]), 4, -1) if libc == "glibc" else ()
        tags = [tag for minor in minors for tag in (f"manylinux_2_{minor}", old.get(minor)) if tag]
        return [f"{tag}_{machine}" for tag in (*tags, "linux")]


def _installed(name: str, version: str, requires: list[str]) -> Installed:
    parsed = None
    with contextlib.suppress(InvalidVersion):
        parsed = Version(version)
    return Installed(name=name, version=parsed, requires=tuple(requires))


def inventory(engine: Engine, image: str, labels: Mapping[str, str]) -> Inventory:
    """What ``image`` has. A container that looks bears ``labels``, so that each net of the run holds it.

    Raises EnvironmentFailure if the image has no Python that could look.
    """
    digest = engine.digest(image)
    path = _path(digest)
    remember(_name_path(image), digest.encode())
    with contextlib.suppress(OSError, ValueError):
        return Inventory(image=digest, seen=json.loads(path.read_text(encoding="utf-8")))
    text = _look(engine, image, labels)
    try:
        seen = json.loads(text)
    except ValueError as error:
        raise EnvironmentFailure(
            f"What the image {image} has could not be looked up: its python3 printed {text.strip()[-500:]!r}. The tested "
            "module has requirements, and without a look nobody knows whether they are met."
        ) from error
    remember(path, text.encode())
    return Inventory(image=digest, seen=seen)


def known(image: str) -> Inventory | None:
    """What ``image`` had when a run looked last, without an engine; None if none of this user's runs ever did."""
    try:
        digest = _name_path(image).read_text(encoding="utf-8")
        return Inventory(image=digest, seen=json.loads(_path(digest).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _path(digest: str) -> Path:
    return cache_folder() / "inventories" / f"{digest.partition(':')[2]}-{FORMAT}.json"


def _name_path(image: str) -> Path:
    """The file that says which image a name meant."""
    return cache_folder() / "inventories" / f"{quote(image, safe='')}.name"


def _look(engine: Engine, image: str, labels: Mapping[str, str]) -> str:
    api = engine.api
    try:
        container = api.create_container(
            image,
            entrypoint=["python3", "-c"],
            command=[LOOK.read_text(encoding="utf-8")],
            labels=dict(labels),
            network_disabled=True,
            host_config=api.create_host_config(log_config=LOG),
        )
    except docker.errors.APIError as error:
        raise EnvironmentFailure(f"No container of {image} could be made: {error.explanation or error}.") from error
    try:
        api.start(container["Id"])
        api.wait(container["Id"], timeout=PATIENCE)
        return str(api.logs(container["Id"]).decode(errors="replace"))
    except docker.errors.APIError as error:
        raise EnvironmentFailure(
            f"The image {image} has no python3 that says what is installed ({error.explanation or error}). The tested "
            "module has requirements: name an image of Odoo in odoo-image."
        ) from error
    finally:
        with contextlib.suppress(docker.errors.NotFound):
            api.remove_container(container["Id"], force=True, v=True)


def clean() -> list[str]:
    """Removes what is kept of images, packages of modules and repositories; a line on each kind."""
    found = sorted(
        path for path in cache_folder().glob("*") if path.name in ROOMS and path.is_dir() and not path.is_symlink()
    )
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return [f"{'left' if path.exists() else 'removed'}: {path}" for path in found]
