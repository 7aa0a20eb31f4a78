"""The watchdog in a real process, with a package in Odoo's place."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from hub_runner.odoo.inside.watchdog import LIMITS, STOP, STOPPED
from hub_runner.verdict.record import Record
from tests.unit.odoo.inside.test_launcher import installed, launch

# Its time is over as soon as both threads are where they stay.
ENDLESS = """
import sys
import threading
from hub_runner.odoo.inside import watchdog

def waits():
    threading.Event().wait()

def start():
    thread = threading.Thread(target=waits, name="another", daemon=True)
    thread.start()
    while calls(thread) != ["wait", "wait", "waits"]:
        pass
    watchdog.now = lambda: float("inf")
    while True:
        pass

def calls(thread):
    frame, names = sys._current_frames()[thread.ident], []
    while frame and len(names) < 3:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    return names
"""


def limited(tmp_path: Path, **limits: float) -> None:
    (tmp_path / LIMITS).write_text(json.dumps(limits), encoding="utf-8")


def test_at_the_limit_the_process_ends_and_says_where_each_thread_was(tmp_path: Path) -> None:
    limited(tmp_path, whole=600, single=0)
    code, record, _ = launch(tmp_path, server=ENDLESS)
    assert (code, record.ended) == (STOPPED, False)
    assert record.stopped
    assert (record.stopped["reason"], record.stopped["seconds"], record.stopped["test"]) == ("test-timeout", 600, None)
    main, other = record.stopped["threads"]
    assert main["name"] == "MainThread"
    assert main["frames"][-1]["function"] == "start"
    assert main["frames"][-1]["source"] in ('watchdog.now = lambda: float("inf")', "while True:", "pass")
    assert [frame["function"] for frame in other["frames"]][-3:] == ["waits", "wait", "wait"]


def test_what_it_writes_is_sealed_and_stands_in_the_log_too(tmp_path: Path) -> None:
    limited(tmp_path, whole=600)
    command, environ = installed(tmp_path, server=ENDLESS)
    ended = subprocess.run(command, cwd=tmp_path, env=environ, input=b"secret", capture_output=True, timeout=60, check=False)
    record = Record.parse((tmp_path / "record").read_bytes(), b"secret")
    assert record.stopped
    assert record.wrong == ""
    assert b"hub-runner: stopped by test-timeout\nThread MainThread, the innermost call last:\n" in ended.stderr
    assert b"server.py:" in ended.stderr


def test_one_that_is_asked_to_stop_does_so_at_once(tmp_path: Path) -> None:
    limited(tmp_path, whole=600, single=600)
    command, environ = installed(
        tmp_path, server="print('begun', flush=True)\ndef start():\n    while True:\n        pass\n"
    )
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        (tmp_path / STOP).touch()
        assert process.wait(60) == STOPPED
    record = Record.parse((tmp_path / "record").read_bytes(), b"")
    assert record.stopped
    assert record.stopped["reason"] == "interrupt"


@pytest.mark.parametrize("text", [None, "", "[]", "{"])
def test_without_limits_nothing_is_watched(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / LIMITS).write_text(text, encoding="utf-8")
    (tmp_path / STOP).touch()
    server = "import time\n\ndef start():\n    time.sleep(0.5)\n    return 0\n"
    code, record, _ = launch(tmp_path, server=server)
    assert (code, record.ended, record.stopped) == (0, True, None)


TESTING = """
import sys, time, unittest

class TestSlow(unittest.TestCase):
    def test_slow(self):
        time.sleep = None
        threading.Event.wait = None
        while True:
            pass

import threading
TestSlow.__module__ = "odoo.addons.traction.tests.test_slow"

def start():
    from odoo.tests.result import OdooTestResult
    test = TestSlow("test_slow")
    OdooTestResult().startTest(test)
    test.test_slow()
"""


def test_a_single_test_is_ended_at_its_own_limit_whatever_it_patches(tmp_path: Path) -> None:
    limited(tmp_path, whole=600, single=0.5)
    begin = time.monotonic()
    code, record, _ = launch(tmp_path, server=TESTING)
    assert code == STOPPED
    assert time.monotonic() - begin < 60
    assert record.stopped
    assert (record.stopped["reason"], record.stopped["seconds"]) == ("single-test-timeout", 0.5)
    assert record.stopped["test"]
    assert record.stopped["test"]["method"] == "test_slow"
    assert record.running
    assert record.running.name == "TestSlow.test_slow"
