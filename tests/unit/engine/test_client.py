from __future__ import annotations

import docker.errors

from hub_runner.engine.client import complaint


def test_an_engine_that_refuses_is_quoted() -> None:
    error = docker.errors.APIError("500 Server Error", explanation="read-only file system.")
    assert complaint(error) == "The Docker engine refused: read-only file system."


def test_an_engine_that_is_gone_is_said_to_be() -> None:
    assert complaint(ConnectionResetError("reset by peer")) == "The Docker engine stopped answering: reset by peer."
