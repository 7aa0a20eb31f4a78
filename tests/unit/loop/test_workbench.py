"""What a quick verdict asks the engine before it judges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.loop.workbench import KILLED, NOT_STARTED, Workbench
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.odoo.command import Execution


@dataclass
class Asked:
    """What the engine knows of the containers, some of it only to who waits."""

    died: str | None = None
    memory: bool = False
    told_late: bool = False

    def await_cause(self) -> None:
        self.told_late = False

    def death(self) -> str | None:
        return None if self.told_late else self.died

    def out_of_memory(self) -> bool:
        return self.memory and not self.told_late


@dataclass(frozen=True)
class FakePlan:
    test_files: tuple[object, ...] = ()
    files: tuple[object, ...] = ()
    choice: Choice = EVERYTHING


def judged(code: int, asked: Asked, monkeypatch: pytest.MonkeyPatch, folder: Path, *, timed_out: bool = False) -> Execution:
    """What the judge is given."""
    monkeypatch.setattr("hub_runner.verdict.judge", lambda plan, execution: execution)
    (folder / "odoo.log").write_bytes(b"last words")
    environment = SimpleNamespace(diagnosis=asked, read_file=lambda path, *, at_most: b"")
    bench = Workbench(cast(Any, FakePlan()), cast(Any, environment), cast(Any, None), folder / "odoo.log")
    request = cast(Any, SimpleNamespace(record="record", secret="secret"))
    return cast(Execution, bench.judge(request, code, EVERYTHING, timed_out=timed_out))


DIED = Asked(died="db: killed from outside with SIGKILL (exit code 137)")


@pytest.mark.parametrize("code", [1, NOT_STARTED, KILLED])
def test_a_container_that_went_away_ends_the_watch_and_is_no_verdict_on_the_module(
    code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentFailure, match=r"during the watch\. db: killed from outside"):
        judged(code, DIED, monkeypatch, tmp_path)


@pytest.mark.parametrize("code", [NOT_STARTED, KILLED])
def test_what_the_engine_tells_late_is_awaited(code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="db: killed"):
        judged(code, replace(DIED, told_late=True), monkeypatch, tmp_path)


def test_want_of_memory_is_told_of_the_process_that_it_killed_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = Asked(memory=True)
    assert judged(KILLED, asked, monkeypatch, tmp_path).out_of_memory
    assert not judged(1, asked, monkeypatch, tmp_path).out_of_memory


def test_a_green_process_and_one_that_was_too_late_are_judged_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert judged(0, DIED, monkeypatch, tmp_path).exit_code == 0
    late = judged(KILLED, replace(DIED, told_late=True), monkeypatch, tmp_path, timed_out=True)
    assert late.timed_out
