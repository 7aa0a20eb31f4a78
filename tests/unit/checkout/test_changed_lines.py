import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hub_runner.checkout.changed_lines import ALL, changed_lines, of_diff
from hub_runner.checkout.modules import Module
from hub_runner.errors import UsageError

Git = Callable[..., None]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    def call(*words: str) -> None:
        who = ("-c", "user.name=me", "-c", "user.email=me@example.org")
        subprocess.run(("git", "-C", str(tmp_path), *who, *words), check=True, capture_output=True)

    call("init", "-q", "-b", "main")
    return call


@pytest.fixture
def module(tmp_path: Path, git: Git) -> Module:
    folder = tmp_path / "my addons" / "m"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("one = 1\ntwo = 2\nthree = 3\n", encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "first")
    return Module(name="m", folder=folder, manifest={})


def test_changed_lines_of_the_working_tree_are_found_by_file(tmp_path: Path, module: Module) -> None:
    (module.folder / "a.py").write_text("one = 1\ntwo = 22\nthree = 3\nfour = 4\n", encoding="utf-8")
    (module.folder / "new ä.py").write_text("five = 5\n", encoding="utf-8")
    (module.folder / "data.xml").write_text("<odoo/>\n", encoding="utf-8")
    assert changed_lines(tmp_path, module, "HEAD") == {
        "my addons/m/a.py": frozenset({2, 4}),
        "my addons/m/new ä.py": ALL,
    }


def test_what_others_have_changed_since_does_not_count(tmp_path: Path, module: Module, git: Git) -> None:
    git("checkout", "-qb", "mine")
    (module.folder / "a.py").write_text("one = 1\ntwo = 2\nthree = 3\nmine = 4\n", encoding="utf-8")
    git("commit", "-qam", "mine")
    git("checkout", "-q", "main")
    (module.folder / "a.py").write_text("theirs = 1\ntwo = 2\nthree = 3\n", encoding="utf-8")
    git("commit", "-qam", "theirs")
    git("checkout", "-q", "mine")
    assert changed_lines(tmp_path, module, "main") == {"my addons/m/a.py": frozenset({4})}


def test_nothing_has_changed(tmp_path: Path, module: Module) -> None:
    assert changed_lines(tmp_path, module, "HEAD") == {}


@pytest.mark.parametrize("since", ["nowhere", "--output=x", ""])
def test_a_commit_that_is_none_is_refused(tmp_path: Path, module: Module, since: str) -> None:
    with pytest.raises(UsageError, match="There is no commit"):
        changed_lines(tmp_path, module, since)


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        changed_lines(tmp_path, Module(name="m", folder=tmp_path, manifest={}), "HEAD")


def test_a_line_that_looks_like_a_header_is_none() -> None:
    text = "+++ b/a.py\n@@ -1,2 +1,2 @@\n--- x\n-@@ -1 +1 @@\n+++ b/other.py\n+@@ -9 +9 @@\n+++ b/c.py\n@@ -0,0 +7 @@\n+x\n"
    assert of_diff(text) == {"a.py": frozenset({1, 2}), "c.py": frozenset({7})}
