from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from hub_runner.cleanup import guarded as module
from hub_runner.cleanup.guarded import guarded
from hub_runner.cleanup.owner import Owner
from hub_runner.cleanup.teardown import Cleanup
from hub_runner.engine.client import Engine
from hub_runner.errors import CleanupIncomplete, EnvironmentFailure, UsageError
from hub_runner.host.signals import held

Work = Callable[[Owner, Engine], int]


@pytest.fixture
def torn_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Cleanup]:
    """The teardowns that were asked for; the last of them says what is left."""
    done: list[Cleanup] = []

    def teardown(run_id: str, *, settled: bool) -> Cleanup:
        done.append(Cleanup(run_id, left={} if settled else {"volume x": "in use"}))
        return done[-1]

    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(module, "connect", lambda: cast(Engine, None))
    monkeypatch.setattr(module, "teardown", teardown)
    return done


def done_with(work: Work, tmp_path: Path, notes: list[str]) -> int:
    with held() as arrived:
        return guarded("probe", "unit-agent-test-", tmp_path / "own" / "guards.log", arrived, work, notes.append)


def test_the_exit_code_is_that_of_the_work_and_all_that_it_made_is_removed(torn_down: list[Cleanup], tmp_path: Path) -> None:
    owners, notes = list[Owner](), list[str]()

    def work(me: Owner, engine: Engine) -> int:
        owners.append(me)
        return 9

    assert done_with(work, tmp_path, notes) == 9
    assert [cleanup.run_id for cleanup in torn_down] == [owners[0].run]
    assert notes == []


def test_a_leftover_comes_first_for_no_other_failure_excuses_it(torn_down: list[Cleanup], tmp_path: Path) -> None:
    def work(me: Owner, engine: Engine) -> int:
        raise UsageError("another failure")

    with pytest.raises(CleanupIncomplete, match="volume x"):
        done_with(work, tmp_path, [])


def test_without_an_engine_there_is_nothing_to_remove(
    torn_down: list[Cleanup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Engine:
        raise EnvironmentFailure("no engine")

    monkeypatch.setattr(module, "connect", away)
    with pytest.raises(EnvironmentFailure, match="no engine"):
        done_with(lambda me, engine: 0, tmp_path, [])
    assert torn_down == []


def test_a_cleanup_that_could_not_be_verified_is_told(
    torn_down: list[Cleanup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = list[str]()
    monkeypatch.setattr(module, "teardown", lambda run_id, *, settled: Cleanup(run_id, engine_away="gone"))
    assert done_with(lambda me, engine: 0, tmp_path, notes) == 0
    assert notes == ["not verified, the engine did not answer: gone"]
