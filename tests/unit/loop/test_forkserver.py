"""A fork server that has ended is told with whoever ended it, as far as the engine knows."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from typing import Any, cast

import pytest

from hub_runner.engine.diagnosis import Diagnosis
from hub_runner.errors import EnvironmentFailure
from hub_runner.loop.forkserver import ForkServer


class Known:
    """What the engine knows once somebody has waited for it."""

    def __init__(self, *, died: str | None = None, out_of_memory: bool = False) -> None:
        self.died, self.memory, self.asked = died, out_of_memory, False

    def await_cause(self) -> None:
        self.asked = True

    def death(self) -> str | None:
        return self.died if self.asked else None

    def out_of_memory(self) -> bool:
        return self.memory and self.asked


KILLED = "odoo: killed from outside with SIGKILL (exit code 137)"
REASONS = [({"died": KILLED}, "killed from outside"), ({"out_of_memory": True}, "Memory ran out"), ({}, "odoo.log")]


class Client:
    """A client of docker whose process in the container has ended."""

    def __init__(self, stdin: Any, stdout: Any) -> None:
        self.stdin, self.stdout = stdin, stdout


class Broken(io.BytesIO):
    def write(self, data: object) -> int:
        raise BrokenPipeError


def server(known: dict[str, Any], stdin: Any, stdout: Any) -> ForkServer:
    client = cast("subprocess.Popen[bytes]", Client(stdin, stdout))
    return ForkServer(client, cast(Diagnosis, Known(**known)), "token", "/tmp/work")


@pytest.fixture
def ended() -> Iterator[Any]:
    """Standard output of a process that has said nothing and is gone."""
    reader, writer = os.pipe()
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        yield stream


@pytest.mark.parametrize(("known", "words"), REASONS)
def test_who_waits_for_an_answer_is_told_why_none_comes(known: dict[str, Any], words: str, ended: Any) -> None:
    with pytest.raises(EnvironmentFailure, match=words):
        server(known, io.BytesIO(), ended).answers(0)


@pytest.fixture
def silent() -> Iterator[tuple[Any, int]]:
    """Standard output of a process that lives, and its other end."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream, os.fdopen(writer, "wb", buffering=0):
        yield stream, writer


def test_nobody_waits_for_ever_for_a_process_that_does_not_end(silent: tuple[Any, int]) -> None:
    stdout, writer = silent
    os.write(writer, b"what a module prints is no answer\n")
    with pytest.raises(EnvironmentFailure, match=r"had not done so after 0\.2 s: .*odoo\.log"):
        server({}, io.BytesIO(), stdout).await_end(0.2)


def test_a_process_that_was_told_to_end_has_ended_once_it_is_answered_for(silent: tuple[Any, int]) -> None:
    stdout, writer = silent
    os.write(writer, b'token {"number": 1, "code": 137}\n')
    server({}, io.BytesIO(), stdout).await_end()


@pytest.mark.parametrize(("known", "words"), REASONS)
def test_a_server_that_goes_away_meanwhile_is_told_by_its_cause(known: dict[str, Any], words: str, ended: Any) -> None:
    with pytest.raises(EnvironmentFailure, match=words):
        server(known, io.BytesIO(), ended).await_end()


@pytest.mark.parametrize(("known", "words"), REASONS)
def test_who_asks_for_something_is_told_why_nobody_listens(known: dict[str, Any], words: str, ended: Any) -> None:
    with pytest.raises(EnvironmentFailure, match=words):
        server(known, Broken(), ended).drop("database")
