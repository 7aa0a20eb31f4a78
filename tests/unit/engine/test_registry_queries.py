"""Asking a registry in its own language, on a small server that answers as registries do, or does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub_runner.engine import registry_queries
from hub_runner.engine.registry_queries import Registry
from hub_runner.errors import EnvironmentFailure

DIGEST = f"sha256:{'a' * 64}"
ENGINE: Any = SimpleNamespace(api=SimpleNamespace(info=dict))
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """What it answers by path, and what it was asked: path and Authorization."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    wanted: str = ""  # the Authorization without which nothing but a token is given

    def ask(self, seconds: float = 5) -> Registry:
        return Registry(f"127.0.0.1:{self.port}/hub-cache", ENGINE, seconds=seconds)

    def says(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        self.answers[path] = (status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    it = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            it.asked.append((self.path, given))
            status, headers, body = it.answers.get(self.path, (404, {}, b"{}"))
            if it.wanted not in ("", given) and not self.path.startswith("/token"):
                realm = f'Bearer realm="http://127.0.0.1:{it.port}/token",service="x",scope="ignored"'
                status, headers, body = 401, {"WWW-Authenticate": realm}, b"{}"
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        it.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield it
        http.shutdown()
        thread.join()


def test_tags_come_page_by_page_and_only_those_that_begin_as_asked(server: Server) -> None:
    following = "/v2/hub-cache/tags/list?last=b&n=2"
    server.says(
        "/v2/hub-cache/tags/list?n=1000", {"tags": ["fam-a", 12, None, "other-b"]}, Link=f'<{following}>; rel="next"'
    )
    server.says(following, {"tags": ["fam-c"]})
    assert server.ask().tags("fam-") == ["fam-a", "fam-c"]


def test_a_repository_that_nobody_has_pushed_to_is_empty(server: Server) -> None:
    assert server.ask().tags("") == []


def test_a_label_is_read_from_the_images_configuration(server: Server) -> None:
    server.says("/v2/hub-cache/manifests/t", {"config": {"digest": DIGEST}})
    server.says(f"/v2/hub-cache/blobs/{DIGEST}", {"config": {"Labels": {"hub-runner.cache": "{}"}}})
    assert server.ask().label("t", "hub-runner.cache") == "{}"
    assert server.ask().label("t", "another") == ""
    assert server.ask().label("missing", "hub-runner.cache") == ""


@pytest.mark.parametrize(
    "manifest",
    [{"config": {"digest": "../../../secret"}}, {"config": "x"}, {"manifests": []}, b"no JSON", b"[" * 100_000],
    ids=["odd digest", "odd config", "an index", "no JSON", "nested"],
)
def test_an_odd_manifest_has_no_labels_and_leads_nowhere(server: Server, manifest: object) -> None:
    server.says("/v2/hub-cache/manifests/t", manifest)
    assert server.ask().label("t", "hub-runner.cache") == ""
    assert not any("secret" in path for path, _ in server.asked)


def test_a_token_is_fetched_with_the_credentials_of_docker_login(server: Server, tmp_path: Path) -> None:
    host = f"127.0.0.1:{server.port}"
    (tmp_path / "config.json").write_text(json.dumps({"auths": {host: {"auth": "bWU6c2VjcmV0"}}}))  # me:secret
    server.wanted = "Bearer given"
    server.says("/v2/hub-cache/tags/list?n=1000", {"tags": ["a"]})
    server.says("/token?service=x&scope=repository%3Ahub-cache%3Apull", {"token": "given"})
    assert server.ask().tags("") == ["a"]
    assert [given for path, given in server.asked if path.startswith("/token")] == ["Basic bWU6c2VjcmV0"]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda it: it.says("/v2/hub-cache/tags/list?n=1000", {}, 403), "does not let this user in"),
        (lambda it: it.says("/v2/hub-cache/tags/list?n=1000", {}, 500), "answers with 500"),
        (lambda it: setattr(it, "wanted", "Bearer never"), "does not let this user in"),
        (lambda it: it.says("/v2/hub-cache/tags/list?n=1000", b"x" * 5_000_000), "more than"),
    ],
    ids=["closed", "broken", "no token", "endless"],
)
def test_a_registry_in_trouble_is_named_with_the_reason(
    server: Server, prepare: Callable[[Server], None], words: str
) -> None:
    prepare(server)
    with pytest.raises(EnvironmentFailure, match=f"127.0.0.1:{server.port} {words}|{words}"):
        server.ask().tags("")


def test_a_registry_that_is_away_is_named_without_the_innards_of_python() -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        Registry("127.0.0.1:1/hub-cache", ENGINE, seconds=5).tags("")
    assert "Connection refused" in str(caught.value)
    assert "0x" not in str(caught.value)
    assert "HTTPConnection" not in str(caught.value)


def test_all_answers_together_have_one_time_limit(server: Server) -> None:
    server.says("/v2/hub-cache/tags/list?n=1000", {"tags": []})
    now = [0.0]
    asked = Registry(f"127.0.0.1:{server.port}/hub-cache", ENGINE, seconds=9, clock=lambda: now[0])
    asked.tags("")
    now[0] = 10
    with pytest.raises(EnvironmentFailure, match="did not come to an end within 9 s"):
        asked.tags("")


def test_a_certificate_is_wanted_unless_the_engine_wants_none() -> None:
    insecure: Any = SimpleNamespace(
        api=SimpleNamespace(info=lambda: {"RegistryConfig": {"IndexConfigs": {"lab.example.org:5000": {"Secure": False}}}})
    )
    assert registry_queries._is_secure("lab.example.org:5000", ENGINE)
    assert not registry_queries._is_secure("lab.example.org:5000", insecure)
    assert registry_queries._is_secure("registry.example.org", insecure)
