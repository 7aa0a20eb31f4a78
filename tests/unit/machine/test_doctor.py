import dataclasses
import os
import shutil
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub_runner.errors import UsageError
from hub_runner.machine import checks
from hub_runner.machine.checks import Check
from hub_runner.machine.doctor import lines, ports
from hub_runner.settings import Settings
from tests.conftest import write_module

BAD = Check(name="compose", good=False, text="missing", advice="`nox -s setup`", details=("one", "two"))


def test_a_check_shows_its_mark_what_was_seen_what_to_do_next_and_its_details() -> None:
    assert str(BAD).splitlines() == [
        "!!  compose      missing -> `nox -s setup`",
        "                 one",
        "                 two",
    ]
    assert str(dataclasses.replace(BAD, good=True, advice="", details=())) == "ok  compose      missing"
    assert str(dataclasses.replace(BAD, fatal=False)).startswith("!   compose      missing"), "a run goes on all the same"


def test_only_a_fatal_check_that_is_not_good_stops_a_run() -> None:
    assert BAD.stops
    assert not dataclasses.replace(BAD, fatal=False).stops
    assert not dataclasses.replace(BAD, good=True).stops


def test_free_ports_are_drawn_together_and_each_taken_one_names_its_holder() -> None:
    holders = {8090: None, 8091: None, 8092: "run a", 8093: "run a", 8094: None, 8095: "container b", 8096: None, 8097: None}
    assert list(lines(holders.items())) == [
        "8090-8091 free",
        "8092 run a",
        "8093 run a",
        "8094 free",
        "8095 container b",
        "8096-8097 free",
    ]


def test_a_port_that_a_process_holds_is_seen_without_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = ports(range(port, port + 1), None)
    assert found.stops
    assert f"(pid {os.getpid()})" in found.details[0]
    assert "--wait-for-port" in found.advice


def test_a_full_disk_stops_a_run_and_a_low_one_warns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    monkeypatch.setattr(checks, "LOW", 1e18)
    (low,) = checks.disk(settings, None)
    assert (low.good, low.stops) == (False, False)
    monkeypatch.setattr(checks, "FULL", 1e18)
    (full,) = checks.disk(settings, None)
    assert full.stops


def test_a_disk_that_cannot_be_asked_is_passed_over(tmp_path: Path) -> None:
    assert [it.name for it in checks.disk(Settings(root=tmp_path), tmp_path / "not-there")] == ["disk"]


def test_runs_that_were_kept_are_counted_with_their_size(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    settings.run_folder("one").mkdir(parents=True)
    with (settings.run_folder("one") / "log").open("wb") as log:
        log.truncate(200_000_000)
    found = checks.output(settings)
    assert found.good
    assert "with 1 runs (0.2 GB)" in found.text


def test_files_that_other_runs_remove_meanwhile_do_not_count(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    folder = settings.run_folder("one")
    folder.mkdir(parents=True)
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            (folder / "htmlcov").mkdir()
            (folder / "htmlcov" / "index.html").touch()
            (folder / ".result.json.ab").touch()
            (folder / ".result.json.ab").replace(folder / "result.json")
            shutil.rmtree(folder / "htmlcov")

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            assert all(checks.output(settings).good for _ in range(1000))
        finally:
            ended.set()
        running.result()


def test_an_output_folder_that_is_not_there_is_made_by_a_run_if_it_can_be(tmp_path: Path) -> None:
    assert checks.output(Settings(root=tmp_path, output="new/folder")).good
    assert not (tmp_path / "new").exists()
    (tmp_path / "new").touch()
    assert checks.output(Settings(root=tmp_path, output="new/folder")).stops


def test_folders_that_may_not_be_read_keep_no_other_check_from_its_answer(
    addons: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: object) -> None:
        raise UsageError(f"{addons} cannot be read: Permission denied.")

    monkeypatch.setattr(checks, "catalogue", refused)
    assert (
        str(checks.modules(Settings(root=addons.parent))) == f"!!  modules      {addons} cannot be read: Permission denied."
    )


def test_nothing_to_test_stops_a_run(addons: Path) -> None:
    settings = Settings(root=addons.parent)
    assert checks.modules(settings).stops
    write_module(addons, "probe")
    assert str(checks.modules(settings)) == f"ok  modules      1 in {addons}"


def test_nox_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_RUNNER_PARENT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert str(checks.tools()).startswith("!   tools")
    (tmp_path / "nox").touch(mode=0o755)
    assert ", nox, " in checks.tools().text


def test_a_state_folder_in_which_no_run_could_take_a_lock_stops_a_run_and_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    monkeypatch.setenv("HUB_RUNNER_STATE", str(folder))
    assert checks.state().text == f"{folder} (made by the first run)"
    assert not folder.exists()
    folder.mkdir()
    assert checks.state().good
    assert not list(folder.glob("*/*"))
    (folder / "format").write_text("2\n")
    assert "another version of hub-runner (format '2'" in checks.state().text
    (folder / "format").unlink()
    (folder / "ports").rmdir()
    (folder / "ports").symlink_to("/")
    assert checks.state().stops
    monkeypatch.setenv("HUB_RUNNER_STATE", str(folder / "format" / "state"))
    (folder / "format").touch()
    assert checks.state().text == f"{folder / 'format' / 'state'} (this user cannot make it)"
    assert checks.state().stops
