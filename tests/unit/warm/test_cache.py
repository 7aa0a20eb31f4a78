"""Which caches go, and which stay."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from pathlib import Path

import pytest

from hub_runner.host.lock import Lock
from hub_runner.warm import cache as warm_cache
from hub_runner.warm.cache import Cache, in_use, surplus

TODAY = dt.date(2025, 1, 31)


def cache(key: str, *, used: float = 0, gigabytes: float = 1, day: str = "") -> Cache:
    about = {"recipe": {"day": day, "core": ["mail"], "demo": bool(day), "languages": ["fr_FR"], "assets": True}}
    about["modules"] = ["base", "mail"]  # type: ignore[assignment]
    return Cache(key=key, image=f"sha256:{key}", size=int(gigabytes * 1e9), made=0, used=used, about=about)


def gone(*found: Cache, limit: float, keep: str = "") -> list[str]:
    return [it.key for it in surplus(list(found), limit, today=TODAY, keep=keep)]


def test_within_the_limit_all_stay() -> None:
    assert gone(cache("a"), cache("b"), limit=2) == []


def test_the_least_recently_used_go_first_and_no_more_than_needed() -> None:
    assert gone(cache("new", used=3), cache("old", used=1), cache("older", used=0), limit=1.5) == ["older", "old"]


def test_the_one_that_was_just_made_stays_even_beyond_the_limit() -> None:
    assert gone(cache("mine", gigabytes=5), limit=1, keep="mine") == []


def test_demo_data_of_yesterday_goes_whatever_the_limit_is() -> None:
    assert gone(cache("yesterday", used=9, day="2025-01-30"), cache("today", day="2025-01-31"), limit=10) == ["yesterday"]


def test_what_is_no_longer_of_use_goes_before_what_is_little_used() -> None:
    assert gone(cache("little", used=0), cache("yesterday", used=9, day="2025-01-30"), limit=1) == ["yesterday"]


def test_a_clock_that_is_ahead_removes_nothing_of_tomorrow() -> None:
    assert gone(cache("tomorrow", day="2025-02-01"), limit=10) == []


def test_a_cache_says_what_is_in_it() -> None:
    assert str(cache("0123456789abcdef", day="2025-01-31")) == (
        "0123456789ab: mail (2 modules), with demo data, fr_FR, assets"
    )


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "caches"


def test_a_cache_in_use_is_held_by_all_its_users_until_the_last_one_ends(state: Path) -> None:
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


def image(**changes: object) -> dict[str, object]:
    about = '{"recipe": {"day": ""}, "modules": ["base"], "below": 100, "password": "x"}'
    values = {
        "Id": "sha256:x",
        "RepoTags": ["hub-runner/cache:key"],
        "Labels": {warm_cache.LABEL: about},
        "Size": 350,
        "Created": 7,
    }
    return {**values, **changes}


def test_an_image_is_read_as_a_cache_of_its_own_size(state: Path) -> None:
    (found,) = warm_cache._read(image())
    assert (found.key, found.size, found.used, found.reference) == ("key", 250, 7, "hub-runner/cache:key")


@pytest.mark.parametrize(
    "change",
    [
        {"RepoTags": None},
        {"RepoTags": ["somebody/else:key"]},
        {"Labels": {warm_cache.LABEL: "nonsense"}},
        {"Labels": {warm_cache.LABEL: "{}"}},
        {"Labels": {warm_cache.LABEL: "[]"}},
    ],
    ids=["no name", "another name", "no JSON", "an older form", "no object"],
)
def test_an_image_that_is_none_of_ours_is_no_cache(change: dict[str, object], state: Path) -> None:
    assert list(warm_cache._read(image(**change))) == []
