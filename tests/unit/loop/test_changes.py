from __future__ import annotations

import contextlib
import select
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from hub_runner.loop.changes import Scope, Watcher, differences, is_remote, scope

BEFORE = {
    "rock": {"__manifest__.py": b"{}", "models/rock.py": b"1", "tests/test_rock.py": b"1"},
    "base_rock": {"a.py": b"1"},
}


def changed(module: str, path: str, data: bytes | None) -> list[tuple[str, str]]:
    after = {name: dict(files) for name, files in BEFORE.items()}
    if data is None:
        del after[module][path]
    else:
        after[module][path] = data
    return differences(BEFORE, after)


@pytest.mark.parametrize("data", [b"2", None], ids=["changed", "deleted"])
@pytest.mark.parametrize(
    ("module", "path", "wanted"),
    [
        ("rock", "tests/test_rock.py", Scope.TESTS),
        ("rock", "models/rock.py", Scope.CODE),
        ("rock", "__manifest__.py", Scope.PLAN),
        ("base_rock", "a.py", Scope.CODE),
    ],
)
def test_the_place_of_a_change_decides_what_is_done_again(module: str, path: str, data: bytes | None, wanted: Scope) -> None:
    assert scope(changed(module, path, data), "rock") is wanted


def test_tests_of_a_dependency_are_code_for_whoever_depends_on_it() -> None:
    assert scope(changed("base_rock", "tests/test_a.py", b"1"), "rock") is Scope.CODE


def test_data_among_the_tests_is_code_for_the_installation_may_load_it() -> None:
    assert scope(changed("rock", "tests/demo.xml", b"<odoo/>"), "rock") is Scope.CODE


def test_the_gravest_of_several_changes_counts() -> None:
    both = changed("rock", "tests/test_rock.py", b"2") + changed("rock", "models/rock.py", b"2")
    assert scope(both, "rock") is Scope.CODE


@pytest.mark.parametrize("path", ["models/.rock.py.swp", "models/rock.py~", "models/rock.pyc", "x.tmp"])
def test_what_an_editor_writes_beside_a_file_is_no_change(path: str) -> None:
    assert changed("rock", path, b"1") == []
    assert scope([], "rock") is Scope.NOTHING


PATIENCE = 120  # seconds, to end a hang


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Is set as soon as a watch has begun, however late its thread is: it has told then that nothing was saved so far."""
    event, watch = threading.Event(), watchfiles.watch

    def watched(*folders: Path, **options: Any) -> Iterator[object]:
        for changes in watch(*folders, **options):
            event.set()
            yield changes

    monkeypatch.setattr(watchfiles, "watch", watched)
    return event


@pytest.mark.parametrize("how", ["write", "rename", "delete"])
def test_a_save_wakes_whoever_waits_however_the_editor_saves(tmp_path: Path, how: str, begun: threading.Event) -> None:
    file = tmp_path / "rock.py"
    file.write_text("1", encoding="utf-8")
    with contextlib.closing(Watcher([tmp_path], print)) as watcher:
        assert begun.wait(PATIENCE)
        assert not select.select([watcher], [], [], 0)[0]
        if how == "write":
            file.write_text("2", encoding="utf-8")
        elif how == "delete":
            file.unlink()
        else:
            (tmp_path / "4913").write_text("2", encoding="utf-8")
            (tmp_path / "4913").replace(file)
        assert select.select([watcher], [], [], PATIENCE)[0]
        watcher.clear()


def test_a_folder_that_is_removed_and_made_again_is_watched_again(tmp_path: Path, begun: threading.Event) -> None:
    """A switch to a branch without the module, and back, left the watch deaf."""
    with watched(tmp_path / "rock", begun) as (watcher, module):
        shutil.rmtree(module)
        assert select.select([watcher], [], [], PATIENCE)[0]
        watcher.clear()
        module.mkdir()
        assert is_seen(watcher, module / "b.py")


def test_a_folder_that_is_gone_keeps_no_other_one_from_being_watched(tmp_path: Path, begun: threading.Event) -> None:
    """A branch without a dependency, whose name is taken out of the manifest afterwards."""
    stone = tmp_path / "stone"
    stone.mkdir()
    with watched(tmp_path / "rock", begun, stone) as (watcher, module):
        shutil.rmtree(stone)
        while select.select([watcher], [], [], 2)[0]:  # until that is told
            watcher.clear()
        assert is_seen(watcher, module / "a.py")
        while select.select([watcher], [], [], 2)[0]:
            watcher.clear()
        stone.mkdir()
        assert is_seen(watcher, stone / "a.py")


@contextlib.contextmanager
def watched(module: Path, begun: threading.Event, *others: Path) -> Iterator[tuple[Watcher, Path]]:
    """A new folder with a file, and its watcher, which has begun."""
    module.mkdir()
    (module / "a.py").touch()
    with contextlib.closing(Watcher([module, *others], print)) as watcher:
        assert begun.wait(PATIENCE)
        yield watcher, module


def is_seen(watcher: Watcher, file: Path) -> bool:
    """Whether one of many saves is told: the first of them may come before the folder is watched again."""
    for number in range(600):
        file.write_text(f"b = {number}", encoding="utf-8")
        if select.select([watcher], [], [], 0.2)[0]:
            return True
    return False


@pytest.mark.parametrize("gap", [0.0, 0.005, 0.02])  # seconds that git is on its way from one branch to the other
def test_a_folder_that_is_made_again_at_once_is_watched_again(tmp_path: Path, gap: float, begun: threading.Event) -> None:
    """ext4 mostly gives it the number of the one that was removed: taken for the same, it was watched no longer."""
    with watched(tmp_path / "rock", begun) as (watcher, module):
        shutil.rmtree(module)
        time.sleep(gap)
        module.mkdir()
        while select.select([watcher], [], [], 2)[0]:  # until all is told that was done so far
            watcher.clear()
        assert is_seen(watcher, module / "b.py")


def test_what_is_saved_just_before_a_folder_is_watched_again_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: threading.Event
) -> None:
    module = tmp_path / "rock"
    module.mkdir()
    (module / "a.py").touch()
    saved, begin = threading.Event(), watchfiles.watch

    def late(*folders: Path, **options: Any) -> Iterator[object]:
        if begun.is_set():
            while select.select([watcher], [], [], 0)[0]:  # whoever was told has looked by now
                watcher.clear()
            (module / "b.py").touch()
            saved.set()
        yield from begin(*folders, **options)

    monkeypatch.setattr(watchfiles, "watch", late)
    with contextlib.closing(Watcher([module], print)) as watcher:
        assert begun.wait(PATIENCE)
        shutil.rmtree(module)
        assert select.select([watcher], [], [], PATIENCE)[0]
        module.mkdir()
        assert saved.wait(PATIENCE)
        assert select.select([watcher], [], [], PATIENCE)[0]


def test_a_folder_of_this_machine_is_not_polled() -> None:
    assert not is_remote(Path("/proc/self"))


@pytest.mark.parametrize("error", [OSError("OS file watch limit reached"), RuntimeError("Too many open files")])
def test_a_kernel_that_tells_of_no_saves_is_replaced_by_looking_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: threading.Event, error: Exception
) -> None:
    watch, noted = watchfiles.watch, list[str]()

    def limited(*folders: Path, force_polling: bool | None, **options: Any) -> Iterator[object]:
        if not force_polling:
            raise error
        yield from watch(*folders, force_polling=True, **options)

    monkeypatch.setattr(watchfiles, "watch", limited)
    with contextlib.closing(Watcher([tmp_path], noted.append)) as watcher:
        assert begun.wait(PATIENCE)
        while select.select([watcher], [], [], 2)[0]:
            watcher.clear()
        assert is_seen(watcher, tmp_path / "rock.py")
        watcher.clear()
    assert len(noted) == 1
    assert str(error) in noted[0]


@pytest.mark.parametrize("how", ["write", "rename"])
def test_a_save_of_what_a_link_leads_to_outside_of_the_module_is_told(
    tmp_path: Path, how: str, begun: threading.Event
) -> None:
    module, shared = tmp_path / "rock", tmp_path / "shared.py"
    shared.write_text("1", encoding="utf-8")
    (module / "models").mkdir(parents=True)
    (module / "models" / "rock.py").symlink_to(shared)
    (module / "models" / "circle").symlink_to(module)
    with contextlib.closing(Watcher([module], print)) as watcher:
        assert begun.wait(PATIENCE)
        new = shared if how == "write" else tmp_path / "new"
        new.write_text("22", encoding="utf-8")
        new.replace(shared)
        assert select.select([watcher], [], [], PATIENCE)[0]


def test_a_link_that_is_made_during_the_watch_is_followed(tmp_path: Path, begun: threading.Event) -> None:
    shared = tmp_path / "shared.py"
    with watched(tmp_path / "rock", begun) as (watcher, module):
        shared.write_text("1", encoding="utf-8")
        (module / "rock.py").symlink_to(shared)
        while select.select([watcher], [], [], 2)[0]:
            watcher.clear()
        shared.write_text("22", encoding="utf-8")
        assert select.select([watcher], [], [], PATIENCE)[0]


@pytest.mark.parametrize("name", [".venv", ".tox", ".idea", "node_modules"])
def test_a_checkout_below_a_folder_of_tools_is_watched(tmp_path: Path, name: str, begun: threading.Event) -> None:
    (tmp_path / name).mkdir()
    with watched(tmp_path / name / "rock", begun) as (watcher, module):
        assert is_seen(watcher, module / "b.py")


def test_what_tools_keep_below_a_module_is_not_told(tmp_path: Path, begun: threading.Event) -> None:
    with watched(tmp_path / "rock", begun) as (watcher, module):
        (module / "__pycache__").mkdir()
        (module / "__pycache__" / "a.cpython-313.pyc").touch()
        assert not select.select([watcher], [], [], 1)[0]
