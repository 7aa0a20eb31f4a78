"""Prepared databases in a registry, for machines that begin without any.

The registry has each under the same key, and the tags of a family begin alike, so that the best smaller one can be found.
What is pulled is verified before it gets a name of ours. A registry that is slow, away, full or closed to this user costs a
run a note and a bounded wait; it is then left alone for some minutes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker.errors

from hub_runner.engine import compose
from hub_runner.engine.client import Engine, Failures, complaint
from hub_runner.engine.compose import Tail
from hub_runner.engine.environment import Environment
from hub_runner.engine.registry_queries import Registry
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.files import remember
from hub_runner.host.folders import cache_folder
from hub_runner.settings import Settings
from hub_runner.warm import store, tree
from hub_runner.warm.label import LABEL, Label, checked
from hub_runner.warm.recipe import Recipe
from hub_runner.warm.store import PreparedDatabase

FIRST_OUTPUT = 10.0  # seconds until the registry must have said that it has an image
FORGOTTEN = 3 * 86400.0  # seconds after which this user's cache forgets a label: with demo data a database is of one day
LEFT_ALONE = 300.0  # seconds after a registry kept a run waiting in vain
_TAG = re.compile(r"[0-9a-f]{12}-(?P<key>[0-9a-f]{32})")
_CLOSED = re.compile(r"denied|unauthorized|authentication required|no basic auth", re.IGNORECASE)
_MISSING = re.compile(r"manifest unknown|manifest for .* not found|name unknown|not found", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class CacheRegistry:
    """The repository that ``cache-registry`` names. Each method may raise EnvironmentFailure, or what the engine raises.

    ``environ`` is for docker's client, which has the credentials; ``seconds`` is the time for one database.
    """

    name: str
    engine: Engine
    environ: Mapping[str, str]
    seconds: float

    def reference(self, recipe: Recipe) -> str:
        return f"{self.name}:{recipe.family[:12]}-{recipe.key}"

    def pull(self, recipe: Recipe) -> PreparedDatabase | None:
        """The database, which is one of this engine then; None if the registry does not have it."""
        reference = self.reference(recipe)
        with store.IMAGES.in_use(recipe.key):  # until it has a name of ours, it looks like one that was left behind
            code, said = self._docker(compose.pull_command(reference), first_output=FIRST_OUTPUT)
            if code != 0:
                if _MISSING.search(said) and not _CLOSED.search(said):
                    return None
                raise EnvironmentFailure(f"{reference} could not be pulled: {said}")
            self.engine.api.tag(self._verified(reference, recipe), store.REPOSITORY, recipe.key)
            return store.find(self.engine, recipe.key)

    def _verified(self, reference: str, recipe: Recipe) -> str:
        """The image's digest. What is not the database that was asked for is removed again."""
        image = self.engine.api.inspect_image(reference)
        below = self.engine.api.inspect_image(recipe.db)["RootFS"]["Layers"]
        label = checked((image["Config"].get("Labels") or {}).get(LABEL), recipe.key)
        if not label or image["RootFS"]["Layers"][: len(below)] != below:
            with contextlib.suppress(docker.errors.APIError):
                self.engine.api.remove_image(reference)
            raise EnvironmentFailure(
                f"What {self.name} has under this name is not that database ({image['Id']}). It is not used. Look who may "
                "push there: a prepared database is code that runs."
            )
        return str(image["Id"])

    def push(self, database: PreparedDatabase) -> str:
        """The name and digest that the registry has for it."""
        reference = self.reference(Recipe.read(database.label["recipe"]))
        self.engine.api.tag(database.image, self.name, reference.rpartition(":")[2])
        try:
            code, said = self._docker(compose.push_command(reference), first_output=None)
        finally:
            if reference not in database.other_names:
                with contextlib.suppress(docker.errors.APIError):  # only the name goes: ours is another
                    self.engine.api.remove_image(reference)
        if code != 0:
            raise EnvironmentFailure(f"{reference} could not be pushed: {said}")
        match = re.search(r"digest: (sha256:[0-9a-f]{64})", said)
        return f"{self.name}@{match[1]}" if match else reference

    def _docker(self, command: tuple[str, ...], *, first_output: float | None) -> tuple[int, str]:
        """The exit code of docker's client, and its last line."""
        output = Tail(4096)
        with compose.started(command, self.environ) as client:
            code = compose.follow(client, self.seconds, output.add, first_output=first_output)
        if code is None:
            limit = self.seconds if output.text or first_output is None else min(first_output, self.seconds)
            last = f" ({output.last_line})" if output.text else ""
            raise TooSlow(f"{self.name} did not {'come to an end' if last else 'answer'} within {limit:g} s{last}")
        return code, output.last_line

    def smaller(self, recipe: Recipe, than: PreparedDatabase | None) -> Recipe | None:
        """The biggest one of the family that holds nothing beyond the recipe, if that is more than ``than`` holds."""
        family = {
            frozenset(label["recipe"]["modules"]): Recipe.read(label["recipe"])
            for _, label in self.databases(f"{recipe.family[:12]}-")
            if label["family"] == recipe.family and label["recipe"]["modules"] != list(recipe.modules)
        }
        best = tree.parent_of(frozenset(recipe.modules), family)
        return family[best] if best and len(best) > len(than.asked_for if than else ()) else None

    def databases(self, prefix: str = "") -> list[tuple[str, Label]]:
        """Keys and labels of what the registry has, as far as they are sound."""
        registry = Registry(self.name, self.engine, seconds=self.seconds)
        matches = [match for tag in registry.tags(prefix) if (match := _TAG.fullmatch(tag))]
        labels = ((match["key"], _label(registry, match[0], match["key"])) for match in matches)
        return [(key, label) for key, label in labels if label]


def _label(registry: Registry, tag: str, key: str) -> Label | None:
    """The label of a tag, asked for once: its key is the digest of what the label says. A run would ask for hundreds."""
    folder = cache_folder() / "labels"
    with contextlib.suppress(OSError, ValueError):  # ValueError: a file that is no text
        if label := checked((folder / key).read_text(encoding="utf-8"), key):
            return label
    text = registry.label(tag, LABEL)
    if label := checked(text, key):
        remember(folder / key, text.encode())
        with contextlib.suppress(OSError):  # another run forgets them, too
            for old in folder.iterdir():
                if time.time() - old.stat().st_mtime > FORGOTTEN:
                    old.unlink()
    return label


def cache_registry(settings: Settings, engine: Engine, environ: Mapping[str, str]) -> CacheRegistry | None:
    """None if the settings name none."""
    if not settings.cache_registry:
        return None
    return CacheRegistry(name=settings.cache_registry, engine=engine, environ=environ, seconds=settings.cache_timeout)


class TooSlow(EnvironmentFailure):
    """The registry kept somebody waiting in vain."""


class Sharing:
    """What a run asks of the registry. Nothing that goes wrong here is more than a note."""

    def __init__(self, registry: CacheRegistry | None, note: Callable[[str], None]) -> None:
        self._registry, self._note = registry, note

    def pull(self, recipe: Recipe) -> PreparedDatabase | None:
        """The prepared database of this recipe; None if the registry does not have it, or is of no help."""
        with self._careful() as registry:
            if registry and (database := registry.pull(recipe)):
                self._note(f"Pulled a prepared database: {database}")
                return database
        return None

    def smaller(self, recipe: Recipe, than: PreparedDatabase | None) -> PreparedDatabase | None:
        """One to begin from that is bigger than ``than``."""
        with self._careful() as registry:
            if registry and (best := registry.smaller(recipe, than)):
                return self.pull(best)
        return None

    def push(self, database: PreparedDatabase) -> None:
        with self._careful() as registry:
            if registry:
                self._note(f"Pushed the prepared database {database.key[:12]} as {registry.push(database)}")

    @classmethod
    def of(cls, settings: Settings, environment: Environment) -> Sharing:
        return cls(cache_registry(settings, environment.engine, environment.environ), environment.observers.note)

    @contextlib.contextmanager
    def _careful(self) -> Iterator[CacheRegistry | None]:
        """The registry, unless it has just kept somebody waiting."""
        registry = self._registry
        if registry and _is_left_alone(registry.name):
            registry = None
        begin = time.monotonic()
        try:
            yield registry
        except (*Failures, EnvironmentFailure) as error:
            why = str(error) if isinstance(error, EnvironmentFailure) else complaint(error)
            self._note(f"The cache registry is of no help: {why.rstrip('.')}.")
            if registry and (isinstance(error, TooSlow) or time.monotonic() - begin > FIRST_OUTPUT / 2):
                leave_alone(registry.name)


def leave_alone(name: str) -> None:
    """Later runs of this user do not ask this registry for some minutes: each would wait as long."""
    path = _mark(name)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path)


def _is_left_alone(name: str) -> bool:
    with contextlib.suppress(OSError):
        return 0 <= time.time() - _mark(name).stat().st_mtime < LEFT_ALONE
    return False


def _mark(name: str) -> Path:
    return cache_folder() / "registries" / hashlib.sha256(name.encode()).hexdigest()[:32]
