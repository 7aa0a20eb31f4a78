"""Modules as they were, from small repositories that git itself has made."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hub_runner.checkout.modules import catalogue
from hub_runner.checkout.past import Past, past
from hub_runner.errors import UsageError
from tests.standins.history import commit, git, write


def manifest(version: str = "1.0", depends: str = "base", **more: object) -> dict[str, str]:
    words = {"name": "It", "version": version, "depends": depends.split(), "license": "LGPL-3", **more}
    return {"__manifest__.py": f"{words!r}\n", "models.py": f"VERSION = {version!r}\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose module `rock` needs `stone`; both were released as 1.0."""
    write(tmp_path / "addons", {"rock": manifest(depends="stone"), "stone": manifest()})
    commit(tmp_path, tag="v1.0")
    return tmp_path


def of(root: Path, ref: str = "released", name: str = "rock", *along: str, image: str = "odoo:18.0") -> Past:
    modules = catalogue([root / "addons"])
    return past([modules.find(it) for it in (name, *along)], ref, modules, image, lambda _: None)


def test_the_files_are_those_of_the_ref_and_the_folders_those_of_today(root: Path) -> None:
    write(root / "addons", {"rock": manifest("1.1", "stone"), "stone": manifest("1.1")})
    before = of(root)
    assert before.ref == "v1.0"
    assert before.name == f"v1.0 ({git(root, 'rev-parse', 'HEAD')[:10]})"
    assert before.module.version == "1.0"
    assert before.module.folder == root / "addons" / "rock"
    assert before.files["rock"]["models.py"] == before.files["stone"]["models.py"] == b"VERSION = '1.0'\n"
    assert [module.name for module in before.closure.local] == ["rock", "stone"]
    assert before.closure.core == ("base",)


def test_nothing_of_the_working_tree_or_the_index_is_touched(root: Path) -> None:
    write(root / "addons", {"rock": manifest("1.1", "stone")})
    (root / "new.txt").write_text("new", encoding="utf-8")
    status = git(root, "status", "--porcelain")
    index = (root / ".git" / "index").read_bytes()
    of(root, "v1.0")
    assert (root / ".git" / "index").read_bytes() == index
    assert git(root, "status", "--porcelain") == status


def test_released_is_the_newest_tag(root: Path) -> None:
    write(root / "addons", {"rock": manifest("1.1", "stone")})
    commit(root, tag="v1.1")
    write(root / "addons", {"rock": manifest("1.2", "stone")})
    commit(root)
    assert of(root).module.version == "1.1"


def test_a_module_that_has_moved_is_found_where_it_was(root: Path) -> None:
    git(root, "mv", "addons", "modules")
    commit(root)
    modules = catalogue([root / "modules"])
    assert (
        past([modules.find("rock")], "v1.0", modules, "odoo:18.0", lambda _: None).module.folder == root / "modules" / "rock"
    )


def test_a_dependency_that_git_does_not_know_is_taken_as_it_is(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    write(other, {"stone": manifest("2.0")})
    write(root / "addons", {"rock": manifest("1.1", "stone")})
    git(root, "rm", "-rq", "addons/stone")
    commit(root, tag="v2.0")
    modules = catalogue([root / "addons"])
    before = past([modules.find("rock")], "v2.0", modules, "odoo:18.0", {"stone": other / "stone"}.get)
    assert before.as_today == ("stone",)
    assert before.files["stone"]["models.py"] == b"VERSION = '2.0'\n"


def in_a_submodule(root: Path) -> None:
    other = root.parent / f"{root.name}-other"
    write(other, {"granite": manifest("2.0")})
    commit(other)
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "third")


def in_an_ignored_folder(root: Path) -> None:
    (root / ".gitignore").write_text("third/\n", encoding="utf-8")
    write(root / "third", {"granite": manifest("2.0")})


@pytest.mark.parametrize("lies", [in_a_submodule, in_an_ignored_folder])
def test_a_dependency_in_the_checkout_that_its_repository_does_not_track_is_taken_as_it_is(
    root: Path, lies: Callable[[Path], None]
) -> None:
    lies(root)
    write(root / "addons", {"rock": manifest("1.1", "granite")})
    commit(root, tag="v1.1")
    write(root / "addons", {"rock": manifest("1.2", "granite")})
    modules = catalogue([root / "addons", root / "third"])
    before = past([modules.find("rock")], "v1.1", modules, "odoo:18.0", lambda _: None)
    assert before.as_today == ("granite",)
    assert before.files["granite"]["models.py"] == b"VERSION = '2.0'\n"
    assert before.closure.core == ("base",)


def test_a_dependency_that_the_repository_had_no_sooner_is_asked_for_elsewhere(root: Path) -> None:
    write(root / "addons", {"rock": manifest("1.1", "sale")})
    commit(root, tag="v1.1")
    write(root / "addons", {"sale": manifest("1.0")})
    commit(root)
    assert of(root, "v1.1").closure.core == ("sale",)


def test_a_hidden_folder_is_not_taken_for_another_one(root: Path) -> None:
    write(root / ".extra", {"granite": manifest("1.0")})
    write(root / "extra", {"granite": manifest("0.1")})
    commit(root, tag="v1.1")
    modules = catalogue([root / ".extra"])
    before = past([modules.find("granite")], "v1.1", modules, "odoo:18.0", lambda _: None)
    assert before.module.version == "1.0"


def test_an_unknown_ref_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="There is no commit 'v9'"):
        of(root, "v9")


def test_a_repository_without_tags_has_nothing_that_is_released(tmp_path: Path) -> None:
    write(tmp_path / "addons", {"rock": manifest()})
    commit(tmp_path)
    with pytest.raises(UsageError, match=r"`released`.* git finds none"):
        of(tmp_path)


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "addons", {"rock": manifest()})
    with pytest.raises(UsageError, match="is in no git repository"):
        of(tmp_path, "v1.0")


def test_a_machine_without_git_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(UsageError, match="no git repository that git can read"):
        of(root, "v1.0")


def test_a_module_that_was_not_there_is_refused(root: Path) -> None:
    write(root / "addons", {"pebble": manifest()})
    with pytest.raises(UsageError, match=r"v1\.0 has no module pebble: there is nothing to upgrade from"):
        of(root, "v1.0", "pebble")
    with pytest.raises(UsageError, match="has no module pebble"):
        of(root, "v1.0", "rock", "pebble")


def test_a_module_that_could_not_be_installed_then_is_refused(root: Path) -> None:
    write(root / "addons", {"rock": manifest("1.1", "base", installable=False)})
    commit(root, tag="v1.1")
    write(root / "addons", {"rock": manifest("1.2")})
    with pytest.raises(UsageError, match=r"At v1\.1, the manifest of rock says 'installable': False"):
        of(root)


def test_another_series_is_refused(root: Path) -> None:
    write(root / "addons", {"rock": manifest("17.0.1.0.0")})
    commit(root, tag="v17")
    write(root / "addons", {"rock": manifest("18.0.1.0.0")})
    with pytest.raises(UsageError, match=r"rock is 17\.0\.1\.0\.0, for Odoo 17\.0; today it is 18\.0\.1\.0\.0"):
        of(root)


def test_a_dependency_that_today_lacks_is_refused(root: Path) -> None:
    git(root, "rm", "-rq", "addons/stone")
    write(root / "addons", {"rock": manifest("1.1")})
    with pytest.raises(UsageError, match="depends on stone, and today's checkout has no such module"):
        of(root, "v1.0")


def test_a_dependency_that_nobody_has_is_refused(root: Path) -> None:
    write(root / "addons", {"rock": manifest("1.1", "granite")})
    commit(root, tag="v1.1")
    write(root / "addons", {"rock": manifest("1.2")})
    with pytest.raises(UsageError, match=r"At v1\.1, rock has dependencies that cannot be had: .*rock/__manifest__\.py"):
        of(root)


def test_a_broken_manifest_then_is_named(root: Path) -> None:
    write(root / "addons", {"rock": {"__manifest__.py": "{'name': \n"}})
    commit(root, tag="v1.1")
    write(root / "addons", {"rock": manifest("1.2")})
    with pytest.raises(UsageError, match=r"At v1\.1: .*rock/__manifest__\.py, line \d+: the manifest has a syntax error"):
        of(root)


def test_a_link_is_followed_in_the_commit_and_not_out_of_it(root: Path) -> None:
    (root / "addons" / "rock" / "secret").symlink_to("/etc/hostname")
    (root / "addons" / "rock" / "other.py").symlink_to("../stone/models.py")
    commit(root, tag="v1.1")
    (root / "addons" / "stone" / "models.py").write_text("today", encoding="utf-8")
    files = of(root).files["rock"]
    assert "secret" not in files
    assert files["other.py"] == b"VERSION = '1.0'\n"


def test_what_an_archive_would_leave_out_or_change_is_there_as_it_was_committed(root: Path) -> None:
    (root / ".gitattributes").write_text("models.py export-ignore\ntext.txt export-subst\n", encoding="utf-8")
    (root / "addons" / "rock" / "text.txt").write_text("$Format:%H$", encoding="utf-8")
    commit(root, tag="v1.1")
    files = of(root).files["rock"]
    assert files["models.py"] == b"VERSION = '1.0'\n"
    assert files["text.txt"] == b"$Format:%H$"
    assert list(files) == sorted(files)


def test_a_folder_of_another_kind_that_has_the_name_of_a_dependency_is_none(root: Path) -> None:
    write(root / "tests" / "samples", {"base": manifest()})
    commit(root, tag="v1.1")
    assert of(root).closure.core == ("base",)


def test_a_repository_that_is_one_module(tmp_path: Path) -> None:
    write(tmp_path, {"rock": manifest()})
    commit(tmp_path / "rock", tag="v1.0")
    modules = catalogue([tmp_path / "rock"])
    before = past([modules.find("rock")], "v1.0", modules, "odoo:18.0", lambda _: None)
    assert before.files["rock"]["models.py"] == b"VERSION = '1.0'\n"
