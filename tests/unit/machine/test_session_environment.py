from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from filelock import FileLock

from hub_runner.machine import session_environment
from hub_runner.machine.session_environment import (
    UNUSED_FOR,
    bytecode,
    forget_unused,
    is_ready,
    parent_folder,
    python,
    stamp,
)


class Installing:
    """A session of nox that makes an environment of nothing but its interpreter."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, list[str]()

    @property
    def cache_dir(self) -> Path:
        return self.folder / ".cache"

    def log(self, words: str) -> None:
        self.made.append(words)

    def run_install(self, *command: str, external: bool) -> None:
        if "virtualenv" in command:
            (Path(command[-1]) / "bin").mkdir(parents=True)


def test_installed_beside_nox_it_needs_no_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_environment, "CHECKOUT", tmp_path)
    assert python(Installing(tmp_path)) == sys.executable


class OnReadOnlyDisk(Installing):
    """A session of a nox that cannot make its folder."""

    def __init__(self) -> None:
        self.made = list[str]()

    @property
    def cache_dir(self) -> Path:
        raise OSError(errno.EROFS, "Read-only file system")


def test_a_checkout_that_is_read_only_keeps_its_environments_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = parent_folder(OnReadOnlyDisk())
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o77 == 0, "nobody else may put a program there"
    assert parent_folder(OnReadOnlyDisk()) == folder


@pytest.mark.parametrize("kind", ["link", "open to all"])
def test_a_folder_in_which_others_could_put_a_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder, elsewhere = tmp_path / f"hub-runner-environments-{os.getuid()}", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "link":
        folder.symlink_to(elsewhere)
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(OSError, match="nobody else can write"):
        parent_folder(OnReadOnlyDisk())


def test_what_it_compiles_is_kept_in_the_environment_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    interpreter, sources = tmp_path / "environment" / "bin" / "python", tmp_path / "sources"
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(sys.executable)
    sources.mkdir()
    (sources / "something.py").touch()
    given = {**os.environ, **bytecode(str(interpreter))}
    environ = {name: value for name, value in given.items() if value is not None}
    subprocess.run((sys.executable, "-c", "import something"), cwd=sources, env=environ, check=True)
    assert [path.name for path in sources.iterdir()] == ["something.py"]
    assert list((tmp_path / "environment" / "bytecode").rglob("something.*.pyc"))


def test_in_a_repository_that_only_installs_hub_runner_python_keeps_it_where_it_always_does() -> None:
    assert bytecode(sys.executable) == {}


def test_an_environment_is_made_once_for_each_set_of_tools(tmp_path: Path) -> None:
    session = Installing(tmp_path)
    first = python(session)
    assert python(session) == first
    assert python(session, "dev") != first
    assert len(session.made) == 2


def test_one_that_was_not_completed_is_made_again(tmp_path: Path) -> None:
    session = Installing(tmp_path)
    folder = Path(python(session)).parent.parent
    stamp(folder).unlink()
    (folder / "bin").rmdir()
    python(session)
    assert len(session.made) == 2


def test_one_whose_python_was_removed_is_made_again(tmp_path: Path) -> None:
    """nox said `Program ... not found` in each session from then on."""
    session = Installing(tmp_path)
    interpreter = Path(python(session))
    interpreter.symlink_to(tmp_path / "python-that-was-removed")
    assert not is_ready(interpreter.parent.parent)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An environment that was used a little too long ago."""
    folder = tmp_path / "hub-runner-old"
    folder.mkdir()
    stamp(folder).touch()
    used = time.time() - UNUSED_FOR - 60
    os.utime(stamp(folder), (used, used))
    return folder


def test_a_new_environment_drops_those_that_nobody_has_used_for_long(tmp_path: Path, old: Path) -> None:
    made = Path(python(Installing(tmp_path))).parent.parent
    assert not old.exists()
    assert stamp(made).exists()


def test_one_that_was_just_used_stays_however_old_it_is(tmp_path: Path, old: Path) -> None:
    assert is_ready(old)
    forget_unused(tmp_path)
    assert old.exists()


def test_one_that_somebody_makes_again_right_now_stays(tmp_path: Path, old: Path) -> None:
    with FileLock(f"{old}.lock"):
        forget_unused(tmp_path)
    assert old.exists()
    forget_unused(tmp_path)
    assert not old.exists()


def test_one_that_was_never_completed_goes_by_its_own_age(tmp_path: Path, old: Path) -> None:
    stamp(old).unlink()
    forget_unused(tmp_path)
    assert old.exists()
    forget_unused(tmp_path, now=time.time() + UNUSED_FOR + 60)
    assert not old.exists()


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "hub-runner-file").touch()
    forget_unused(tmp_path, now=time.time() + 2 * UNUSED_FOR)
    assert sorted(it.name for it in tmp_path.iterdir()) == ["docs", "hub-runner-file"]
