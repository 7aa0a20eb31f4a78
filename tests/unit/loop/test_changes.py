from __future__ import annotations

import contextlib
import select
import shutil
from pathlib import Path

import pytest

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


def test_the_gravest_of_several_changes_counts() -> None:
    both = changed("rock", "tests/test_rock.py", b"2") + changed("rock", "models/rock.py", b"2")
    assert scope(both, "rock") is Scope.CODE


@pytest.mark.parametrize("path", ["models/.rock.py.swp", "models/rock.py~", "models/rock.pyc", "x.tmp"])
def test_what_an_editor_writes_beside_a_file_is_no_change(path: str) -> None:
    assert changed("rock", path, b"1") == []
    assert scope([], "rock") is Scope.NOTHING


@pytest.mark.parametrize("how", ["write", "rename", "delete"])
def test_a_save_wakes_whoever_waits_however_the_editor_saves(tmp_path: Path, how: str) -> None:
    file = tmp_path / "rock.py"
    file.write_text("1", encoding="utf-8")
    with contextlib.closing(Watcher([tmp_path])) as watcher:
        assert not select.select([watcher], [], [], 0.3)[0]
        if how == "write":
            file.write_text("2", encoding="utf-8")
        elif how == "delete":
            file.unlink()
        else:
            (tmp_path / "4913").write_text("2", encoding="utf-8")
            (tmp_path / "4913").replace(file)
        assert select.select([watcher], [], [], 20)[0]
        watcher.clear()


def test_a_folder_that_is_removed_and_made_again_is_watched_again(tmp_path: Path) -> None:
    """A switch to a branch without the module, and back, left the watch deaf."""
    module = tmp_path / "rock"
    module.mkdir()
    (module / "a.py").touch()
    with contextlib.closing(Watcher([module])) as watcher:
        assert not select.select([watcher], [], [], 0.3)[0]  # it has begun
        shutil.rmtree(module)
        assert select.select([watcher], [], [], 20)[0]
        watcher.clear()
        module.mkdir()
        for number in range(100):  # the first of them may come before it is watched again
            (module / "b.py").write_text(f"b = {number}", encoding="utf-8")
            if select.select([watcher], [], [], 0.2)[0]:
                break
        else:
            pytest.fail("nobody looks at the new folder")


def test_a_folder_of_this_machine_is_not_polled() -> None:
    assert not is_remote(Path("/proc/self"))
