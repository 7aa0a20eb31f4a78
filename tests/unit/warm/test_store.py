"""Which prepared databases go, and which stay."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import docker.errors
import pytest
import requests.exceptions

from hub_runner.errors import EnvironmentFailure
from hub_runner.host.lock import Lock
from hub_runner.warm import store
from hub_runner.warm.store import ImageSummary, Label, PreparedDatabase, in_use, remove, surplus

TODAY = dt.date(2025, 1, 31)


def database(
    key: str, *, used: float = 0, gigabytes: float = 1, day: str = "", parent: str = "", made: float = 0
) -> PreparedDatabase:
    label: Label = {
        "recipe": {
            "modules": ["base", "mail"],
            "demo": bool(day),
            "languages": ["fr_FR"],
            "assets": True,
            "odoo_args": [],
            "day": day,
        },
        "family": "family",
        "modules": ["base", "mail"],
        "names": ["mail"],
        "below": 0,
        "parent": parent,
    }
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


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "caches"


def test_a_database_in_use_is_held_by_all_its_users_until_the_last_one_ends(state: Path) -> None:
    with in_use("key"):
        with in_use("key"):
            assert not Lock.try_acquire(state / "key.used", holder="who removes it")
        assert not Lock.try_acquire(state / "key.used", holder="who removes it")
    lock = Lock.try_acquire(state / "key.used", holder="who removes it")
    assert lock
    lock.release()


@pytest.mark.parametrize("others", [0, 1])
def test_a_use_is_remembered_also_beside_another_one(state: Path, others: int) -> None:
    long_ago = 1e9
    with contextlib.ExitStack() as held:
        for _ in range(others):
            held.enter_context(in_use("key"))
        state.mkdir(parents=True, exist_ok=True)
        (state / "key.used").touch()
        os.utime(state / "key.used", (long_ago, long_ago))
        held.enter_context(in_use("key"))
        assert (state / "key.used").stat().st_mtime > long_ago


def test_a_removal_that_takes_for_ever_keeps_a_run_waiting_no_longer_than_its_patience(state: Path) -> None:
    lock = Lock.try_acquire(state / "key.used", holder="who removes it")
    assert lock
    with pytest.raises(EnvironmentFailure, match="has been removing"), in_use("key", patience=0.3):
        pytest.fail("the run started from what is being removed")
    lock.release()


def test_a_file_that_is_removed_meanwhile_is_made_anew(state: Path) -> None:
    lock = Lock.try_acquire(state / "key.used", holder="who removes it")
    assert lock
    timer = threading.Timer(0.3, lambda: lock.release(remove=True))
    timer.start()
    with in_use("key", patience=20):
        assert (state / "key.used").exists()
    timer.join()


@pytest.mark.parametrize("error", [requests.exceptions.ReadTimeout("slow"), docker.errors.APIError("in use")])
def test_a_removal_that_fails_frees_its_lock_and_leaves_the_database(state: Path, error: Exception) -> None:
    def remove_image(reference: str) -> None:
        raise error

    engine: Any = SimpleNamespace(api=SimpleNamespace(remove_image=remove_image))
    assert not remove(engine, database("key"))
    with in_use("key", patience=1):
        pass


def image(**changes: object) -> ImageSummary:
    about = '{"recipe": {"day": ""}, "modules": ["base"], "names": ["base"], "family": "f", "below": 100}'
    values = {
        "Id": "sha256:x",
        "RepoTags": ["hub-runner/cache:key"],
        "Labels": {store.LABEL: about},
        "Size": 350,
        "Created": 7,
    }
    return cast(ImageSummary, {**values, **changes})


def test_an_image_is_read_as_a_cache_of_its_own_size(state: Path) -> None:
    (found,) = store._read(image())
    assert (found.key, found.size, found.used, found.reference) == ("key", 250, 7, "hub-runner/cache:key")


@pytest.mark.parametrize(
    "change",
    [
        {"RepoTags": None},
        {"RepoTags": ["somebody/else:key"]},
        {"Labels": {store.LABEL: "nonsense"}},
        {"Labels": {store.LABEL: "{}"}},
        {"Labels": {store.LABEL: "[]"}},
    ],
    ids=["no name", "another name", "no JSON", "an older form", "no object"],
)
def test_an_image_that_is_none_of_ours_is_no_database(change: dict[str, object], state: Path) -> None:
    assert list(store._read(image(**change))) == []
