from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.host import lock
from hub_runner.host.lock import Lock
from tests.conftest import room_for


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "runs" / "a.lock"


@pytest.fixture
def narrow_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def taken(path: Path, holder: str = "run a") -> Lock:
    found = Lock.try_acquire(path, holder=holder)
    assert found
    return found


def test_a_lock_names_its_holder_until_it_is_released(path: Path) -> None:
    mine = taken(path, "run a (pid 1)")
    assert lock.holder(path) == "run a (pid 1)"
    mine.release()
    assert lock.holder(path) is None


def test_a_lock_excludes_the_next_one(path: Path) -> None:
    mine = taken(path)
    assert Lock.try_acquire(path, holder="run b") is None
    assert lock.holder(path) == "run a"
    mine.release()
    taken(path, "b").release()


def test_a_shorter_name_leaves_nothing_of_the_longer_one(path: Path) -> None:
    taken(path, "a very long name").release()
    mine = taken(path, "b")
    assert lock.holder(path) == "b"
    mine.release()


def test_a_lock_that_was_removed_can_be_had_again(path: Path) -> None:
    taken(path).release(remove=True)
    assert not path.exists()
    taken(path).release()


def test_a_file_that_its_holder_removed_meanwhile_is_not_taken_for_the_lock(path: Path) -> None:
    first = taken(path)
    path.unlink()
    second = taken(path, "run b")
    assert lock.holder(path) == "run b"
    first.release()
    assert lock.holder(path) == "run b"
    second.release()


def test_a_child_that_inherits_the_lock_holds_it_after_its_parent(path: Path) -> None:
    mine = taken(path)
    with subprocess.Popen(("cat",), stdin=subprocess.PIPE, pass_fds=(mine.descriptor,)) as child:
        os.close(mine.descriptor)
        assert lock.is_held(path)
        child.kill()
    assert not lock.is_held(path)


def test_a_lock_is_free_when_its_holder_was_killed(path: Path) -> None:
    words = (
        "import sys, pathlib; from hub_runner.host.lock import Lock; "
        "l = Lock.try_acquire(pathlib.Path(sys.argv[1]), holder='x');"
    )
    command = (sys.executable, "-c", words + "print('held', flush=True); sys.stdin.read()", str(path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        assert lock.holder(path) == "x"
        other.kill()
    assert not lock.is_held(path)


@pytest.mark.usefixtures("narrow_umask")
def test_every_user_may_lock_whatever_the_umask(path: Path) -> None:
    taken(path).release()
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert {stat.S_IMODE(it.stat().st_mode) for it in (path.parent, path.parent.parent)} == {0o1777}


def test_a_place_where_nothing_can_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(EnvironmentFailure, match=r"a\.lock cannot be written: .*HUB_RUNNER_STATE"):
        Lock.try_acquire(tmp_path / "state" / "runs" / "a.lock", holder="run a")


def test_a_disk_without_room_for_the_holders_name_is_no_lock_and_no_defect(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with (
        room_for(0),
        pytest.raises(EnvironmentFailure, match=r"a\.lock cannot be written: File too large.*HUB_RUNNER_STATE"),
    ):
        Lock.try_acquire(path, holder="run a")
    assert not lock.is_held(path)
    taken(path).release()


def test_a_full_disk_is_told_from_a_folder_that_is_not_ours(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(EnvironmentFailure, match=r"No space left on device.*free some space there"):
        Lock.try_acquire(path, holder="run a")


def test_a_link_in_the_place_of_a_lock_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "somebody elses file")
    with pytest.raises(EnvironmentFailure):
        Lock.try_acquire(path, holder="run a")
    assert not (tmp_path / "somebody elses file").exists()


def test_all_users_look_in_one_place_unless_it_is_set() -> None:
    assert lock.state_folder({"TMPDIR": "/elsewhere"}) == Path("/tmp/hub-runner")
    assert lock.state_folder({"HUB_RUNNER_STATE": "/s"}) == Path("/s")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_a_lock_file_that_another_user_has_left_is_taken_and_freed_and_stays() -> None:
    """In a folder for all users, whose files only their owners may remove."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "state", "caches", "key.making")
        taken(path).release()
        if (child := os.fork()) == 0:
            os.setuid(4242)
            it = Lock.try_acquire(path, holder="another user")
            if it:
                it.release(remove=True)
            os._exit(0 if it and not lock.is_held(path) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert path.exists()
