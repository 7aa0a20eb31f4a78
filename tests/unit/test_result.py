from __future__ import annotations

import datetime as dt
from pathlib import Path

from hub_runner.observers import Observer, Observers
from hub_runner.result import Result, RunInfo, Verdict

INFO = RunInfo(
    run_id="hub-agent-test-traction-1-a",
    module="traction",
    module_version="1.0",
    module_folder=Path("addons/traction"),
    root=Path(),
    started=dt.datetime.now(dt.UTC),
    command=("nox",),
    log=Path("proof_of_execution_tests.log"),
)
RESULT = Result(info=INFO, verdict=Verdict(), finished=INFO.started, phases={}, cleanup="verified")


class Told(Observer):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def started(self, info: RunInfo) -> None:
        self.words.append(f"started {info.module}")

    def learned(self, info: RunInfo) -> None:
        self.words.append(f"learned {info.port}")

    def phase(self, name: str) -> None:
        self.words.append(f"phase {name}")

    def note(self, text: str) -> None:
        self.words.append(f"note {text}")

    def output(self, chunk: bytes) -> None:
        self.words.append(f"output {chunk!r}")

    def finished(self, result: Result) -> None:
        self.words.append(f"finished {result.return_code}")


class Broken(Told):
    def output(self, chunk: bytes) -> None:
        raise OSError(28, "No space left on device")


def tell_all(observers: Observers) -> None:
    observers.started(INFO)
    observers.learned(INFO)
    observers.phase("tests")
    observers.note("n")
    observers.output(b"o")
    observers.finished(RESULT)


def test_all_are_told_everything_in_order() -> None:
    first, second = Told(), Told()
    tell_all(Observers([first, second]))
    assert first.words == second.words
    assert first.words == ["started traction", "learned None", "phase tests", "note n", "output b'o'", "finished 0"]


def test_one_that_breaks_stops_neither_the_others_nor_the_run() -> None:
    broken, told, troubles = Broken(), Told(), list[str]()
    tell_all(Observers([broken, told], troubles))
    assert "output b'o'" in told.words
    assert broken.words[-1] == "finished 0"
    assert troubles == ["A report broke, please report it (Broken.output): OSError(28, 'No space left on device')."]


def test_one_that_breaks_a_million_times_is_noted_once() -> None:
    troubles = list[str]()
    observers = Observers([Broken()], troubles)
    for _ in range(1000):
        observers.output(b"x")
    assert len(troubles) == 1
