from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests.exceptions

from hub_runner.cleanup import sweep as sweep_file
from hub_runner.cleanup.owner import FORMAT_LABEL, here
from hub_runner.cleanup.sweep import Belongings, belongings, clean, of_other_versions, sweep
from hub_runner.engine.client import Engine
from hub_runner.engine.resources import Resource
from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import Settings


def test_a_run_is_as_old_as_its_name_says() -> None:
    mine = here(run="hub-agent-test-my_module-1700000000-ab12", prefix="hub-agent-test-")
    assert Belongings(owner=mine, resources=()).age(1700000060.0) == 60


def test_the_age_is_read_behind_any_prefix() -> None:
    """W13."""
    run = f"evv-2-agent-test-traction-{int(time.time())}-ab12"
    assert 0 <= Belongings(owner=here(run=run, prefix="evv-2-agent-test-"), resources=()).age(time.time()) < 60


class Shown(Engine):
    """An engine that shows volumes with these labels."""

    def __init__(self, *labels: dict[str, str]) -> None:
        self.labels = labels

    def bearing(self, label: str) -> list[Resource]:
        return [Resource("volume", f"v{number}", f"v{number}", labels) for number, labels in enumerate(self.labels)]


def test_what_another_version_has_is_left_alone_and_said() -> None:
    prefix = "hub-agent-test-"
    mine = here(run=f"{prefix}probe-1700000000-ab12", prefix=prefix).labels
    evv = here(run="evv-agent-test-x-1-ab12", prefix="evv-agent-test-").labels
    engine = Shown(mine, mine | {FORMAT_LABEL: "2"}, evv | {FORMAT_LABEL: "2"})
    assert [resource.name for run in belongings(engine, prefix) for resource in run.resources] == ["v0"]
    said = of_other_versions(engine, prefix)
    assert said.startswith("1 resource of runs of another version of hub-runner, such as v1")
    assert of_other_versions(Shown(mine), prefix) == ""


def test_where_nothing_is_dead_nothing_is_noted() -> None:
    notes: list[str] = []
    sweep(Shown(), "hub-agent-test-", notes.append)
    assert notes == []


class Gone(Engine):
    """An engine that goes away in mid-sentence."""

    def __init__(self) -> None:
        pass

    def bearing(self, label: str) -> list[Resource]:
        raise requests.exceptions.ConnectionError("Connection aborted")


def test_an_engine_that_fails_in_mid_sentence_is_no_defect_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A4: it ended with 70 and a traceback."""
    monkeypatch.setattr(sweep_file, "connect", Gone)
    with pytest.raises(EnvironmentFailure, match=r"stopped answering.* Nothing was removed\."):
        clean(Settings(root=tmp_path), living=False, older_than=0)
