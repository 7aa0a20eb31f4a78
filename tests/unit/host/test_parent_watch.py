from __future__ import annotations

import subprocess
import sys

CHILD = """
import os, signal, sys, time
from hub_runner.host.parent_watch import end_with_parent
from hub_runner.host.signals import held
with held() as arrived:
    end_with_parent(os.getppid())
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
