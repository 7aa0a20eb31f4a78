from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from hub_runner.checkout import committed, snapshot
from hub_runner.checkout.committed import NotCommitted
from hub_runner.checkout.modules import read
from tests.unit.proof import honest
from tests.unit.proof.honest import git

TRACTION = PurePosixPath("addons/traction")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    honest.repository(tmp_path)
    return tmp_path


def as_copied(root: Path, folder: str = "addons/traction") -> dict[str, bytes]:
    return dict(snapshot.files(read(root / folder), within=(root,)))


def test_the_files_of_a_commit_are_those_that_a_run_copies(root: Path) -> None:
    assert committed.files(root, "HEAD", TRACTION) == as_copied(root)


def test_what_happened_to_the_checkout_since_is_not_looked_at(root: Path) -> None:
    before = as_copied(root)
    (root / "addons/traction/models.py").unlink()
    (root / "addons/traction/new.py").write_text("")
    assert committed.files(root, "HEAD", TRACTION) == before


def test_names_and_contents_of_any_kind_are_read(root: Path) -> None:
    strange = {"a\nb.py": b"x\n\n", "ü.py": b"", "sp ace/t.bin": bytes(range(256)), os.fsdecode(b"\xff.py"): b"latin"}
    for name, data in strange.items():
        path = root / "addons/traction" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    honest.commit(root)
    assert committed.files(root, "HEAD", TRACTION) == as_copied(root)


def test_links_inside_the_repository_are_followed_as_a_run_follows_them(root: Path) -> None:
    shared = root / "shared/deep"
    shared.mkdir(parents=True)
    (shared / "a.py").write_text("A = 1\n")
    (root / "addons/traction/link.py").symlink_to("../../shared/deep/a.py")
    (root / "addons/traction/linked").symlink_to("../../shared")
    (root / "addons/traction/nowhere").symlink_to("missing.py")
    (root / "more").mkdir()
    (root / "more/traction").symlink_to("../addons/traction")
    honest.commit(root)
    expected = as_copied(root)
    assert {"link.py", "linked/deep/a.py"} < set(expected)
    assert committed.files(root, "HEAD", TRACTION) == expected
    assert committed.files(root, "HEAD", PurePosixPath("more/traction")) == expected


def test_links_in_a_circle_come_to_an_end(root: Path) -> None:
    (root / "addons/traction/self").symlink_to(".")
    honest.commit(root)
    assert "models.py" in committed.files(root, "HEAD", TRACTION)


def test_a_link_out_of_the_repository_is_not_followed(root: Path) -> None:
    (root / "addons/traction/passwd").symlink_to("/etc/passwd")
    (root / "addons/traction/up").symlink_to("../../../../..")
    honest.commit(root)
    assert set(committed.files(root, "HEAD", TRACTION)).isdisjoint({"passwd", "up"})


def test_a_checkout_may_be_a_folder_of_the_repository(root: Path) -> None:
    assert committed.files(root / "addons", "HEAD", PurePosixPath("traction")) == as_copied(root)


def test_what_no_run_copies_is_unrun(root: Path) -> None:
    for name in ("node_modules/x.js", "tests/__pycache__/x.pyc"):
        (root / "addons/traction" / name).parent.mkdir(exist_ok=True)
        (root / "addons/traction" / name).write_text("x")
    honest.commit(root)
    assert committed.files(root, "HEAD", TRACTION) == as_copied(root)


@pytest.mark.parametrize("reference", ["", "no-such-branch", "--all", "HEAD:addons", "0" * 40, "-h"])
def test_a_reference_that_leads_to_no_commit_is_named(reference: str, root: Path) -> None:
    with pytest.raises(NotCommitted, match="There is no commit"):
        committed.commit_of(root, reference)


def test_a_shallow_clone_without_the_commit_is_told_how_to_get_it(root: Path, tmp_path: Path) -> None:
    before = git(root, "rev-parse", "HEAD")
    (root / "addons/traction/new.py").touch()
    honest.commit(root)
    git(root, "clone", "-q", "--depth=1", f"file://{root}", "clone")
    with pytest.raises(NotCommitted, match=r"shallow.*`git fetch --unshallow`, or `fetch-depth: 0` in CI$"):
        committed.commit_of(root / "clone", before)
    git(root / "clone", "fetch", "-q", "--unshallow")
    assert committed.commit_of(root / "clone", before) == before


def test_without_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    with pytest.raises(NotCommitted, match="There is no commit 'HEAD'"):
        committed.commit_of(tmp_path, "HEAD")


def test_a_folder_that_the_commit_lacks_is_named(root: Path) -> None:
    with pytest.raises(NotCommitted, match="has no files in addons/gone"):
        committed.files(root, "HEAD", PurePosixPath("addons/gone"))


def test_a_submodule_is_named(root: Path) -> None:
    head = git(root, "rev-parse", "HEAD")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head},addons/traction/lib")
    git(root, "commit", "-q", "-m", "x")
    with pytest.raises(NotCommitted, match="addons/traction/lib is a submodule"):
        committed.files(root, "HEAD", TRACTION)


def test_a_tag_leads_to_its_commit(root: Path) -> None:
    head = git(root, "rev-parse", "HEAD")
    git(root, "tag", "-a", "-m", "x", "v1")
    assert committed.commit_of(root, "v1") == head
