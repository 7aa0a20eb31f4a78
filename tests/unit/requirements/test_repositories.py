from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.requirements.repositories import Repository, checked_out, parse


@pytest.mark.parametrize("ref", ["", "18.0", "feature/rocks", "1b2c3d4e5f60718293a4b5c6d7e8f90123456789"])
@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/c/r",
        "https://github.com/c/r.git",
        "https://TOKEN@gitlab.com/g/r.git",
        "https://user:TOKEN@gitlab.com/g/r.git",
        "https://user:TOKEN@gitlab.com:8443/g/sub/r.git",
        "ssh://git@github.com/c/r.git",
        "ssh://git@github.com:2222/c/r.git",
        "ssh://github.com/c/r.git",
        "git@github.com:c/r.git",
        "git@github.com:r.git",  # no slash at all
        "file:///srv/r",
    ],
)
def test_the_ref_stands_behind_the_path_and_a_user_before_it(address: str, ref: str) -> None:
    found = parse(f"theirs={address}@{ref}" if ref else f"theirs={address}", Path("/checkout"))
    assert (found.address, found.ref, found.is_git) == (address, ref, True)


def test_a_folder_may_have_an_at_in_its_name(tmp_path: Path) -> None:
    assert parse("theirs=../other@18.0", tmp_path).address == str(tmp_path / "../other@18.0")


@pytest.mark.parametrize(
    "text",
    [
        "=https://user:TOKEN@gitlab.com/g/r.git",
        "https://user:TOKEN@gitlab.com/g/r.git",
        "theirs=ext::https://user:TOKEN@gitlab.com/g/r.git",
        "theirs=--upload-pack=https://user:TOKEN@gitlab.com/g/r.git",
    ],
)
def test_a_refusal_shows_no_token(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gitlab\.com/g/r\.git") as refused:
        parse(text, tmp_path)
    assert "TOKEN" not in str(refused.value)


@pytest.mark.parametrize("ref", ["", "@18.0"])
def test_a_host_that_git_does_not_reach_is_named_without_the_token(
    ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    with pytest.raises(EnvironmentFailure, match=r"git could not fetch 18\.0 of http://127\.0\.0\.1:9/g/r\.git") as failed:
        checked_out(parse(f"theirs=http://user:TOKEN@127.0.0.1:9/g/r.git{ref}", tmp_path), "18.0", timeout=60)
    assert "TOKEN" not in str(failed.value)


def _repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with two branches, 17.0 and 18.0, each with a module `rock` of its own version."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    theirs = folder / "theirs"
    theirs.mkdir()
    _git(theirs, "init", "--quiet")
    for series in ("17.0", "18.0"):
        _git(theirs, "checkout", "--quiet", "-B", series)
        _change(theirs, series)
    return Repository(name="theirs", address=f"file://{theirs}")


def _change(repository: Path, text: str) -> None:
    (repository / "rock").mkdir(exist_ok=True)
    (repository / "rock" / "__manifest__.py").write_text(f"{{'name': {text!r}}}\n")
    _git(repository, "add", "--all")
    _git(repository, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", text)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=folder, check=True, timeout=60)


def _manifest(repository: Repository, series: str) -> str:
    folder = checked_out(repository, series, timeout=60).module("rock")
    assert folder
    return (folder / "__manifest__.py").read_text().strip()


def _store(folder: Path) -> Path:
    (found,) = (folder / "cache" / "hub-runner" / "repositories").iterdir()
    return found


def test_runs_that_fetch_one_repository_at_the_same_time_each_get_their_own_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _repository(tmp_path, monkeypatch)
    program = (
        "import sys; from pathlib import Path; from hub_runner.requirements.repositories import Repository, checked_out\n"
        f"found = checked_out(Repository(name='theirs', address={theirs.address!r}), sys.argv[1], timeout=60)\n"
        "print((found.folder / 'rock' / '__manifest__.py').read_text().strip())"
    )
    series = ("17.0", "18.0", "17.0", "18.0")
    runs = [subprocess.Popen((sys.executable, "-c", program, it), stdout=subprocess.PIPE, text=True) for it in series]
    said = [run.communicate(timeout=60)[0].strip() for run in runs]
    assert said == [f"{{'name': {it!r}}}" for it in series]


@pytest.mark.parametrize("ref", ["", "feature/gone", "1b2c3d4e5f60718293a4b5c6d7e8f90123456789"])
def test_a_branch_that_the_repository_does_not_have_is_a_mistake_and_no_trouble_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: str
) -> None:
    theirs = replace(_repository(tmp_path, monkeypatch), ref=ref)
    with pytest.raises(UsageError, match=f"has no branch, tag or commit {ref or '19.0'}. Correct it"):
        checked_out(theirs, "19.0", timeout=60)


def test_a_lock_that_a_killed_git_has_left_keeps_nobody_from_fetching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _repository(tmp_path, monkeypatch)
    _manifest(theirs, "17.0")
    (_store(tmp_path) / "git" / "shallow.lock").touch()
    assert _manifest(theirs, "18.0") == "{'name': '18.0'}"


def test_what_is_kept_of_a_ref_and_was_written_by_half_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _repository(tmp_path, monkeypatch)
    _manifest(theirs, "18.0")
    (known,) = (_store(tmp_path) / "refs").iterdir()
    known.write_text("")
    assert _manifest(theirs, "18.0") == "{'name': '18.0'}"


def test_files_of_a_commit_go_a_day_after_the_branch_has_moved_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = _repository(tmp_path, monkeypatch)
    _manifest(theirs, "17.0")
    (of_today,) = (_store(tmp_path) / "trees").iterdir()
    _manifest(theirs, "18.0")
    (of_yesterday,) = set((_store(tmp_path) / "trees").iterdir()) - {of_today}
    for old in (*(_store(tmp_path) / "refs").iterdir(), of_yesterday, of_today):
        os.utime(old, (0, 0))
    _change(tmp_path / "theirs", "18.0 of today")
    assert _manifest(theirs, "18.0") == "{'name': '18.0 of today'}"
    assert not of_yesterday.exists()
    assert of_today.exists()  # 17.0 still is this commit


def test_a_repository_that_another_run_is_fetching_for_too_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _repository(tmp_path, monkeypatch)
    _manifest(theirs, "18.0")
    with (_store(tmp_path) / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(EnvironmentFailure, match="Another run has been fetching file://"):
            checked_out(theirs, "18.0", timeout=0.1)
