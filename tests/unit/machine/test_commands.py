import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from hub_runner.errors import EnvironmentFailure, Interrupted
from hub_runner.host.signals import Stop, held
from hub_runner.machine.commands import output, run
from tests.unit import broken_off


def shell(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


def test_lines_arrive_whole_whatever_ends_them() -> None:
    lines: list[str] = []
    run([shell(r"printf 'one\ntwo\rthree\n\nlast'; printf '\377 raw\n' >&2")], on_line=lines.append)
    assert lines == ["one", "two", "three", "last\N{REPLACEMENT CHARACTER} raw"]


def test_silence_is_heard_as_empty_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_runner.machine.commands.SILENCE", 0.05)
    lines, heard = list[str](), tmp_path / "heard"

    def hear(line: str) -> None:
        lines.append(line)
        if lines[-2:] == ["begun", ""]:
            heard.touch()

    run([shell(f"echo begun; until [ -e '{heard}' ]; do sleep 0.01; done")], on_line=hear)
    assert set(lines) == {"begun", ""}


def test_a_failure_shows_the_command_its_code_and_its_last_lines() -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        run([shell("seq 100; exit 7")], on_line=lambda _: None)
    said = str(caught.value)
    assert "exit 7" in said
    assert said.splitlines()[1:] == [f"    {number}" for number in range(86, 101)]


def test_commands_run_beside_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    # Each waits for the other: one after the other would never end.
    meet = "touch {0}; until [ -e {1} ]; do sleep 0.01; done; echo met"
    lines: list[str] = []
    run([shell(meet.format(first, second)), shell(meet.format(second, first))], on_line=lines.append)
    assert lines == ["met", "met"]


def test_the_first_failure_ends_the_others(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with pytest.raises(EnvironmentFailure, match="exit 3"):
        run(
            [shell(f"echo $$ > {pids}; sleep 300"), shell(f"until [ -s {pids} ]; do :; done; exit 3")],
            on_line=lambda _: None,
        )
    assert not psutil.pid_exists(int(pids.read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_ends_what_was_started_with_all_its_children(number: int, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 300 & echo $! > {pids}; echo ready; wait"

    def interrupt(line: str) -> None:
        threading.Timer(0.01, os.kill, (os.getpid(), number)).start()

    with pytest.raises(Interrupted), held() as signals:
        signals.interruptible(lambda: run([shell(script)], on_line=interrupt))
    grandchild = int(pids.read_text())
    until = time.monotonic() + 60
    while psutil.pid_exists(grandchild) and psutil.Process(grandchild).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "the grandchild lives on"
        time.sleep(0.01)


def test_a_program_that_is_not_there_is_an_expected_failure() -> None:
    with pytest.raises(EnvironmentFailure, match="no-such-program"):
        run([("no-such-program",)], on_line=lambda _: None)


def test_output_of_a_missing_or_failing_program_is_none() -> None:
    assert output(("no-such-program",)) is None
    assert output(("false",)) is None
    assert output((sys.executable, "-c", "print('words')")) == "words"


def test_a_short_command_ends_with_a_signal_that_breaks_its_wait_off(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off.instead(monkeypatch)
    with pytest.raises(Stop):
        output(("true",))


def test_the_end_of_a_command_is_waited_for_without_the_lock_of_popen(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off.instead(monkeypatch)
    run([("true",)], on_line=print)
