from __future__ import annotations

from typing import cast

import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import Model
from hub_runner.errors import EnvironmentFailure
from hub_runner.observers import Observers


class Removing:
    """An engine whose container removes files, or ends with an exit code and some words."""

    def __init__(self, code: int, said: bytes = b"") -> None:
        self.api, self.code, self.said, self.commands = self, code, said, list[list[str]]()

    def service(self, run_id: str, name: str) -> dict[str, str]:
        return {"Id": name}

    def exec_create(self, container: str, command: list[str], user: str) -> dict[str, str]:
        assert (container, user) == ("odoo", "0")
        self.commands.append(command)
        return {"Id": "process"}

    def exec_start(self, process: str) -> bytes:
        return self.said

    def exec_inspect(self, process: str) -> dict[str, int]:
        return {"ExitCode": self.code}


def environment(engine: Removing) -> Environment:
    return Environment(run_id="run", engine=cast(Engine, engine), model=cast(Model, {}), environ={}, observers=Observers([]))


def test_each_has_a_password_of_its_own_which_no_message_can_show() -> None:
    one, other = environment(Removing(0)), environment(Removing(0))
    assert one.password != other.password
    assert one.password not in repr(one)


def test_files_are_removed_as_root() -> None:
    engine = Removing(0)
    environment(engine).remove_files(["/mnt/extra-addons/rock"])
    assert engine.commands == [["rm", "-rf", "--", "/mnt/extra-addons/rock"]]


def test_files_that_stay_are_a_failure_of_the_environment() -> None:
    engine = Removing(1, b"rm: cannot remove 'rock': Read-only file system\n")
    with pytest.raises(EnvironmentFailure, match=r"exit code 1\): rm: cannot remove 'rock': Read-only file system\. Check"):
        environment(engine).remove_files(["/mnt/extra-addons/rock"])
