from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.host.files import remember, write_whole
from hub_runner.host.folders import cache_folder, state_folder


def test_all_users_look_in_one_place_unless_it_is_set() -> None:
    assert state_folder({"TMPDIR": "/elsewhere"}) == Path("/tmp/hub-runner")
    assert state_folder({"HUB_RUNNER_STATE": "/s"}) == Path("/s")
    assert state_folder({"HUB_RUNNER_STATE": ""}) == Path("/tmp/hub-runner"), "not the folder that a command stands in"


def test_each_user_has_a_cache_of_their_own_where_xdg_puts_it() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/hub-runner")
    assert cache_folder({}) == Path.home() / ".cache" / "hub-runner"


def test_a_user_that_the_machine_does_not_know_is_told_to_set_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that was started with a number for its user."""
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    monkeypatch.delenv("HOME")
    with pytest.raises(EnvironmentFailure, match="has no home folder: set HOME"):
        cache_folder({})


def test_a_file_that_cannot_be_written_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_file_is_replaced_as_a_whole_and_its_reader_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")
    with path.open("rb") as reader:
        write_whole(path, b"new")
        assert (reader.read(), path.read_bytes()) == (b"old", b"new")


def test_what_only_saves_time_is_no_error_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    remember(tmp_path / "file" / "below", b"data")
    remember(tmp_path / "made" / "below", b"data")
    assert (tmp_path / "made" / "below").read_bytes() == b"data"
