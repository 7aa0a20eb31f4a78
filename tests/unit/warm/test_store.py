"""Which prepared databases go, and which stay."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.warm import store
from hub_runner.warm.label import LABEL
from hub_runner.warm.store import ImageSummary, PreparedDatabase, surplus
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE

TODAY = dt.date(2025, 1, 31)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "state"))


def database(
    key: str, *, used: float = 0, gigabytes: float = 1, day: str = "", parent: str = "", made: float = 0
) -> PreparedDatabase:
    recipe = replace(RECIPE, modules=("base", "mail"), demo=bool(day), assets=True, day=day)
    label = label_of(recipe, parent=parent)
    return PreparedDatabase(key=key, image=f"sha256:{key}", size=int(gigabytes * 1e9), made=made, used=used, label=label)


def gone(*there: PreparedDatabase, limit: float, keep: str = "") -> list[str]:
    return [it.key for it in surplus(there, limit, today=TODAY, keep=keep)]


def test_within_the_limit_all_stay() -> None:
    assert gone(database("a"), database("b"), limit=2) == []


def test_the_least_recently_used_go_first_and_no_more_than_needed() -> None:
    assert gone(database("new", used=3), database("old", used=1), database("older", used=0), limit=1.5) == ["older", "old"]


def test_the_one_that_was_just_made_stays_even_beyond_the_limit() -> None:
    assert gone(database("mine", gigabytes=5), limit=1, keep="mine") == []


def test_demo_data_of_yesterday_goes_whatever_the_limit_is() -> None:
    there = database("yesterday", used=9, day="2025-01-30"), database("today", day="2025-01-31")
    assert gone(*there, limit=10) == ["yesterday"]


def test_what_is_no_longer_of_use_goes_before_what_is_little_used() -> None:
    assert gone(database("little", used=0), database("yesterday", used=9, day="2025-01-30"), limit=1) == ["yesterday"]


def test_a_database_from_which_others_began_goes_after_them() -> None:
    parent, child = database("parent", used=0), database("child", used=9, parent="parent")
    assert gone(parent, child, limit=1.5) == ["child"]
    assert gone(parent, child, limit=0.5) == ["child", "parent"]


def test_what_the_new_one_began_from_stays_with_it() -> None:
    there = database("root", used=0), database("new", used=9, parent="root"), database("other", used=5)
    assert gone(*there, limit=0.1, keep="new") == ["other"]


def test_a_whole_tree_of_yesterday_goes() -> None:
    day = "2025-01-30"
    assert set(gone(database("root", day=day), database("leaf", day=day, parent="root"), limit=10)) == {"root", "leaf"}


def test_a_clock_that_is_ahead_removes_nothing_of_tomorrow() -> None:
    assert gone(database("tomorrow", day="2025-02-01"), limit=10) == []


def test_a_database_says_what_is_in_it() -> None:
    assert str(database("0123456789abcdef", day="2025-01-31")) == (
        "0123456789ab: mail (2 modules), with demo data, fr_FR, assets"
    )


def image(**changes: object) -> ImageSummary:
    values = {
        "Id": "sha256:x",
        "RepoTags": [f"hub-runner/cache:{RECIPE.key}"],
        "Labels": {LABEL: json.dumps(label_of(RECIPE, below=100))},
        "Size": 350,
        "Created": 7,
    }
    return cast(ImageSummary, {**values, **changes})


def test_an_image_is_read_as_a_database_of_its_own_size() -> None:
    (found,) = store._read(image())
    assert (found.key, found.size, found.used, found.reference) == (RECIPE.key, 250, 7, f"hub-runner/cache:{RECIPE.key}")
    assert found.origin == ""


@pytest.mark.parametrize(
    "change",
    [
        {"RepoTags": None},
        {"RepoTags": [f"somebody/else:{RECIPE.key}"]},
        {"Labels": {LABEL: "nonsense"}},
        {"Labels": {LABEL: "{}"}},
        {"Labels": {LABEL: "[]"}},
        {"Labels": None},
    ],
    ids=["no name", "another name", "no JSON", "an older form", "no object", "no label"],
)
def test_an_image_that_is_none_of_ours_is_no_database(change: dict[str, object]) -> None:
    assert list(store._read(image(**change))) == []


def test_a_database_under_another_databases_key_is_none() -> None:
    other = replace(RECIPE, modules=("base",))
    assert list(store._read(image(RepoTags=[f"hub-runner/cache:{other.key}"]))) == []


def test_a_pulled_database_says_from_where_and_goes_with_all_its_names() -> None:
    name = "registry.example.org/hub-cache"
    (found,) = store._read(
        image(RepoTags=[f"hub-runner/cache:{RECIPE.key}", f"{name}:family-{RECIPE.key}"], RepoDigests=[f"{name}@sha256:abc"])
    )
    assert found.origin == f"{name}@sha256:abc"
    assert str(found).endswith(f", pulled as {name}@sha256:abc")
    removed: list[str] = []
    engine: Any = SimpleNamespace(api=SimpleNamespace(remove_image=removed.append))
    assert store.remove(engine, found)
    assert removed == [f"{name}:family-{RECIPE.key}", found.reference]


def test_what_began_from_a_pulled_database_says_so() -> None:
    label = label_of(RECIPE, origin="registry.example.org/hub-cache@sha256:abc")
    (found,) = store._read(image(Labels={LABEL: json.dumps(label)}))
    assert found.pulled == ""
    assert found.origin == "registry.example.org/hub-cache@sha256:abc"
    assert str(found).endswith(", on top of registry.example.org/hub-cache@sha256:abc")


def test_what_another_version_made_goes_after_days_without_use() -> None:
    now, day = int(time.time()), 86400
    removed: list[str] = []
    there = [
        image(RepoTags=["hub-runner/cache:old"], Labels={LABEL: "{}"}, Created=now - 4 * day),
        image(RepoTags=["hub-runner/cache:new"], Labels={LABEL: "{}"}, Created=now - day),
        image(Created=now - 4 * day, RepoTags=[f"hub-runner/cache:{RECIPE.key}", f"a.b/hub-cache:family-{RECIPE.key}"]),
    ]
    engine: Any = SimpleNamespace(api=SimpleNamespace(images=lambda **_: there, remove_image=removed.append))
    assert store.evict(engine, 1, today=TODAY, keep="") == []
    assert removed == ["hub-runner/cache:old"]


def test_each_prepared_database_that_is_removed_is_named_before_the_next_one_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred of them take minutes, and a command that is broken off has said what is gone."""
    removed: list[str] = []
    monkeypatch.setattr(store, "forget_nameless", lambda _: None)
    monkeypatch.setattr(store, "_removed_foreign", lambda _: ())
    monkeypatch.setattr(store, "databases", lambda _: [database("old", made=1), database("young", made=2)])
    monkeypatch.setattr(store, "remove", lambda _, it: not removed.append(it.key))  # type: ignore[func-returns-value]
    lines = iter(store.clean(cast("Any", None)))
    assert next(lines).startswith("removed: prepared database young")
    assert removed == ["young"]
    assert len(list(lines)) == 1
    assert removed == ["young", "old"]
