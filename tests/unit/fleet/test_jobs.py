"""Tasks beside each other, played by small functions: what is shown in which order, and what an interrupt does."""

from __future__ import annotations

import contextlib
import io
import itertools
import multiprocessing
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from hub_runner.errors import UsageError
from hub_runner.exit_codes import gravest, signal_exit_code
from hub_runner.fleet import jobs
from hub_runner.fleet.engines import RemoteEngine, Slots
from hub_runner.fleet.jobs import METHOD, Output, Screen, Task, run_beside
from hub_runner.fleet.live_table import LiveTable
from hub_runner.host import signals

Work = Callable[[], int]


def say(words: str, *, code: int = 0, after: float = 0.0) -> int:
    time.sleep(after)
    sys.stdout.write(f"{words}\n")
    return code


def meet(mine: Path, other: Path) -> int:
    """Only two that run beside each other come to their end."""
    mine.touch()
    while not other.exists():
        time.sleep(0.01)
    return say("met")


def be_alone(flag: Path) -> int:
    flag.mkdir()
    time.sleep(0.2)
    flag.rmdir()
    return 0


def tell_a_story() -> int:
    sys.stderr.write("story\n")
    os.write(2, b"of a process\n")
    return say("result")


def say_what_it_has(words: dict[str, bytes]) -> int:
    return say(f"{words} {sys.stdin.read()!r}")


def kill_itself(number: int) -> int:
    os.kill(os.getpid(), number)
    return 0


def fail(error: Exception) -> int:
    raise error


def wait_patiently(flag: Path) -> int:
    """Until it is told to end; then it cleans up, as a run does."""
    with signals.held() as arrived:
        flag.touch()
        while not arrived.received:
            time.sleep(0.01)
    flag.unlink()
    return say("cleaned up", code=128 + arrived.received[0])


def start_and_be_killed(flag: Path) -> int:
    def sleep(seconds: float) -> None:
        if flag.exists():
            kill_itself(signal.SIGKILL)
        time.sleep(seconds)

    screen = Screen(sys.stdout.buffer, sys.stderr.buffer, life=sys.stdout.buffer)
    patient = Task(name="patient", work=partial(wait_patiently, flag))
    return run_beside([patient], Slots.here(1, 1), screen, sleep=sleep)[1]


@contextlib.contextmanager
def usual_streams() -> Iterator[None]:
    """Those that a command has; pytest's own write elsewhere."""
    with (
        os.fdopen(1, "w", buffering=1, closefd=False) as out,
        os.fdopen(2, "w", buffering=1, closefd=False) as err,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        yield


def said(
    *queue: Work,
    at_once: int = 2,
    method: str = METHOD,
    sleep: Callable[[float], None] = time.sleep,
    slots: Slots | None = None,
) -> tuple[int, str, str]:
    out, err = io.BytesIO(), io.BytesIO()
    tasks = [Task(name=f"task{number}", work=work) for number, work in enumerate(queue)]
    with usual_streams():
        slots = slots or Slots.here(len(tasks), at_once)
        codes, number = run_beside(tasks, slots, Screen(out, err, life=out), method=method, sleep=sleep)
    code = gravest([*codes, *([signal_exit_code(number)] if number else [])])
    return code, out.getvalue().decode(), err.getvalue().decode()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_each_is_given_what_was_planned_for_it_and_nothing_else(method: str) -> None:
    given = partial(say_what_it_has, {"one": b"1" * 9})
    assert said(given, partial(say, "two"), method=method) == (0, "{'one': b'111111111'} ''\ntwo\n", "")


def note(notes: Output, line: str) -> int:
    for _ in range(200):
        notes.add(line)
    return 0


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_several_add_whole_lines_to_one_file_that_has_no_name(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    lines = ["a" * 3000, "b" * 5000]
    with Output() as notes, usual_streams():
        assert list(tmp_path.iterdir()) == []
        tasks = [Task(name=line[0], work=partial(note, notes, line)) for line in lines]
        out = io.BytesIO()
        run_beside(tasks, Slots.here(2, 2), Screen(out, out, life=out), method=method)
        assert Counter(filter(None, notes.lines())) == {line.encode(): 200 for line in lines}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_what_goes_to_stderr_stays_apart(method: str) -> None:
    assert said(tell_a_story, method=method) == (0, "result\n", "story\nof a process\n")


def test_runs_go_on_beside_each_other(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    assert said(partial(meet, a, b), partial(meet, b, a)) == (0, "met\nmet\n", "")


def test_no_more_than_so_many_run_at_a_time(tmp_path: Path) -> None:
    assert said(*[partial(be_alone, tmp_path / "only")] * 3, at_once=1)[0] == 0


def test_what_they_say_is_shown_in_the_order_in_which_they_began() -> None:
    assert said(partial(say, "slow", after=0.4), partial(say, "fast"))[1] == "slow\nfast\n"


def test_one_that_began_earlier_because_it_takes_long_is_shown_earlier_too() -> None:
    queue = (partial(say, "one"), partial(say, "two"), partial(say, "long", after=0.4))
    assert said(*queue, slots=Slots.here(3, 2, [1.0, 1.0, 10.0]))[1] == "long\none\ntwo\n"


def test_the_worst_exit_code_is_that_of_the_whole() -> None:
    assert said(*[partial(say, "", code=code) for code in (1, 4, 0)])[0] == 4


@pytest.mark.parametrize(
    ("work", "code", "words"),
    [
        (partial(kill_itself, signal.SIGKILL), 137, ""),
        (partial(kill_itself, signal.SIGINT), 130, ""),
        (partial(fail, UsageError("No such thing.")), 2, "hub-runner: No such thing.\n"),
    ],
)
def test_one_that_does_not_come_to_its_end_is_no_success(work: Work, code: int, words: str) -> None:
    assert said(work, partial(say, "")) == (code, "\n", words)


def test_a_defect_is_one_of_that_process_alone() -> None:
    code, out, err = said(partial(fail, ValueError("unheard of")), partial(say, "fine"))
    assert (code, out) == (70, "fine\n")
    assert "ValueError: unheard of\nhub-runner: this is a defect" in err


def interrupted(*queue: Work, when: Callable[[], bool], method: str = METHOD) -> tuple[int, str, str]:
    """What was said where the first signal comes as soon as ``when`` is true."""

    def sleep(seconds: float) -> None:
        if when():
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(seconds)

    return said(*queue, method=method, sleep=sleep)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_one_interrupt_ends_all_and_waits_for_their_cleanup(tmp_path: Path, method: str) -> None:
    flags, never = [tmp_path / name for name in "ab"], tmp_path / "never"
    queue = [partial(wait_patiently, flag) for flag in (*flags, never)]
    seen = interrupted(*queue, when=lambda: all(flag.exists() for flag in flags), method=method)
    assert seen == (143, "cleaned up\ncleaned up\n", "")
    assert not never.exists()


def test_an_interrupt_before_a_process_has_come_to_its_senses_ends_it_too() -> None:
    """A copy of ours would take the signal for one that is meant for the whole."""
    assert interrupted(*[partial(say, "late", after=60)] * 2, when=lambda: True) == (143, "", "")


def test_each_ends_with_the_process_that_made_it(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    assert said(partial(start_and_be_killed, flag))[0] == 137
    while flag.exists():
        time.sleep(0.01)


def test_a_reader_that_has_gone_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as gone:
        screen = Screen(gone, io.BytesIO(), life=gone)
        tasks = [Task(name="x", work=partial(say, "x" * 99))] * 2
        assert run_beside(tasks, Slots.here(2, 2), screen) == ([0, 0], 0)


def work_for_a_while(flag: Path) -> int:
    sys.stdout.write("starting\ntesting \x1b[2J TestRock.test_a\n")
    sys.stdout.flush()
    flag.touch()
    while flag.exists():
        time.sleep(0.01)
    return 0


def test_signs_of_life_come_while_the_first_one_is_still_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """B2: they were held back until the module ended, and some CI systems end a job that is silent."""
    monkeypatch.setattr(jobs, "HEARTBEAT", 0.0)
    out, flag, seen = io.BytesIO(), tmp_path / "flag", []

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if b"TestRock" in out.getvalue() and flag.exists():
            seen.append(out.getvalue().decode())
            flag.unlink()

    queue = [Task(name="alpha", work=partial(work_for_a_while, flag)), Task(name="beta", work=partial(say, "done"))]
    with usual_streams():
        screen = Screen(out, io.BytesIO(), life=out)
        assert run_beside(queue, Slots.here(2, 2), screen, sleep=sleep) == ([0, 0], 0)
    assert re.search(
        r"^\[ +\d+\.\d s\] [01] of 2 modules done, running:\n  alpha \(since \d+ s\): testing  TestRock.test_a\n",
        seen[0],
        re.M,
    )
    assert out.getvalue().decode().endswith("done\n"), "when all have ended, nothing runs"


def be_silent(flag: Path) -> int:
    while not flag.exists():
        time.sleep(0.01)
    return say("late")


def test_one_that_has_printed_nothing_is_named_in_the_sign_of_life_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT", 0.0)
    flag, looks = tmp_path / "flag", itertools.count()

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if next(looks):  # what runs was shown at least twice
            flag.touch()

    assert re.search(r"task0 \(since \d+ s\): it has printed nothing yet\n", said(partial(be_silent, flag), sleep=sleep)[1])


def test_a_person_sees_what_runs_as_a_table_that_leaves_nothing_behind(tmp_path: Path) -> None:
    """On a narrow terminal each module keeps its one line, and the output of a module that has ended stays above."""
    terminal, flag, seen = Terminal(), tmp_path / "flag", []
    out, table = io.BytesIO(), LiveTable(terminal)

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if "testing" in terminal.getvalue() and flag.exists():
            seen.append(terminal.getvalue())
            flag.unlink()

    queue = [Task(name="alpha", work=partial(work_for_a_while, flag)), Task(name="beta", work=partial(say, "done"))]
    with usual_streams():
        screen = Screen(out, io.BytesIO(), life=out, table=table)
        assert run_beside(queue, Slots.here(2, 2), screen, sleep=sleep) == ([0, 0], 0)
    shown = re.sub(r"\x1b\[[\d;]*m", "", seen[0])
    table_shown = r"\d+\.\d s\] [01] of 2 modules done, running:\nalpha +\d+ s +testing  TestRock.test_a *$"
    assert re.search(table_shown, shown, re.M), shown
    assert "\x1b[2J" not in seen[0], "what a module prints cannot clear the screen"
    assert out.getvalue().decode().endswith("done\n")
    assert "running" not in out.getvalue().decode()
    assert terminal.getvalue().count("\x1b[?25h") == terminal.getvalue().count("\x1b[?25l"), "the cursor is there again"


class Terminal(io.StringIO):
    """A stream that says that it is one."""

    def isatty(self) -> bool:
        return True


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_of_jobs_that_were_shown_nothing_stays_open() -> None:
    """With four open files for each, a batch of 250 modules was more than a process may have."""
    out = io.BytesIO()
    screen, before = Screen(out, out, life=out), open_files()
    with usual_streams():
        done = [jobs.Job(Task(name=str(number), work=partial(say, "x", code=number)), METHOD) for number in range(5)]
        assert [job.join() for job in done] == list(range(5))
    screen.update(done, 5)
    assert open_files() <= before
    assert [job.is_running for job in done] == [False] * 5


def test_many_may_wait_until_a_slow_one_before_them_is_shown() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = open_files() + 30
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))
    try:
        seen = []

        def sleep(seconds: float) -> None:
            time.sleep(seconds)
            seen.append(resource.getrlimit(resource.RLIMIT_NOFILE)[0])

        code, shown, _ = said(*[partial(say, "x")] * 30, at_once=8, sleep=sleep)
        assert (code, shown) == (0, "x\n" * 30)
        assert seen[0] == jobs.SPARE + 60
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Slow(Slots):
    """Its jobs have ended by the time that it has no slot for another one, as on a busy machine."""

    def take(self) -> tuple[int, RemoteEngine] | None:
        begun = super().take()
        while begun is None and multiprocessing.active_children():
            time.sleep(0.01)
        return begun


@pytest.mark.parametrize("at_once", [1, 2])
def test_tasks_that_wait_are_begun_also_if_all_that_run_end_in_one_moment(at_once: int) -> None:
    """Those that waited were left out, and what had run was green."""
    assert said(*[partial(say, "x")] * 5, slots=Slow.here(5, at_once)) == (0, "x\n" * 5, "")


def fail_beside(flag: Path, *, at_once: int) -> int:
    """If there are two at once, only once the next task has begun."""
    while at_once > 1 and not flag.exists():
        time.sleep(0.01)
    (flag.parent / "pid").write_text(str(os.getpid()))
    return say("", code=1)


def outlive_the_failure(flag: Path) -> int:
    flag.touch()
    pid = flag.parent / "pid"
    while not pid.exists() or not pid.read_text():
        time.sleep(0.01)
    with contextlib.suppress(psutil.NoSuchProcess):
        failed = psutil.Process(int(pid.read_text()))
        while failed.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
    return say("")


@pytest.mark.parametrize(("at_once", "started"), [(1, 2), (2, 3)])
def test_after_so_many_failures_no_other_is_begun_and_those_that_run_come_to_their_end(
    tmp_path: Path, at_once: int, started: int
) -> None:
    flag = tmp_path / "third has begun"
    failing, outliving = partial(fail_beside, flag, at_once=at_once), partial(outlive_the_failure, flag)
    work = [partial(say, ""), failing, outliving, partial(say, ""), partial(say, "")]
    out = io.BytesIO()
    with usual_streams():
        tasks = [Task(name=str(number), work=it) for number, it in enumerate(work)]
        seen, _ = run_beside(tasks, Slots.here(len(tasks), at_once), Screen(out, out, life=out), max_failed=1)
    assert seen == [0, 1, 0, 0, 0][:started]
