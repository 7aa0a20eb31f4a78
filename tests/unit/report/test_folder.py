import os
from pathlib import Path

import pytest

from hub_runner.report.folder import RUNS, Place, publish
from hub_runner.settings import LOG, RESULT


@pytest.fixture
def no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def no_links(no_hard_links: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr(Path, "symlink_to", refuse)


def claimed(root: Path, run: str = "run") -> Place:
    place = Place(root / "runs" / run, root)
    place.claim()
    return place


def end(place: Place, words: str) -> None:
    (place.run / LOG).write_text(words)
    place.settle(LOG)


def test_the_plain_name_is_the_same_file(tmp_path: Path) -> None:
    place = claimed(tmp_path)
    assert (tmp_path / LOG).samefile(place.run / LOG)
    assert not (tmp_path / LOG).is_symlink()


@pytest.mark.usefixtures("no_hard_links")
def test_without_hard_links_a_symbolic_link_serves_and_a_copy_stays(tmp_path: Path) -> None:
    place = claimed(tmp_path)
    assert (tmp_path / LOG).readlink() == Path(f"runs/run/{LOG}")
    end(place, "done")
    assert not (tmp_path / LOG).is_symlink()
    assert (tmp_path / LOG).read_text() == "done"


@pytest.mark.usefixtures("no_links")
def test_without_any_links_the_old_log_goes_at_once_and_a_copy_comes_at_the_end(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text("long ago")
    place = claimed(tmp_path)
    assert (tmp_path / LOG).read_text() == ""
    end(place, "done")
    assert (tmp_path / LOG).read_text() == "done"


@pytest.mark.usefixtures("no_hard_links")
def test_a_result_follows_the_log_also_where_links_are_copies(tmp_path: Path) -> None:
    place = claimed(tmp_path)
    end(place, "done")
    place.write(RESULT, b"{}")
    assert (tmp_path / RESULT).read_bytes() == b"{}"


def test_the_result_of_an_overtaken_run_stays_in_its_own_folder(tmp_path: Path) -> None:
    elder, younger = claimed(tmp_path, "elder"), claimed(tmp_path, "younger")
    end(elder, "elder")
    elder.write(RESULT, b"elder")
    assert not (tmp_path / RESULT).exists()
    younger.write(RESULT, b"younger")
    assert (elder.run / RESULT).read_bytes() == b"elder"
    assert (tmp_path / RESULT).read_bytes() == b"younger"


def test_nothing_temporary_stays(tmp_path: Path) -> None:
    place = claimed(tmp_path)
    publish(place.run / LOG, tmp_path / LOG)
    place.write(RESULT, b"{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOG, RESULT, "runs"]
    assert sorted(path.name for path in place.run.iterdir()) == [LOG, RESULT]


def test_a_path_with_spaces_and_letters_of_any_language_is_a_path(tmp_path: Path) -> None:
    place = claimed(tmp_path / "Prüfung 测试", "a b")
    assert (place.output / LOG).samefile(place.run / LOG)


def test_the_folders_of_runs_are_hidden_from_git(tmp_path: Path) -> None:
    Place(tmp_path / ".hub-runner" / "runs" / "run", tmp_path).claim()
    assert (tmp_path / ".hub-runner" / ".gitignore").read_text() == "*\n"


def test_the_oldest_runs_go_and_the_plain_name_stays(tmp_path: Path) -> None:
    for number in range(RUNS + 5):
        (tmp_path / "runs" / f"old-{number}").mkdir(parents=True)
        os.utime(tmp_path / "runs" / f"old-{number}", (number, number))
    place = claimed(tmp_path)
    assert sorted(it.name for it in (tmp_path / "runs").iterdir()) == sorted(
        ["run", *(f"old-{number}" for number in range(6, RUNS + 5))]
    )
    assert (tmp_path / LOG).samefile(place.run / LOG)
