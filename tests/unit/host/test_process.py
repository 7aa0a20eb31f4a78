from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub_runner.errors import NoFreePort

CHILD = """
import os, signal, sys, time
from hub_runner.host.process import end_with_parent
from hub_runner.host.signals import held
with held() as arrived:
    end_with_parent(os.getppid(), interval=0.02)
    print("watching", flush=True)
    while not arrived.received:
        time.sleep(0.01)
print(signal.Signals(arrived.received[0]).name, flush=True)
"""
PARENT = "import subprocess, sys; subprocess.Popen((sys.executable, '-c', sys.argv[1])); sys.stdin.read()"


def test_a_parent_that_is_killed_takes_its_child_along() -> None:
    command = (sys.executable, "-c", PARENT, CHILD)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "watching\n"
        parent.kill()
        assert parent.stdout.readline() == "SIGTERM\n"


def test_a_parent_that_had_gone_before_the_watch_began_is_noticed_too() -> None:
    words = CHILD.replace("os.getppid()", "2**22 + 1")
    done = subprocess.run((sys.executable, "-c", words), capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-1] == "SIGTERM"


ENDING = """
import atexit, sys
from hub_runner.errors import NoFreePort
from hub_runner.host.process import end_with
atexit.register(lambda: open(sys.argv[1], "w").close())
"""


def ended(body: str, tmp_path: Path, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    """A process that ends with ``body`` as its work."""
    environ = {**os.environ, "PYTHONUNBUFFERED": ""}
    command = (sys.executable, "-c", f"{ENDING}{body}", str(tmp_path / "atexit"))
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environ, timeout=60, check=False)


def test_an_expected_failure_is_a_paragraph_and_a_code_of_its_own(tmp_path: Path) -> None:
    done = ended("def work(): raise NoFreePort('none')\nend_with(work)", tmp_path)
    assert (done.returncode, done.stderr) == (NoFreePort.return_code, "hub-runner: none\n")


def test_a_defect_is_a_traceback_and_seventy(tmp_path: Path) -> None:
    done = ended("end_with(lambda: 1 / 0)", tmp_path)
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr
    assert "please report it" in done.stderr


def test_the_interpreter_ends_as_usual_so_that_what_was_registered_for_its_end_is_done(tmp_path: Path) -> None:
    assert ended("end_with(lambda: 3)", tmp_path).returncode == 3
    assert (tmp_path / "atexit").exists()


def test_an_output_that_nobody_can_take_does_not_change_the_exit_code(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = ended("sys.stdout.write('x' * 10)\nend_with(lambda: 3)", tmp_path, stdout=full.fileno())
    assert done.returncode == 3


def test_a_signal_at_the_very_end_does_not_change_the_exit_code(tmp_path: Path) -> None:
    strike = "atexit.register(lambda: os.kill(os.getpid(), signal.SIGTERM))"
    done = ended(f"import os, signal\n{strike}\nend_with(lambda: 3)", tmp_path)
    assert done.returncode == 3
