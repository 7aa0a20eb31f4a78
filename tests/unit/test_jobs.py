"""Runs beside each other, played by small Python programs: what is shown in which order, and what an interrupt does."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from pathlib import Path

from hub_runner.jobs import Task, run_beside

# Each waits for the other's file: only two that run beside each other come to their end.
MEETING = """
import pathlib, sys, time
mine, other = map(pathlib.Path, sys.argv[1:])
mine.touch()
while not other.exists(): time.sleep(0.01)
print("met")
"""
PATIENT = """
import pathlib, signal, sys, time
def end(number, frame):
    print("cleaned up"); sys.exit(128 + number)
signal.signal(signal.SIGINT, end); signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


def python(program: str, *arguments: object, given: object = None) -> Task:
    return Task(command=(sys.executable, "-c", program, *map(str, arguments)), given=given)


def said(*queue: Task, jobs: int = 2) -> tuple[int, str, str]:
    out, err = io.BytesIO(), io.BytesIO()
    code = run_beside(queue, jobs, out=lambda: out, err=lambda: err)
    return code, out.getvalue().decode(), err.getvalue().decode()


def test_each_run_is_given_what_was_planned_for_it() -> None:
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer), sys.stdin.buffer.read())"
    assert (
        said(python(program, given={"one": b"1" * 9}), python(program, given=2))[1] == "{'one': b'111111111'} b''\n2 b''\n"
    )


def test_runs_go_on_beside_each_other(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    assert said(python(MEETING, a, b), python(MEETING, b, a)) == (0, "met\nmet\n", "")


def test_no_more_than_so_many_run_at_a_time(tmp_path: Path) -> None:
    alone = "import pathlib, sys, time; p = pathlib.Path(sys.argv[1]); p.mkdir(); time.sleep(0.2); p.rmdir()"
    assert said(*[python(alone, tmp_path / "only")] * 3, jobs=1)[0] == 0


def test_what_they_say_is_shown_in_the_order_of_the_command_line() -> None:
    slow, fast = "import time; time.sleep(0.4); print('slow')", "print('fast')"
    assert said(python(slow), python(fast))[1] == "slow\nfast\n"


def test_what_goes_to_stderr_stays_apart() -> None:
    program = "import sys; print('result'); print('story', file=sys.stderr)"
    assert said(python(program)) == (0, "result\n", "story\n")


def test_the_worst_exit_code_is_that_of_the_whole() -> None:
    assert said(*[python(f"raise SystemExit({code})") for code in (1, 4, 0)])[0] == 4


def test_a_run_that_was_killed_is_no_success() -> None:
    assert said(python("import os; os.kill(os.getpid(), 9)"), python(""))[0] == 137


def test_each_run_ends_with_the_process_that_started_it() -> None:
    assert said(python("import os; print(os.environ['HUB_RUNNER_PARENT'])"))[1] == f"{os.getpid()}\n"


def test_one_interrupt_ends_all_and_waits_for_their_cleanup(tmp_path: Path) -> None:
    flags = [tmp_path / name for name in "ab"]
    never = tmp_path / "never"

    def interrupt() -> None:
        while not all(flag.exists() for flag in flags):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=interrupt)
    thread.start()
    code, out, _ = said(*[python(PATIENT, flag) for flag in (*flags, never)])
    thread.join()
    assert (code, out) == (143, "cleaned up\ncleaned up\n")
    assert not never.exists()


def test_a_reader_that_has_gone_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as gone:
        assert run_beside([python("print('x' * 99)")] * 2, 2, out=lambda: gone, err=io.BytesIO) == 0
