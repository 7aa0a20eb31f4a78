"""What a registry has, asked in its own language (the distribution API of OCI): tags, and the labels of their images.

Images are pulled and pushed by the engine, with docker's own credentials: here they are only looked at.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import docker.auth
import docker.errors
import requests
from requests.auth import HTTPBasicAuth

from hub_runner.engine.client import Engine
from hub_runner.errors import EnvironmentFailure

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
HUB = "docker.io"
MANIFESTS = ("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json")
LONGEST = 4 * 2**20  # bytes of an answer: a registry must not fill our memory
CERTIFICATES = Path("/etc/docker/certs.d")  # where docker's client looks for a registry's own authority


class Registry:
    """One repository of a registry, such as registry.example.org/hub-cache. Every method may raise EnvironmentFailure.

    ``seconds`` is the time for all answers together.
    """

    def __init__(self, name: str, engine: Engine, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.host, _, self.path = name.partition("/")
        self._end, self._seconds, self._clock = clock() + seconds, seconds, clock
        self._session = requests.Session()
        loopback = _is_loopback(self.host.partition(":")[0])
        self._session.trust_env = not loopback  # requests takes a proxy for 127.0.0.1, too
        self._plain = loopback or not _is_secure(self.host, engine)
        authority = CERTIFICATES / self.host / "ca.crt"
        self._session.verify = False if self._plain else str(authority) if authority.is_file() else True
        self._base = ""

    def tags(self, prefix: str) -> list[str]:
        """Those that begin so; none if the registry does not know the repository yet."""
        found: list[str] = []
        path = f"/v2/{self.path}/tags/list?n=1000"
        while path:
            response, body = self._ask(path)
            if response.status_code == 404:
                return found
            tags = _json(body).get("tags")
            found += (
                [tag for tag in tags if isinstance(tag, str) and tag.startswith(prefix)] if isinstance(tags, list) else []
            )
            following = response.links.get("next", {}).get("url", "")
            path = following if following.startswith("/v2/") else ""
        return found

    def label(self, tag: str, label: str) -> str:
        """The value of an image's label; empty if it has none, or if the tag leads to no image."""
        response, body = self._ask(f"/v2/{self.path}/manifests/{tag}", accept=", ".join(MANIFESTS))
        config = _json(body).get("config")
        digest = str(config.get("digest")) if isinstance(config, dict) else ""
        if response.status_code != 200 or not DIGEST.fullmatch(digest):
            return ""
        response, body = self._ask(f"/v2/{self.path}/blobs/{digest}")
        settings = _json(body).get("config") if response.status_code == 200 else None
        labels = settings.get("Labels") if isinstance(settings, dict) else None
        value = labels.get(label) if isinstance(labels, dict) else None
        return value if isinstance(value, str) else ""

    def _ask(self, path: str, accept: str = "application/json") -> tuple[requests.Response, bytes]:
        try:
            if not self._base:
                self._base = self._answering_base()
            response, body = self._get(self._base + path, accept)
            if response.status_code == 401:
                self._log_in(response.headers.get("WWW-Authenticate", ""))
                response, body = self._get(self._base + path, accept)
        except requests.RequestException as error:
            raise EnvironmentFailure(f"{self.host} does not answer ({_short(error)})") from error
        if response.status_code in (401, 403):
            raise EnvironmentFailure(f"{self.host} does not let this user in: `docker login {self.host}` may help")
        if response.status_code not in (200, 404):
            raise EnvironmentFailure(f"{self.host} answers with {response.status_code} {response.reason}")
        return response, body

    def _answering_base(self) -> str:
        """As docker has it: a registry that needs no certificate may speak TLS all the same."""
        host = "registry-1.docker.io" if self.host == HUB else self.host
        if self._plain:
            with contextlib.suppress(requests.exceptions.SSLError, requests.exceptions.ConnectionError):
                self._get(f"https://{host}/v2/", "application/json")
                return f"https://{host}"
        return f"{'http' if self._plain else 'https'}://{host}"

    def _get(self, url: str, accept: str, **more: dict[str, str] | HTTPBasicAuth | None) -> tuple[requests.Response, bytes]:
        with self._session.get(url, headers={"Accept": accept}, stream=True, timeout=self._left(), **more) as response:  # type: ignore[arg-type]  # stubs know each argument by itself
            body = bytearray()
            for piece in response.iter_content(2**16):
                body += piece
                self._left()
                if len(body) > LONGEST:
                    raise EnvironmentFailure(f"{self.host} answers with more than {LONGEST} bytes")
        return response, bytes(body)

    def _left(self) -> float:
        """Seconds. Raises EnvironmentFailure if the time is over."""
        if (left := self._end - self._clock()) <= 0:
            raise EnvironmentFailure(f"{self.host} did not come to an end within {self._seconds:g} s")
        return left

    def _log_in(self, challenge: str) -> None:
        """With the credentials of `docker login`, if there are any."""
        known = HTTPBasicAuth(*credentials) if (credentials := _credentials(self.host)) else None
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = fields.pop("realm", "")
        if challenge.lower().startswith("bearer ") and realm.startswith("https://" if not self._plain else "http"):
            scope = {"service": fields.get("service", ""), "scope": f"repository:{self.path}:pull"}
            _, body = self._get(realm, "application/json", params=scope, auth=known)
            answer = _json(body)
            self._session.headers["Authorization"] = f"Bearer {answer.get('token') or answer.get('access_token')}"
        else:
            self._session.auth = known


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _is_secure(host: str, engine: Engine) -> bool:
    """Whether the engine wants TLS and a certificate of this registry (``insecure-registries`` of its daemon.json)."""
    known: Mapping[str, Mapping[str, object]] = (engine.api.info().get("RegistryConfig") or {}).get("IndexConfigs") or {}
    return bool(known.get(host, {}).get("Secure", True))


def _credentials(host: str) -> tuple[str, str] | None:
    with contextlib.suppress(docker.errors.DockerException, OSError, ValueError):
        found = docker.auth.load_config().resolve_authconfig(host) or {}
        name, password = found.get("username") or found.get("Username"), found.get("password") or found.get("Password")
        if name and password:
            return str(name), str(password)
    return None


def _json(body: bytes) -> dict[str, object]:
    """Empty for anything that is no JSON object."""
    with contextlib.suppress(ValueError, RecursionError):
        answer = json.loads(body)
        if isinstance(answer, dict):
            return answer
    return {}


def _short(error: BaseException) -> str:
    """The innermost cause, without the objects' addresses that requests tells on the way."""
    causes = list(_causes(error))
    return re.sub(r"^\w+\(.*?\): |<[^>]*>[:,]? ?", "", str(causes[-1])).strip() or type(causes[-1]).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = inner if isinstance(inner, BaseException) else None
