from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import requests.exceptions
from docker.context import ContextAPI

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


@pytest.mark.parametrize("with_config", [True, False])
def test_a_context_is_found_where_docker_keeps_it_with_and_without_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_config: bool
) -> None:
    """`docker context create` writes no config.json, and the SDK looked for contexts in the current folder then."""
    meta = tmp_path / "config" / "contexts" / "meta" / hashlib.sha256(b"builder-1").hexdigest()
    meta.mkdir(parents=True)
    host = {"Host": "ssh://builder-1", "SkipTLSVerify": False}
    (meta / "meta.json").write_text(json.dumps({"Name": "builder-1", "Metadata": {}, "Endpoints": {"docker": host}}))
    if with_config:
        (tmp_path / "config" / "config.json").write_text("{}")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    client._refuse_unknown_context({"DOCKER_CONTEXT": "builder-1"})
    assert ContextAPI.kwargs_from_context(name="builder-1")["base_url"] == "ssh://builder-1"
    with pytest.raises(EnvironmentFailure, match="There is no docker context 'builder-2'"):
        client._refuse_unknown_context({"DOCKER_CONTEXT": "builder-2"})


def test_a_context_of_the_configuration_that_is_gone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would take the default engine, and docker's command line none."""
    (tmp_path / "config.json").write_text('{"currentContext": "builder-2"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for variable in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(variable, raising=False)
    assert client.context_name() == "builder-2"
    with pytest.raises(EnvironmentFailure, match=r"context 'builder-2' \(currentContext in docker's config.json\)"):
        client.connect()


@pytest.mark.parametrize("address", ["npipe://x", "tcp://127.0.0.1:99999"])
def test_an_address_that_the_sdk_cannot_use_is_no_defect(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(EnvironmentFailure, match=f"address \\(DOCKER_HOST={address}\\).*Correct the address"):
        client.connect()


@pytest.mark.parametrize("config", ["[]", '{"proxies": 3}'])
def test_a_configuration_of_docker_that_the_sdk_cannot_use_is_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    (tmp_path / "config.json").write_text(config)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match=r"config\.json has a value that cannot be used"):
        client.connect()


def test_contexts_of_a_user_without_any_configuration_lie_in_their_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert client._folder_of_contexts() == str(tmp_path / ".docker" / "contexts")


@pytest.mark.parametrize(
    ("told", "identity"),
    [("5f4c9d3e-1b2a-4c6d", "5f4c9d3e-1b2a-4c6d"), ("ABCD:EFGH:IJKL", "ABCDEFGHIJKL"), ("../../x", "x")],
)
def test_the_identity_of_an_engine_can_be_part_of_a_file_name(told: str, identity: str) -> None:
    class Api:
        def info(self) -> dict[str, str]:
            return {"ID": told}

    class Client:
        api = Api()

    found: Any = Client()
    assert client.Engine(found).identity() == identity
