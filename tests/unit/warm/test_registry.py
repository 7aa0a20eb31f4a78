"""Prepared databases in a registry: what a run makes of a registry that is of no help."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from hub_runner.engine.client import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.warm import registry as of_registry
from hub_runner.warm.label import LABEL
from hub_runner.warm.recipe import Recipe
from hub_runner.warm.registry import CacheRegistry, Sharing, TooSlow
from hub_runner.warm.store import PreparedDatabase
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE

NAME = "registry.example.org/hub-cache"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Images:
    """An engine's images, as far as a pull looks at them."""

    def __init__(self, label: str, layers: list[str]) -> None:
        self.about = {"Id": "sha256:pulled", "Config": {"Labels": {LABEL: label}}, "RootFS": {"Layers": layers}}
        self.removed: list[str] = []
        self.named: list[tuple[str, str, str]] = []

    def inspect_image(self, name: str) -> dict[str, Any]:
        return {"RootFS": {"Layers": ["below"]}} if name == RECIPE.db else self.about

    def remove_image(self, name: str) -> None:
        self.removed.append(name)

    def tag(self, image: str, repository: str, tag: str) -> None:
        self.named.append((image, repository, tag))

    def images(self, **_: object) -> list[object]:
        return []


@dataclass(frozen=True, kw_only=True)
class Asked(CacheRegistry):
    """With an answer in the place of docker's client, which a unit test has not."""

    answer: tuple[int, str]

    def _docker(self, command: tuple[str, ...], *, first_output: float | None) -> tuple[int, str]:
        return self.answer


def asked(images: Images | None = None, answer: tuple[int, str] = (0, "")) -> CacheRegistry:
    engine: Any = SimpleNamespace(api=images)
    return Asked(name=NAME, engine=engine, environ={}, seconds=5, answer=answer)


def test_a_tag_is_that_of_the_family_and_the_key() -> None:
    assert asked().reference(RECIPE) == f"{NAME}:{RECIPE.family[:12]}-{RECIPE.key}"


def test_what_is_pulled_gets_a_name_of_ours_only_if_it_is_what_was_asked_for() -> None:
    images = Images(json.dumps(label_of(RECIPE)), ["below", "above"])
    asked(images).pull(RECIPE)
    assert images.named == [("sha256:pulled", "hub-runner/cache", RECIPE.key)]


@pytest.mark.parametrize(
    "images",
    [
        Images(json.dumps(label_of(replace(RECIPE, modules=("base",)))), ["below", "above"]),
        Images(json.dumps(label_of(RECIPE)), ["another", "above"]),
        Images("", ["below"]),
    ],
    ids=["another recipe", "another database image below", "no label"],
)
def test_anything_else_is_removed_and_named(images: Images) -> None:
    with pytest.raises(EnvironmentFailure, match="is not that database"):
        asked(images).pull(RECIPE)
    assert images.named == []
    assert images.removed == [asked().reference(RECIPE)]


@pytest.mark.parametrize(
    "said",
    [
        "manifest for registry.example.org/hub-cache:x not found: manifest unknown: manifest unknown",
        "name unknown: repository name not known to registry",
        "failed to resolve reference registry.example.org/hub-cache:x: not found",
    ],
)
def test_a_database_that_the_registry_lacks_is_no_trouble(said: str) -> None:
    assert asked(answer=(1, said)).pull(RECIPE) is None


@pytest.mark.parametrize(
    "said",
    [
        "pull access denied, repository does not exist or may require authorization",
        "unauthorized: authentication required: not found",
        "no space left on device",
        "dial tcp: lookup registry.example.org: no such host",
    ],
)
def test_anything_else_that_docker_says_is(said: str) -> None:
    with pytest.raises(EnvironmentFailure, match="could not be pulled"):
        asked(answer=(1, said)).pull(RECIPE)


@dataclass(frozen=True, kw_only=True)
class Trouble(CacheRegistry):
    error: Exception

    def pull(self, recipe: Recipe) -> PreparedDatabase | None:
        raise self.error


def sharing(error: Exception) -> tuple[Sharing, list[str]]:
    engine: Engine = SimpleNamespace()  # type: ignore[assignment]  # is not asked
    notes: list[str] = []
    return Sharing(Trouble(name=NAME, engine=engine, environ={}, seconds=5, error=error), notes.append), notes


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EnvironmentFailure("it is closed."), "it is closed."),
        (docker.errors.APIError("x", explanation="no space left on device"), "no space left on device."),
    ],
)
def test_trouble_is_a_note_and_quick_trouble_may_be_over_the_next_time(error: Exception, words: str) -> None:
    asked, notes = sharing(error)
    assert asked.pull(RECIPE) is None
    assert asked.pull(RECIPE) is None
    assert len(notes) == 2
    assert notes[0].startswith("The cache registry is of no help: ")
    assert notes[0].endswith(words)


def test_a_registry_that_kept_one_waiting_is_left_alone_for_some_minutes() -> None:
    asked, notes = sharing(TooSlow("it did not answer within 10 s"))
    assert [asked.pull(RECIPE), asked.pull(RECIPE)] == [None, None]
    assert len(notes) == 1
    long_ago = time.time() - of_registry.LEFT_ALONE - 1
    os.utime(of_registry._mark(NAME), (long_ago, long_ago))
    asked.pull(RECIPE)
    assert len(notes) == 2


def test_a_folder_that_cannot_be_written_makes_no_trouble_of_its_own(tmp_path: Path) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file in the place of the folder")
    asked, notes = sharing(TooSlow("it did not answer within 10 s"))
    assert [asked.pull(RECIPE), asked.pull(RECIPE)] == [None, None]
    assert len(notes) == 2, "nothing could tell the second one to leave it alone"
    in_the_way.unlink()
    assert [asked.pull(RECIPE), asked.pull(RECIPE)] == [None, None]
    assert len(notes) == 3


def test_a_defect_of_our_own_is_none_of_the_registrys() -> None:
    with pytest.raises(KeyError):
        sharing(KeyError("defect"))[0].pull(RECIPE)


def test_without_a_registry_nothing_happens() -> None:
    quiet = Sharing(None, pytest.fail)
    assert quiet.pull(RECIPE) is None
    assert quiet.smaller(RECIPE, None) is None


def test_the_biggest_one_of_the_family_that_fits_is_taken_if_it_is_bigger(monkeypatch: pytest.MonkeyPatch) -> None:
    def there(*sets: tuple[str, ...], family: str = "") -> list[Any]:
        recipes = [RECIPE.holding(frozenset(modules), assets=False) for modules in sets]
        return [(it.key, label_of(it) | ({"family": family} if family else {})) for it in recipes]

    registry = asked()
    monkeypatch.setattr(CacheRegistry, "databases", lambda *_: there(("base",), ("base", "mail"), ("base", "sale")))
    best = registry.smaller(RECIPE, None)
    assert best is not None
    assert best.modules == ("base", "mail")
    than = PreparedDatabase(key="x", image="", size=0, made=0, used=0, label=label_of(best))
    assert registry.smaller(RECIPE, than) is None
    monkeypatch.setattr(CacheRegistry, "databases", lambda *_: there(("base",), family="another"))
    assert registry.smaller(RECIPE, None) is None


class Tags:
    """A registry, as far as labels are asked for."""

    asked: list[str]

    def __init__(self, name: str, engine: Engine, *, seconds: float) -> None:
        pass

    def tags(self, prefix: str) -> list[str]:
        return [f"{RECIPE.family[:12]}-{RECIPE.key}", f"{RECIPE.family[:12]}-{'0' * 32}"]

    def label(self, tag: str, label: str) -> str:
        self.asked.append(tag[-32:])
        return json.dumps(label_of(RECIPE)) if tag.endswith(RECIPE.key) else "{}"


@pytest.fixture
def tags(monkeypatch: pytest.MonkeyPatch) -> type[Tags]:
    Tags.asked = []
    monkeypatch.setattr(of_registry, "Registry", Tags)
    return Tags


def test_a_label_is_asked_for_once_unless_it_is_none(tags: type[Tags]) -> None:
    """Each run that lacks a database looks for a smaller one: with 300 tags that were 600 questions for each of them."""
    for _ in range(3):
        assert [key for key, _ in asked().databases()] == [RECIPE.key]
    assert tags.asked == [RECIPE.key, *["0" * 32] * 3]


def test_what_is_no_such_label_in_the_cache_is_asked_for_again(tags: type[Tags], tmp_path: Path) -> None:
    asked().databases()
    kept = tmp_path / "cache" / "hub-runner" / "labels" / RECIPE.key
    for text in ("", "\xff", json.dumps(label_of(replace(RECIPE, modules=("base",))))):
        kept.write_text(text, encoding="latin-1")
        assert [label["family"] for _, label in asked().databases()] == [RECIPE.family]
    assert tags.asked.count(RECIPE.key) == 4
    assert json.loads(kept.read_text())["family"] == RECIPE.family


def test_labels_of_days_that_are_over_are_forgotten(tags: type[Tags], tmp_path: Path) -> None:
    old = tmp_path / "cache" / "hub-runner" / "labels" / "old"
    old.parent.mkdir(parents=True)
    old.touch()
    os.utime(old, (0, 0))
    asked().databases()
    assert [path.name for path in old.parent.iterdir()] == [RECIPE.key]


def test_a_cache_that_cannot_be_written_costs_questions_alone(tags: type[Tags], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the place of the folder")
    assert [[key for key, _ in asked().databases()] for _ in range(2)] == [[RECIPE.key]] * 2
