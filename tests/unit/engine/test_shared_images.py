"""Images that runs share: who uses one, makes one or removes one keeps the others out, and nobody waits for ever."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest
import requests.exceptions

from hub_runner.engine.shared_images import SharedImages
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.lock import Lock

IMAGES = SharedImages(repository="hub-runner/cache", room="caches", kind="prepared database")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "caches"


def test_a_database_in_use_is_held_by_all_its_users_until_the_last_one_ends(state: Path) -> None:
    with IMAGES.in_use("key"):
        with IMAGES.in_use("key"):
            assert not Lock.try_acquire(state / "key.used", holder="who removes it", patience=0.05)
        assert not Lock.try_acquire(state / "key.used", holder="who removes it", patience=0.05)
    lock = Lock.try_acquire(state / "key.used", holder="who removes it")
    assert lock
    lock.release()


@pytest.mark.parametrize("others", [0, 1])
def test_a_use_is_remembered_also_beside_another_one(state: Path, others: int) -> None:
    long_ago = 1e9
    with contextlib.ExitStack() as held:
        for _ in range(others):
            held.enter_context(IMAGES.in_use("key"))
        state.mkdir(parents=True, exist_ok=True)
        (state / "key.used").touch()
        os.utime(state / "key.used", (long_ago, long_ago))
        held.enter_context(IMAGES.in_use("key"))
        assert (state / "key.used").stat().st_mtime > long_ago


def test_a_removal_that_takes_for_ever_keeps_a_run_waiting_no_longer_than_its_patience(state: Path) -> None:
    lock = Lock.try_acquire(state / "key.used", holder="who removes it")
    assert lock
    with pytest.raises(EnvironmentFailure, match="has been removing"), IMAGES.in_use("key", patience=0.3):
        pytest.fail("the run started from what is being removed")
    lock.release()


def test_a_file_that_is_removed_meanwhile_is_made_anew(state: Path) -> None:
    lock = Lock.try_acquire(state / "key.used", holder="who removes it")
    assert lock
    timer = threading.Timer(0.3, lambda: lock.release(remove=True))
    timer.start()
    with IMAGES.in_use("key", patience=20):
        assert (state / "key.used").exists()
    timer.join()


@pytest.mark.parametrize("error", [requests.exceptions.ReadTimeout("slow"), docker.errors.APIError("in use")])
def test_a_removal_that_fails_frees_its_lock_and_leaves_the_database(state: Path, error: Exception) -> None:
    def remove_image(reference: str) -> None:
        raise error

    engine: Any = SimpleNamespace(api=SimpleNamespace(remove_image=remove_image))
    assert not IMAGES.remove(engine, "key")
    with IMAGES.in_use("key", patience=1):
        pass


def test_of_two_that_miss_one_image_one_waits_and_says_so_once() -> None:
    begun, said, order = threading.Event(), list[str](), list[str]()

    def waiting() -> None:
        said.append("waiting")
        begun.set()

    def second() -> None:
        with IMAGES.turn("key", waiting, patience=120):
            order.append("second")

    with IMAGES.turn("key", pytest.fail, patience=120):
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(120)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert said == ["waiting"]


def test_others_see_that_one_is_being_made_and_a_look_leaves_nothing(state: Path) -> None:
    assert not IMAGES.is_being_made("key")
    with IMAGES.turn("key", pytest.fail, patience=1):
        assert IMAGES.is_being_made("key")
        assert not IMAGES.is_being_made("another")
    (state / "key.making").touch()  # as a run that was killed leaves it
    assert not IMAGES.is_being_made("key")
    with IMAGES.turn("key", lambda: pytest.fail("a look is no maker"), patience=1):
        pass


def test_one_that_makes_no_headway_does_not_hold_up_the_others_for_ever() -> None:
    """It may have been stopped (SIGSTOP); who waited starts cold then."""
    late = pytest.raises(EnvironmentFailure, match="has been making the prepared database for")
    with IMAGES.turn("key", pytest.fail, patience=1), late, IMAGES.turn("key", lambda: None, patience=0.3):
        pytest.fail("two made the same image")


def test_those_that_miss_different_images_do_not_wait_for_each_other() -> None:
    with IMAGES.turn("one", pytest.fail, patience=1), IMAGES.turn("another", pytest.fail, patience=1):
        pass
