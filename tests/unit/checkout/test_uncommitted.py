from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hub_runner.checkout.git import ask
from hub_runner.checkout.uncommitted import head_and_dirty
from hub_runner.settings import LOG, WRITTEN


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(("git", "-C", str(root), *who, *words), check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").touch()
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "--message", "a")
    return tmp_path


def test_a_clean_tree_is_its_commit(repository: Path) -> None:
    commit, dirty = head_and_dirty(repository, repository)
    assert commit
    assert len(commit) == 40
    assert dirty is False


@pytest.mark.parametrize("name", ["a", "new file"])
def test_a_changed_or_new_file_makes_the_tree_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("changed", encoding="utf-8")
    assert head_and_dirty(repository, repository)[1] is True


def test_a_folder_that_no_git_knows_says_nothing(tmp_path: Path) -> None:
    assert head_and_dirty(tmp_path, tmp_path) == (None, None)


def test_a_repository_without_a_commit_says_only_that_it_is_dirty(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").touch()
    assert head_and_dirty(tmp_path, tmp_path) == (None, True)


def test_a_machine_without_git_says_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert head_and_dirty(repository, repository) == (None, None)


def test_a_hook_of_another_repository_has_no_say(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git gives its hooks GIT_DIR in a linked worktree, and the index that it is about to commit everywhere."""
    folder = repository / "deep"
    folder.mkdir()
    expected = head_and_dirty(folder, folder)
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    for name, value in {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index.lock", "GIT_WORK_TREE": "."}.items():
        monkeypatch.setenv(name, str(other / value))
    assert expected[0]
    assert head_and_dirty(folder, folder)[0] == expected[0]
    assert ask(folder, "rev-parse", "--show-prefix") == "deep/\n"
    assert ask(folder, "ls-files", "--full-name", ":/") == "a\n"


def test_asking_changes_nothing_so_that_a_read_only_checkout_does(repository: Path) -> None:
    index = repository / ".git" / "index"
    (repository / "a").touch()
    before = index.stat().st_mtime_ns
    head_and_dirty(repository, repository)
    assert index.stat().st_mtime_ns == before


@pytest.mark.parametrize("output", [".", "reports/[a] *"])
def test_what_a_run_writes_itself_makes_no_tree_dirty(repository: Path, output: str) -> None:
    folder = repository / output
    (folder / ".hub-runner" / "runs").mkdir(parents=True)
    for name in (*WRITTEN, ".hub-runner/.gitignore", ".hub-runner/runs/x"):
        (folder / name).touch()
    assert head_and_dirty(repository, folder)[1] is False
    (folder / "another").touch()
    assert head_and_dirty(repository, folder)[1] is True


def test_a_proof_that_was_committed_is_not_what_is_tested_either(repository: Path) -> None:
    (repository / LOG).touch()
    git(repository, "add", LOG)
    git(repository, "commit", "--quiet", "--message", "proof")
    (repository / LOG).write_text("another run", encoding="utf-8")
    assert head_and_dirty(repository, repository)[1] is False


def test_a_change_beside_a_checkout_that_is_a_folder_of_its_repository_counts(repository: Path) -> None:
    (repository / "odoo").mkdir()
    (repository / "odoo" / LOG).touch()
    assert head_and_dirty(repository / "odoo", repository / "odoo")[1] is False
    (repository / "a").write_text("changed", encoding="utf-8")
    assert head_and_dirty(repository / "odoo", repository / "odoo")[1] is True


def test_an_output_folder_outside_of_the_repository_changes_nothing(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert head_and_dirty(repository, elsewhere)[1] is False


def test_a_git_that_is_told_to_show_no_new_files_shows_them_all_the_same(repository: Path) -> None:
    git(repository, "config", "status.showUntrackedFiles", "no")
    (repository / "new").touch()
    assert head_and_dirty(repository, repository)[1] is True
