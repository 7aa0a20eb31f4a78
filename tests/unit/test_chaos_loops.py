"""Which exit codes of a killed command a chaos calls wrong."""

from __future__ import annotations

from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM
from types import SimpleNamespace
from typing import cast

import pytest

from tests.chaos.batches import Way
from tests.chaos.deaths import once
from tests.chaos.loops import about_code
from tests.chaos.scenario import Blow
from tests.chaos.victim import Victim


def wrong(
    code: int, *told: int, phase: str = "tests", front: str = "runner", name: str = "TERM to the command", said: str = ""
) -> list[str]:
    process = SimpleNamespace(returncode=code)
    victim = cast(Victim, SimpleNamespace(process=process, told=list(told), front=front, said=said))
    blow = Blow(death=Way(name=name, strike=once(SIGTERM)), aim=phase, phase=phase, at=1.0)
    return list(about_code(victim, blow))


@pytest.mark.parametrize(
    ("code", "told"), [(143, (SIGTERM,)), (129, (SIGHUP, SIGTERM)), (-SIGKILL, ()), (-SIGKILL, (SIGTERM, SIGKILL)), (1, ())]
)
def test_the_first_signal_that_could_be_heard_decides(code: int, told: tuple[int, ...]) -> None:
    assert wrong(code, *told) == []


@pytest.mark.parametrize("said", ["Fatal Python error: init_import_site: Failed to import", "Could not import runpy module"])
def test_a_python_that_is_interrupted_while_it_starts_ends_with_1(said: str) -> None:
    assert wrong(1, SIGINT, said=said) == []
    assert wrong(1, SIGINT) == ["exit code 1 after signal 2"]


@pytest.mark.parametrize(
    ("code", "told"), [(0, (SIGTERM,)), (129, (SIGTERM, SIGHUP)), (-SIGTERM, (SIGHUP,)), (70, (SIGHUP,))]
)
def test_another_exit_code_is_wrong(code: int, told: tuple[int, ...]) -> None:
    assert len(wrong(code, *told)) == 1


def test_python_may_die_of_a_signal_before_anybody_listens() -> None:
    assert wrong(-SIGTERM, SIGTERM, phase="before") == []


def test_nox_with_a_command_that_was_broken_off_never_ends_with_0() -> None:
    assert wrong(1, SIGTERM, front="nox") == []
    assert wrong(0, SIGTERM, front="nox") == ["exit code 0 of nox, whose command was broken off"]
    assert wrong(0, SIGTERM, front="nox", phase="over") == []


def test_a_command_whose_docker_client_was_killed_may_end_by_itself() -> None:
    assert wrong(4, SIGTERM) != []
    assert wrong(4, SIGTERM, name="KILL of docker's client, then TERM") == []
