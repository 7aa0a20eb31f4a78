"""Proxies of docker's client reach each container: its own host and its neighbours must be reached without them (E1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub_runner.engine import proxies

CLIENT = {"HTTP_PROXY": "http://proxy:3128"}


def config(folder: Path, **values: object) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    return {"DOCKER_CONFIG": str(folder)}


def test_the_default_proxies_of_the_client_are_read_in_capitals(tmp_path: Path) -> None:
    environ = config(
        tmp_path, proxies={"default": {"httpProxy": "http://p:1", "noProxy": "a", "other": "x", "ftpProxy": ""}}
    )
    assert proxies.of_client(environ) == {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a"}


def test_those_of_the_engine_that_is_used_come_first(tmp_path: Path) -> None:
    environ = config(tmp_path, proxies={"tcp://e:1": {"httpProxy": "http://e"}, "default": {"httpProxy": "http://d"}})
    assert proxies.of_client({**environ, "DOCKER_HOST": "tcp://e:1"}) == {"HTTP_PROXY": "http://e"}
    assert proxies.of_client(environ) == {"HTTP_PROXY": "http://d"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"proxies": []}', '{"proxies": {"default": null}}'])
def test_a_configuration_that_cannot_be_read_has_no_proxies(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    assert proxies.of_client({"DOCKER_CONFIG": str(tmp_path)}) == {}


def test_without_a_configuration_there_are_none(tmp_path: Path) -> None:
    assert proxies.of_client({"HOME": str(tmp_path)}) == {}
    assert proxies.of_client({}) == {}


def test_a_service_without_a_proxy_is_left_alone() -> None:
    assert proxies.bypassing({"A": "b"}, {}, ["db"]) == {}
    assert proxies.bypassing({"HTTP_PROXY": ""}, CLIENT, ["db"]) == {}, "the service's own variable comes first"


@pytest.mark.parametrize(
    ("environment", "client", "wanted"),
    [
        ({}, CLIENT, "localhost,127.0.0.1,::1,db,odoo"),
        ({"https_proxy": "http://p"}, {}, "localhost,127.0.0.1,::1,db,odoo"),
        ({}, {**CLIENT, "NO_PROXY": "intern, db"}, "intern,db,localhost,127.0.0.1,::1,odoo"),
        ({"no_proxy": "mine"}, {**CLIENT, "NO_PROXY": "intern"}, "mine,localhost,127.0.0.1,::1,db,odoo"),
    ],
)
def test_a_service_reaches_its_own_host_and_the_others_directly(
    environment: dict[str, str | None], client: dict[str, str], wanted: str
) -> None:
    assert proxies.bypassing(environment, client, ["db", "odoo"]) == {"NO_PROXY": wanted, "no_proxy": wanted}


def test_a_message_names_the_proxy_and_its_file_and_no_password(tmp_path: Path) -> None:
    environ = config(tmp_path, proxies={"default": {"httpProxy": "http://me:secret@proxy:1"}})
    words = proxies.in_words(["A=b", "http_proxy=http://me:secret@proxy:1"], environ)
    assert "HTTP_PROXY=http://...@proxy:1" in words
    assert str(tmp_path / "config.json") in words
    assert "secret" not in words
    assert proxies.in_words(["A=b", "HTTP_PROXY="], environ) == ""
