"""Pulls from a real registry of the test's own: the engine trusts 127.0.0.1 without a certificate."""

import contextlib
import gzip
import hashlib
import io
import json
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import docker
import pytest
from docker.errors import ImageNotFound

from hub_runner.engine.client import connect
from hub_runner.engine.images import ensure, present
from hub_runner.errors import EnvironmentFailure, UsageError

pytestmark = pytest.mark.integration


@dataclass
class Registry:
    """What a registry is asked for (``/v2/...``) and what it answers: status, content type, body."""

    port: int = 0
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    silent: threading.Event = field(default_factory=threading.Event)  # set: it answers nothing until the test ends
    over: threading.Event = field(default_factory=threading.Event)

    def image(self, name: str, tag: str) -> str:
        """Offers an image with one small file."""
        layer, plain = _layer()
        config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [plain]}})
        kinds = "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.container.image.v1+json"
        blobs = {
            "config": (kinds[1], config.encode()),
            "layer": ("application/vnd.docker.image.rootfs.diff.tar.gzip", layer),
        }
        sums = {key: {"mediaType": kind, "size": len(data), "digest": _digest(data)} for key, (kind, data) in blobs.items()}
        manifest = {"schemaVersion": 2, "mediaType": kinds[0], "config": sums["config"], "layers": [sums["layer"]]}
        body = json.dumps(manifest).encode()
        for key in (tag, _digest(body)):
            self.answers[f"/v2/{name}/manifests/{key}"] = (200, kinds[0], body)
        for _, data in blobs.values():
            self.answers[f"/v2/{name}/blobs/{_digest(data)}"] = (200, "application/octet-stream", data)
        return self.reference(name, tag)

    def reference(self, name: str, tag: str) -> str:
        return f"127.0.0.1:{self.port}/{name}:{tag}"


def _layer() -> tuple[bytes, str]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        content = str(time.time_ns()).encode()  # nothing of it may be in the engine already
        member = tarfile.TarInfo("file")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue()), _digest(buffer.getvalue())


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture
def registry() -> Iterator[Registry]:
    it = Registry(answers={"/v2/": (200, "application/json", b"{}")})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if it.silent.is_set():
                it.over.wait()
                return
            unknown = json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}).encode()
            status, kind, body = it.answers.get(self.path, (404, "application/json", unknown))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        it.port = server.server_address[1]
        threading.Thread(target=server.serve_forever).start()
        yield it
        it.over.set()
        server.shutdown()


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    with contextlib.closing(connect().client) as it:
        yield it


def test_a_missing_image_is_pulled_with_words_about_it_and_a_present_one_without(
    registry: Registry, client: docker.DockerClient
) -> None:
    reference, said = registry.image("h/tiny", "1"), list[str]()
    try:
        ensure(client, reference, progress=said.append, timeout=600)
        assert present(client, reference)
        assert said
        assert said[0].startswith(f"Pulling {reference}: ")
        registry.silent.set()
        ensure(client, reference, progress=pytest.fail, timeout=600)
    finally:
        with contextlib.suppress(ImageNotFound):
            client.images.remove(reference)


def refused(client: docker.DockerClient, reference: str, *, timeout: float = 600) -> str:
    with pytest.raises(EnvironmentFailure) as caught:
        ensure(client, reference, progress=lambda _: None, timeout=timeout)
    assert caught.value.return_code == 4
    assert reference in str(caught.value)
    return str(caught.value)


def test_an_image_that_the_registry_does_not_have_is_said_not_to_be_there(
    registry: Registry, client: docker.DockerClient
) -> None:
    assert "There is no such image" in refused(client, registry.reference("h/tiny", "none"))


def test_an_image_that_the_registry_denies_asks_for_a_login(registry: Registry, client: docker.DockerClient) -> None:
    words = json.dumps({"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}).encode()
    registry.answers["/v2/h/tiny/manifests/1"] = (403, "application/json", words)
    assert "docker login" in refused(client, registry.reference("h/tiny", "1"))


def test_a_registry_that_never_answers_is_given_up_at_the_time_limit(
    registry: Registry, client: docker.DockerClient
) -> None:
    """The engine alone would go on for longer."""
    registry.silent.set()
    assert "no answer within 1 s" in refused(client, registry.reference("h/tiny", "1"), timeout=1)


def test_a_registry_that_is_not_reached_is_given_up_before_the_time_limit(client: docker.DockerClient) -> None:
    said = refused(client, "registry.invalid/odoo:18.0", timeout=600)
    assert "No registry is reached from the engine" in said
    assert "nox -s setup" in said


def test_an_image_name_that_is_none_is_a_wrong_setting(client: docker.DockerClient) -> None:
    with pytest.raises(UsageError, match=r"Not/An/Image:x .* not the name of an image"):
        ensure(client, "Not/An/Image:x", progress=lambda _: None, timeout=600)
