from __future__ import annotations

import docker.errors
import pytest
import requests.exceptions

from hub_runner.engine import client
from hub_runner.engine.client import complaint
from hub_runner.errors import EnvironmentFailure


def test_an_engine_that_refuses_is_quoted() -> None:
    error = docker.errors.APIError("500 Server Error", explanation="read-only file system.")
    assert complaint(error) == "The Docker engine refused: read-only file system."


def test_an_engine_that_is_gone_is_said_to_be() -> None:
    assert complaint(ConnectionResetError("reset by peer")) == "The Docker engine stopped answering: reset by peer."


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (docker.errors.APIError("x", explanation="no space left on device"), "refused: no space left on device"),
        (requests.exceptions.ConnectionError("reset"), "stopped answering: reset"),
    ],
)
def test_an_engine_that_goes_away_is_no_defect_of_a_verb(error: Exception, words: str) -> None:
    with pytest.raises(EnvironmentFailure, match=words), client.explained():
        raise error
