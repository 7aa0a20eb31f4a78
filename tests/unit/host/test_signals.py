from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_runner.errors import Interrupted
from hub_runner.host.signals import HANDLED, heed_interrupts, held


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in HANDLED}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", HANDLED)
def test_a_signal_raises_once_where_the_run_can_take_it(number: signal.Signals) -> None:
    with held() as arrived, pytest.raises(Interrupted) as interrupt:
        arrived.interruptible(lambda: signal.raise_signal(number))
    assert interrupt.value.return_code == 128 + number


def test_a_signal_outside_is_noted_and_nothing_else() -> None:
    with held() as arrived:
        signal.raise_signal(signal.SIGTERM)
        assert arrived.received == [signal.SIGTERM]


def test_a_signal_that_came_before_raises_at_the_door() -> None:
    with held() as arrived:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted):
            arrived.interruptible(lambda: pytest.fail("the work began"))


def test_ten_more_only_count_even_while_the_first_unwinds() -> None:
    cleaned: list[str] = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            for _ in range(10):
                signal.raise_signal(signal.SIGINT)
            cleaned.append("everything")

    with held() as arrived, pytest.raises(Interrupted):
        arrived.interruptible(work)
    assert cleaned
    assert len(arrived.received) == 11


def test_the_first_signal_decides_the_exit_code() -> None:
    with held() as arrived:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted) as interrupt:
            arrived.interruptible(lambda: None)
    assert interrupt.value.return_code == 129


def test_handlers_are_given_back() -> None:
    before = [signal.getsignal(number) for number in HANDLED]
    with held():
        assert [signal.getsignal(number) for number in HANDLED] != before
    assert [signal.getsignal(number) for number in HANDLED] == before


def test_a_hang_up_that_was_ignored_from_the_start_stays_ignored() -> None:
    """nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with held() as arrived:
        arrived.interruptible(lambda: signal.raise_signal(signal.SIGHUP))
    assert arrived.received == []


def take_everything_for_a_failure() -> None:
    try:
        signal.raise_signal(signal.SIGTERM)
    except Exception as error:  # as the SDK does it
        raise OSError(f"The engine does not answer: {error}") from error


def test_nobody_swallows_a_signal_by_taking_every_exception_for_a_failure() -> None:
    with held() as arrived, pytest.raises(Interrupted):
        arrived.interruptible(take_everything_for_a_failure)


def test_an_interrupt_that_was_ignored_from_the_start_ends_the_work_all_the_same() -> None:
    """A script's `... &`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with held() as arrived, pytest.raises(Interrupted):
        arrived.interruptible(lambda: signal.raise_signal(signal.SIGINT))


def test_an_interrupt_that_was_ignored_from_the_start_can_be_heeded_again() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    heed_interrupts()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


HAIL = """
import os, signal, threading, time
from hub_runner.errors import Interrupted
from hub_runner.host.signals import Signals, held

over = threading.Event()

def hail():
    while not over.wait(0.0002):
        os.kill(os.getpid(), signal.SIGTERM)

interrupted, until = 0, time.monotonic() + 0.5
thread = threading.Thread(target=hail)
with held() as shield:
    thread.start()
    while time.monotonic() < until or interrupted <= 20:
        arrived = Signals()
        shield.handle = arrived.handle
        signal.signal(signal.SIGTERM, arrived.handle)
        try:
            arrived.interruptible(lambda: None)
        except Interrupted:
            interrupted += 1
    signal.signal(signal.SIGTERM, shield.handle)
    over.set()
    thread.join()
print(interrupted)
"""


def test_nothing_but_interrupted_escapes_wherever_real_signals_strike() -> None:
    """They come from another thread, at any step of ``interruptible``: its first, its last, and those in between.

    In a process of its own whose coverage nobody measures: a signal that strikes while coverage holds its lock, and whose
    handler is measured too, would wait for that lock for ever.
    """
    environ = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    environ["PYTHONPATH"] = str(Path(__file__).parents[3])
    done = subprocess.run((sys.executable, "-c", HAIL), env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20
