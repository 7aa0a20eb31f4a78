from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.cleanup import owner
from hub_runner.host.lock import Lock


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path))


@pytest.fixture
def claimed() -> Iterator[tuple[owner.Owner, Lock]]:
    me, lock = owner.claim("traction", "hub-agent-test-")
    yield me, lock
    lock.release()


Claimed = tuple[owner.Owner, Lock]


def test_the_name_of_a_run_is_that_of_the_work_order(claimed: Claimed) -> None:
    """W2."""
    me, _ = claimed
    prefix, seconds, tail = me.run.rsplit("-", 2)
    assert prefix == "hub-agent-test-traction"
    assert int(seconds) > 1_700_000_000
    assert int(tail, 16) < 2**16


@pytest.mark.parametrize("prefix", ["hub-agent-test-", "evv-agent-test-"])
def test_names_are_unique_within_one_second(prefix: str) -> None:
    """W2, W13: fifty in some milliseconds."""
    claims = [owner.claim("traction", prefix) for _ in range(50)]
    assert len({me.run for me, _ in claims}) == 50
    assert all(me.run.startswith(prefix) for me, _ in claims)
    for _, lock in claims:
        lock.release()


def test_compose_takes_the_name_of_a_run_of_any_module() -> None:
    me, lock = owner.claim("L10n_X", "hub-agent-test-")
    lock.release()
    assert me.run == me.run.lower()


def test_an_owner_is_read_back_from_its_labels(claimed: Claimed) -> None:
    me, _ = claimed
    assert owner.read(me.labels) == me
    assert set(map(type, me.labels.values())) == {str}


def test_labels_that_are_not_ours_or_not_whole_name_nobody(claimed: Claimed) -> None:
    labels = claimed[0].labels
    assert owner.read({}) is None
    assert owner.read(labels | {"hub-runner.pid": "many"}) is None
    for missing in set(labels) - {owner.FORMAT_LABEL}:
        assert owner.read({key: value for key, value in labels.items() if key != missing}) is None


def test_a_run_lives_as_long_as_its_lock_is_held(claimed: Claimed) -> None:
    me, lock = claimed
    stranger = replace(me, pid=2**22 + 1)
    assert owner.is_alive(stranger)
    lock.release()
    assert not owner.is_alive(stranger)


def test_a_run_of_an_earlier_boot_is_dead_though_its_pid_lives_again(claimed: Claimed) -> None:
    me, lock = claimed
    lock.release(remove=True)
    assert owner.is_alive(me)
    assert not owner.is_alive(replace(me, boot="before"))


def test_where_somebody_emptied_the_state_folder_the_process_is_the_last_witness(claimed: Claimed) -> None:
    me, lock = claimed
    lock.release(remove=True)
    assert owner.is_alive(me)
    assert not owner.is_alive(replace(me, started=me.started - 100)), "another process with the same pid"
    assert not owner.is_alive(replace(me, pid=2**22 + 1))


def test_the_owner_is_this_process(claimed: Claimed) -> None:
    assert (claimed[0].pid, claimed[0].user) == (os.getpid(), str(os.getuid()))


@pytest.mark.parametrize(
    "other",
    [
        {"hub-runner.run": "evv-agent-test-traction-1700000000-ab12"},
        {"hub-runner.run": "hub-agent-test-"},
        {"hub-runner.run": "hub-agent-test-traction"},
        {"hub-runner.run": "hub-agent-test-x-1700000000-ab12 --volumes"},
        {"hub-runner.prefix": "", "hub-runner.run": "x-1700000000-ab12"},
    ],
)
def test_a_run_id_that_does_not_fit_its_prefix_aims_no_teardown(claimed: Claimed, other: dict[str, str]) -> None:
    """B7: labels that are inherited from an image may say anything."""
    assert owner.read(claimed[0].labels | other) is None


def test_labels_of_versions_that_wrote_no_format_are_understood(claimed: Claimed) -> None:
    labels = {key: value for key, value in claimed[0].labels.items() if key != owner.FORMAT_LABEL}
    assert owner.read(labels) == claimed[0]
    assert not owner.is_of_other_version(labels)


def test_labels_of_an_unknown_format_name_nobody(claimed: Claimed) -> None:
    labels = claimed[0].labels | {owner.FORMAT_LABEL: "2"}
    assert owner.read(labels) is None
    assert owner.is_of_other_version(labels)
    assert not owner.is_of_other_version({owner.FORMAT_LABEL: "2"}), "not ours at all"


@pytest.mark.parametrize("odd", ["file", "fifo", "link"])
def test_a_run_whose_lock_somebody_exchanged_lives_as_long_as_its_process(claimed: Claimed, odd: str) -> None:
    """A2: a fresh file, which nobody had locked, made a living run dead."""
    me, lock = claimed
    lock.release(remove=True)
    make: dict[str, Callable[[], None]] = {
        "file": me.lock_path.touch,
        "fifo": lambda: os.mkfifo(me.lock_path),
        "link": lambda: me.lock_path.symlink_to("/dev/null"),
    }
    make[odd]()
    assert owner.is_alive(me)
    assert not owner.is_alive(replace(me, boot="before"))
