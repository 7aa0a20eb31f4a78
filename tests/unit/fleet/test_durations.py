from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.fleet import durations
from hub_runner.fleet.durations import LastRun


def test_what_was_learnt_is_known_the_next_time_and_the_rest_is_kept(tmp_path: Path) -> None:
    durations.save(tmp_path, {"a": LastRun(seconds=3.0), "b": LastRun(seconds=1.0, failed=True)})
    durations.save(tmp_path, {"a": LastRun(seconds=4.5, failed=True)})
    assert durations.load(tmp_path) == {"a": LastRun(seconds=4.5, failed=True), "b": LastRun(seconds=1.0, failed=True)}
    assert [path.name for path in (tmp_path / ".hub-runner").iterdir()] == ["durations.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"modules": 1}',
        '{"modules": {"a": 1}}',
        '{"modules": {"a": {"seconds": "x", "failed": 0}}}',
        "[" * 9999,
    ],
)
def test_a_file_that_is_broken_is_passed_over(tmp_path: Path, text: str) -> None:
    durations.path(tmp_path).parent.mkdir()
    durations.path(tmp_path).write_text(text, encoding="utf-8")
    assert durations.load(tmp_path) == {}


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "-1", "1e308"])
def test_a_duration_that_is_none_is_passed_over(tmp_path: Path, seconds: str) -> None:
    durations.path(tmp_path).parent.mkdir()
    text = f'{{"modules": {{"a": {{"seconds": {seconds}, "failed": false}}, "b": {{"seconds": 1, "failed": false}}}}}}'
    durations.path(tmp_path).write_text(text, encoding="utf-8")
    assert set(durations.load(tmp_path)) == {"b"}


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / ".hub-runner").touch()
    durations.save(tmp_path, {"a": LastRun(seconds=3.0)})
    assert durations.load(tmp_path) == {}


def test_what_failed_comes_first_then_what_is_short_then_what_is_not_known() -> None:
    known = {"slow": LastRun(seconds=9), "quick": LastRun(seconds=1), "red": LastRun(seconds=5, failed=True)}
    assert durations.in_order(["new", "slow", "quick", "red", "newer"], known) == ["red", "quick", "slow", "new", "newer"]


def test_what_is_not_known_is_likely_to_take_as_long_as_the_median_of_what_is() -> None:
    known = {"a": LastRun(seconds=1.0), "b": LastRun(seconds=5.0), "gone": LastRun(seconds=9.0)}
    assert durations.likely(["a", "b", "new"], known) == [1.0, 5.0, 5.0]


def test_if_nothing_is_known_no_module_counts_as_long() -> None:
    assert durations.likely(["a", "b"], {}) == []
