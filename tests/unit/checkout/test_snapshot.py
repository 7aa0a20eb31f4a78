from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from hub_runner.checkout import modules, snapshot
from hub_runner.checkout.modules import Module
from hub_runner.errors import UsageError
from hub_runner.odoo.inside.load_order import MARKER
from hub_runner.settings import WRITTEN
from tests.conftest import Nobody, write_module


def digest(module: Module) -> str:
    return snapshot.digest(snapshot.sums(snapshot.files(module)))


@pytest.fixture
def module(addons: Path) -> Module:
    folder = write_module(addons, "probe")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_one.py").write_text("one", encoding="utf-8")
    return modules.read(folder)


def names(module: Module) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(snapshot.archive({"probe": snapshot.files(module)}, "/mnt/extra-addons"))) as tar:
        return [name for name in tar.getnames() if not name.endswith(MARKER)]


def test_the_archive_holds_the_module_below_its_target(module: Module) -> None:
    assert names(module) == ["mnt/extra-addons/probe/__manifest__.py", "mnt/extra-addons/probe/tests/test_one.py"]


def test_the_copies_are_marked_as_such() -> None:
    with tarfile.open(fileobj=io.BytesIO(snapshot.archive({}, "/mnt/extra-addons"))) as tar:
        assert tar.getnames() == [f"mnt/extra-addons/{MARKER}"]


def test_what_the_container_gets_is_readable_for_odoo_whatever_the_umask(module: Module) -> None:
    for path in (module.folder, *module.folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    with tarfile.open(fileobj=io.BytesIO(snapshot.archive({"probe": snapshot.files(module)}, "/mnt"))) as tar:
        assert {(it.mode, it.uid) for it in tar} == {(0o644, 0)}


@pytest.mark.parametrize("name", ["__pycache__/x.pyc", ".git/config", "node_modules/a.js"])
def test_what_is_no_source_stays_outside(module: Module, name: str) -> None:
    (module.folder / name).parent.mkdir()
    (module.folder / name).touch()
    assert len(names(module)) == 2


def test_a_link_to_a_folder_of_the_checkout_brings_its_files(module: Module, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.xml").write_text("shared", encoding="utf-8")
    for name in ("data", "views"):
        (module.folder / name).symlink_to(tmp_path / "shared")
    (module.folder / "b.xml").symlink_to("../../shared/a.xml")
    found = snapshot.files(module, within=[tmp_path])
    assert (found["data/a.xml"], found["views/a.xml"], found["b.xml"]) == (b"shared", b"shared", b"shared")


@pytest.mark.parametrize("name", ["folder", "folder/secret", "chain"])
def test_a_link_out_of_the_checkout_is_refused_by_name(
    module: Module, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """A1: `ln -s /etc addons/x/static/k` carried the host's files into a container with a network."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "folder").mkdir()
    (elsewhere / "folder" / "secret").write_text("of this machine", encoding="utf-8")
    (elsewhere / "chain").symlink_to("folder")
    (module.folder / "static").symlink_to(elsewhere / name)
    with pytest.raises(UsageError, match=r"probe/static is a symbolic link to /.*folder.*`addons` by its absolute path"):
        snapshot.files(module, within=[tmp_path])


def test_a_link_deep_in_a_linked_folder_is_refused_too(module: Module, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "root").symlink_to("/")
    (module.folder / "data").symlink_to(tmp_path / "shared")
    with pytest.raises(UsageError, match="probe/data/root is a symbolic link to /, which"):
        snapshot.files(module, within=[tmp_path])


def test_a_link_to_what_git_keeps_is_refused_even_inside_the_checkout(module: Module, tmp_path: Path) -> None:
    """CI systems keep a token in .git/config."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").touch()
    (module.folder / "x").symlink_to(tmp_path / ".git" / "config")
    with pytest.raises(UsageError, match="is a symbolic link to"):
        snapshot.files(module, within=[tmp_path])


def test_the_modules_folder_itself_may_be_a_link(module: Module, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "probe"
    module.folder.rename(elsewhere)
    (elsewhere / "again.py").symlink_to("tests/test_one.py")
    module.folder.symlink_to(elsewhere)
    assert snapshot.files(module)["again.py"] == b"one"


def test_a_module_at_the_root_of_its_repository_does_not_contain_what_runs_write(module: Module) -> None:
    before = digest(module)
    for name in (*WRITTEN, ".hub-runner/runs/x/log", ".nox/x", ".venv/x"):
        (module.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (module.folder / name).touch()
    assert digest(module) == before
    (module.folder / "tests" / "result.json").touch()
    assert digest(module) != before


def test_links_in_a_circle_end(module: Module) -> None:
    (module.folder / "tests" / "again").symlink_to(module.folder)
    assert len(names(module)) == 2


def test_a_link_that_leads_nowhere_and_a_pipe_are_left_out(module: Module) -> None:
    (module.folder / "gone").symlink_to("nowhere")
    os.mkfifo(module.folder / "pipe")
    assert len(names(module)) == 2


def test_names_of_any_bytes_are_kept(module: Module) -> None:
    odd = os.fsdecode(b"\xff \xc3\xa4.txt")
    (module.folder / odd).touch()
    assert f"mnt/extra-addons/probe/{odd}" in names(module)
    assert digest(module).startswith("sha256:")


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["tests", "tests/test_one.py"])
def test_what_cannot_be_read_is_not_left_out_silently(module: Module, name: str) -> None:
    (module.folder / name).chmod(0)
    with pytest.raises(UsageError, match=f"{name} cannot be read"):
        names(module)
    (module.folder / name).chmod(0o700)


def test_the_digest_changes_with_a_name_a_content_and_nothing_else(module: Module) -> None:
    before = digest(module)
    test = module.folder / "tests" / "test_one.py"
    os.utime(test, (0, 0))
    assert digest(module) == before
    test.write_text("two", encoding="utf-8")
    changed = digest(module)
    renamed = test.rename(test.with_name("test_two.py"))
    assert len({before, changed, digest(module)}) == 3
    renamed.rename(test).write_text("one", encoding="utf-8")
    assert digest(module) == before


@pytest.mark.skipif(os.getuid() != 0, reason="only root may act as somebody else")
def test_a_folder_that_may_be_listed_and_not_entered_is_named(module: Module, nobody: Nobody) -> None:
    (module.folder / "tests").chmod(0o644)
    said = nobody("snapshot.files(modules.read(Path(sys.argv[1])))", str(module.folder))
    assert said.endswith("test_one.py cannot be read: Permission denied. It is part of the module that is to be tested.\n")
    assert "UsageError" in said


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_a_test_has_put_in_the_place_of_a_file_is_an_empty_file(kind: bytes) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("recording")
        entry.type, entry.linkname = kind, "/etc/passwd"
        tar.addfile(entry)
    assert snapshot.only_file(buffer.getvalue()) == b""


def test_a_file_comes_out_of_its_archive_as_it_is() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        snapshot.add(tar, "recording", b"\x00\n")
    assert snapshot.only_file(buffer.getvalue()) == b"\x00\n"
