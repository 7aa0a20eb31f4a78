from __future__ import annotations

import time

from hub_runner.cleanup.owner import here
from hub_runner.cleanup.sweep import Project, sweep


def test_a_run_is_as_old_as_its_name_says() -> None:
    project = Project(here(run="hub-agent-test-my_module-1700000000-ab12", prefix="hub-agent-test-"), ())
    assert project.age(1700000060.0) == 60


def test_the_age_is_read_behind_any_prefix() -> None:
    """W13."""
    run = f"evv-2-agent-test-traction-{int(time.time())}-ab12"
    assert 0 <= Project(here(run=run, prefix="evv-2-agent-test-"), ()).age(time.time()) < 5


def test_where_nothing_is_dead_nothing_is_asked() -> None:
    assert sweep([]) == []
