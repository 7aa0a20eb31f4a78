from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import tempfile
import threading
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


def test_a_folder_that_is_a_link_is_refused_and_its_target_stays_as_it_is(path: Path, tmp_path: Path) -> None:
    """A2: it became writable for everybody."""
    target = tmp_path / "somebody elses folder"
    target.mkdir(mode=0o700)
    path.parent.parent.mkdir()
    path.parent.symlink_to(target)
    with pytest.raises(EnvironmentFailure, match=r"no links: look at it with `ls -lR"):
        Lock.try_acquire(path, holder="run a")
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert list(target.iterdir()) == []


def test_a_state_folder_that_is_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    path.parent.parent.symlink_to(tmp_path)
    with pytest.raises(EnvironmentFailure, match="no links"):
        Lock.try_acquire(path, holder="run a")


def test_a_folder_that_was_there_keeps_its_permissions(path: Path) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    path.parent.chmod(0o700)
    taken(path).release()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_pipe_in_the_place_of_a_lock_blocks_nobody(path: Path) -> None:
    """A2: each run waited for somebody to open its other end."""
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert lock.holder(path) is None
    with pytest.raises(EnvironmentFailure, match="it is not a regular file"):
        Lock.try_acquire(path, holder="run a")


def test_a_file_with_a_second_name_elsewhere_is_not_written_to(path: Path, tmp_path: Path) -> None:
    """A2."""
    path.parent.mkdir(parents=True)
    (tmp_path / "precious").write_text("data")
    path.hardlink_to(tmp_path / "precious")
    with pytest.raises(EnvironmentFailure, match="it is not a regular file"):
        Lock.try_acquire(path, holder="run a")
    assert (tmp_path / "precious").read_text() == "data"


def test_the_state_folder_says_its_format(path: Path) -> None:
    taken(path).release()
    taken(path).release()
    assert (path.parent.parent / "format").read_text() == f"{lock.FORMAT}\n"


def test_a_state_folder_of_another_version_is_left_alone_and_named(path: Path) -> None:
    path.parent.parent.mkdir()
    (path.parent.parent / "format").write_text("2\x1b[2J\n")
    with pytest.raises(EnvironmentFailure, match=r"another version of hub-runner \(format '2'.*HUB_RUNNER_STATE"):
        Lock.try_acquire(path, holder="run a")
    assert [it.name for it in path.parent.parent.iterdir()] == ["format"]


def test_a_lock_that_several_hold_together_is_refused_at_once(path: Path) -> None:
    """Runs hold a prepared database like that."""
    taken(path).release()
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert Lock.try_acquire(path, holder="run a", patience=0.05) is None


def test_a_question_that_a_busy_machine_holds_up_does_not_keep_the_lock_from_a_run(path: Path) -> None:
    """A process that asked stood still for more than 50 ms with the lock in its hand: a free port looked taken."""
    taken(path).release()
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        freeing = threading.Timer(0.5, fcntl.flock, (file, fcntl.LOCK_UN))
        freeing.start()
        found = Lock.try_acquire(path, holder="run a", patience=120)
        assert found
        found.release()
        freeing.join()
