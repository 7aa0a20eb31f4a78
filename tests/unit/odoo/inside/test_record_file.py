from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hub_runner.odoo.inside.record_file import EventFile, shortened


def test_each_event_is_in_the_file_at_once(tmp_path: Path) -> None:
    events = EventFile(str(tmp_path / "record"))
    for number in range(3):
        events.write("test", number=number)
        written = (tmp_path / "record").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["number"] for line in written] == list(range(number + 1))


def test_what_cannot_be_encoded_is_written_all_the_same(tmp_path: Path) -> None:
    EventFile(str(tmp_path / "record")).write("log", message="\ud800\n", thing=object())
    assert json.loads((tmp_path / "record").read_bytes())["message"]


def test_a_forked_child_writes_nothing(tmp_path: Path) -> None:
    events = EventFile(str(tmp_path / "record"))
    events.pid = os.getppid()
    events.write("end")
    assert not (tmp_path / "record").exists()


def test_a_folder_that_is_gone_breaks_no_test(tmp_path: Path) -> None:
    EventFile(str(tmp_path / "gone" / "record")).write("end")
    assert not (tmp_path / "gone").exists()


def test_what_a_test_replaces_is_not_what_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = EventFile(str(tmp_path / "record"))
    for owner, name in ((os, "open"), (os, "write"), (os, "getpid"), (json, "dumps")):
        monkeypatch.setattr(owner, name, None)
    events.write("end")
    monkeypatch.undo()
    assert json.loads((tmp_path / "record").read_bytes()) == {"event": "end", "n": 1}


def test_a_long_text_keeps_both_its_ends() -> None:
    text = shortened("a" * 1_000_000 + "z" * 1_000_000, 1000)
    assert len(text) < 1100
    assert text.startswith("a")
    assert text.endswith("z")
    assert "1999000 characters" in text


def test_a_long_traceback_is_cut_between_two_of_its_lines_and_stays_one(tmp_path: Path) -> None:
    """A recursion writes 136000 characters: its exception was taken to be the line that says so."""
    text = "Traceback (most recent call last):\n" + '  File "x.py", line 1, in write\n' * 5000 + "RecursionError: too deep"
    lines = shortened(text).splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [lines[0], "RecursionError: too deep"]
    assert sum(" characters ...]" in line for line in lines) == 1
