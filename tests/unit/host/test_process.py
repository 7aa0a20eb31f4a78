from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hub_runner.errors import Interrupted
from hub_runner.host.process import HANDLED, Signals, held


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in HANDLED}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", HANDLED)
def test_a_signal_raises_once_where_the_run_can_take_it(number: signal.Signals) -> None:
    with held() as arrived, pytest.raises(Interrupted) as interrupt, arrived.raising():
        signal.raise_signal(number)
    assert interrupt.value.return_code == 128 + number


def test_a_signal_outside_is_noted_and_nothing_else() -> None:
    with held() as arrived:
        signal.raise_signal(signal.SIGTERM)
        assert arrived.received == [signal.SIGTERM]


def test_a_signal_that_came_before_raises_at_the_door() -> None:
    inside = False
    with held() as arrived:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted), arrived.raising():
            inside = True
    assert not inside


def interrupt_in_the_middle_of_a_cleanup(arrived: Signals, cleaned: list[str]) -> None:
    with arrived.raising():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            for _ in range(10):
                signal.raise_signal(signal.SIGINT)
            cleaned.append("everything")


def test_ten_more_only_count_even_while_the_first_unwinds() -> None:
    cleaned: list[str] = []
    with held() as arrived, pytest.raises(Interrupted):
        interrupt_in_the_middle_of_a_cleanup(arrived, cleaned)
    assert cleaned
    assert len(arrived.received) == 11


def test_the_first_signal_decides_the_exit_code() -> None:
    with held() as arrived:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted) as interrupt, arrived.raising():
            pass
    assert interrupt.value.return_code == 129


def test_handlers_are_given_back() -> None:
    before = [signal.getsignal(number) for number in HANDLED]
    with held():
        assert [signal.getsignal(number) for number in HANDLED] != before
    assert [signal.getsignal(number) for number in HANDLED] == before


def test_a_hang_up_that_was_ignored_from_the_start_stays_ignored() -> None:
    """nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with held() as arrived, arrived.raising():
        signal.raise_signal(signal.SIGHUP)
    assert arrived.received == []


CHILD = """
import os, signal, sys, time
from hub_runner.host.process import end_with_parent, held
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
    done = subprocess.run((sys.executable, "-c", words), capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout.splitlines()[-1] == "SIGTERM"


def take_everything_for_a_failure() -> None:
    try:
        signal.raise_signal(signal.SIGTERM)
    except Exception as error:  # as the SDK does it
        raise OSError(f"The engine does not answer: {error}") from error


def test_nobody_swallows_a_signal_by_taking_every_exception_for_a_failure() -> None:
    with held() as arrived, pytest.raises(Interrupted), arrived.raising():
        take_everything_for_a_failure()
