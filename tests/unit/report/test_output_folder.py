import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hub_runner.host.files import write_whole
from hub_runner.report.log import LogFile
from hub_runner.report.output_folder import LATELY, RUNS, RunFolder, by_age, exclusive, is_alive
from hub_runner.settings import LOG, RESULT
from tests.unit.report import samples


@pytest.fixture
def no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr(os, "link", refuse)


def claimed(root: Path, run: str = "run") -> RunFolder:
    folder = RunFolder(root / "runs" / run, root)
    folder.claim()
    return folder


def end(folder: RunFolder, words: str) -> None:
    (folder.path / LOG).write_text(words)
    folder.settle(LOG)


def test_the_plain_name_is_the_same_file(tmp_path: Path) -> None:
    folder = claimed(tmp_path)
    assert (tmp_path / LOG).samefile(folder.path / LOG)
    assert not (tmp_path / LOG).is_symlink()


@pytest.mark.usefixtures("no_hard_links")
def test_without_hard_links_the_old_log_goes_at_once_and_a_copy_comes_at_the_end(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text("long ago")
    folder = claimed(tmp_path)
    assert (tmp_path / LOG).read_text() == (
        f"hub-runner | The run has not come to its end. Until then its log is {folder.path / LOG}.\n"
    )
    end(folder, "done")
    assert (tmp_path / LOG).read_text() == "done"


@pytest.mark.usefixtures("no_hard_links")
def test_a_result_follows_the_log_also_where_links_are_copies(tmp_path: Path) -> None:
    folder = claimed(tmp_path)
    end(folder, "done")
    folder.write(RESULT, b"{}")
    assert (tmp_path / RESULT).read_bytes() == b"{}"


def test_the_result_of_an_overtaken_run_stays_in_its_own_folder(tmp_path: Path) -> None:
    elder, younger = claimed(tmp_path, "elder"), claimed(tmp_path, "younger")
    end(elder, "elder")
    elder.write(RESULT, b"elder")
    assert not (tmp_path / RESULT).exists()
    younger.write(RESULT, b"younger")
    assert (elder.path / RESULT).read_bytes() == b"elder"
    assert (tmp_path / RESULT).read_bytes() == b"younger"


def test_nothing_temporary_stays(tmp_path: Path) -> None:
    folder = claimed(tmp_path)
    folder.settle(LOG)
    folder.write(RESULT, b"{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOG, RESULT, "runs"]
    assert sorted(path.name for path in folder.path.iterdir()) == [LOG, RESULT]


def test_a_path_with_spaces_and_letters_of_any_language_is_a_path(tmp_path: Path) -> None:
    folder = claimed(tmp_path / "Prüfung 测试", "a b")
    assert (folder.output / LOG).samefile(folder.path / LOG)


def test_the_folders_of_runs_are_hidden_from_git(tmp_path: Path) -> None:
    RunFolder(tmp_path / ".hub-runner" / "runs" / "run", tmp_path).claim()
    assert (tmp_path / ".hub-runner" / ".gitignore").read_text() == "*\n"


def test_the_oldest_runs_go_and_the_plain_name_stays(tmp_path: Path) -> None:
    for number in range(RUNS + 5):
        (tmp_path / "runs" / f"old-{number}").mkdir(parents=True)
        os.utime(tmp_path / "runs" / f"old-{number}", (number, number))
    folder = claimed(tmp_path)
    assert sorted(it.name for it in (tmp_path / "runs").iterdir()) == sorted(
        ["run", *(f"old-{number}" for number in range(6, RUNS + 5))]
    )
    assert (tmp_path / LOG).samefile(folder.path / LOG)


def test_the_runs_of_a_command_with_more_modules_than_are_kept_stay_until_the_next_day(tmp_path: Path) -> None:
    now = time.time()
    for number in range(RUNS + 5):
        (tmp_path / "runs" / f"today-{number}").mkdir(parents=True)
        os.utime(tmp_path / "runs" / f"today-{number}", (now, now - LATELY + 600 + number))
    yesterday = tmp_path / "runs" / "yesterday"
    yesterday.mkdir()
    os.utime(yesterday, (now, now - LATELY - 600))
    claimed(tmp_path)
    assert len(list((tmp_path / "runs").glob("today-*"))) == RUNS + 5
    assert not yesterday.exists()


def aged(runs: Path, name: str, age: int) -> Path:
    """The folder of a run that is older the greater ``age`` is."""
    (runs / name).mkdir(parents=True, exist_ok=True)
    os.utime(runs / name, (10_000 - age, 10_000 - age))
    return runs / name


def test_the_folder_of_a_run_that_goes_on_stays_however_many_younger_ones_there_are(tmp_path: Path) -> None:
    alive = LogFile.create(tmp_path / "runs" / "alive", tmp_path)
    alive.output(b"hello")
    over = LogFile.create(tmp_path / "runs" / "over", tmp_path)
    over.finished(samples.green(tmp_path))
    for age in range(RUNS):
        aged(tmp_path / "runs", f"younger-{age}", age)
    for name in ("alive", "over"):
        aged(tmp_path / "runs", name, 9_000)
    claimed(tmp_path)
    assert not (tmp_path / "runs" / "over").exists()
    assert alive.path.read_bytes() == b"hello"
    alive.finished(samples.green(tmp_path))


def test_the_folder_of_a_run_that_was_killed_goes(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from hub_runner.report.log import LogFile; r = Path(sys.argv[1]);"
        "log = LogFile.create(r / 'runs' / 'killed', r); os.kill(os.getpid(), 9)"
    )
    subprocess.run((sys.executable, "-c", program, str(tmp_path)), check=False)
    assert not is_alive(tmp_path / "runs" / "killed")


def test_a_result_never_lands_beside_the_log_of_a_run_that_takes_over_at_that_moment(tmp_path: Path) -> None:
    elder = claimed(tmp_path, "elder")
    writing = threading.Thread(target=elder.write, args=(RESULT, b"elder"))
    with exclusive(tmp_path):  # as a younger run that takes the plain names
        writing.start()
        time.sleep(0.2)
        write_whole(tmp_path / LOG, b"younger")
    writing.join(120)
    assert (elder.path / RESULT).read_bytes() == b"elder"
    assert not (tmp_path / RESULT).exists()


def test_a_process_that_holds_on_to_the_plain_names_stops_nobody_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_runner.report.output_folder.PATIENCE", 0.1)
    with exclusive(tmp_path):
        claimed(tmp_path).write(RESULT, b"{}")
    assert (tmp_path / RESULT).read_bytes() == b"{}"


def test_folders_that_another_run_removes_meanwhile_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to("nowhere")
    aged(tmp_path, "here", 1)
    assert by_age(tmp_path) == [tmp_path / "here"]
    assert by_age(tmp_path / "missing") == []
