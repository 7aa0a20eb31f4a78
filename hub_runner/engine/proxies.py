"""Proxies that docker's client hands to each container, and what must be reached without one.

Compose reads ``proxies`` of the client's config.json, and puts them into the environment of all containers. Odoo's tests and
healthchecks ask their own host and each other, which no proxy outside of the run can reach.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

NAMES = {"httpProxy": "HTTP_PROXY", "httpsProxy": "HTTPS_PROXY", "ftpProxy": "FTP_PROXY", "allProxy": "ALL_PROXY"}
NO_PROXY = "NO_PROXY"
_KNOWN = {*NAMES.values(), NO_PROXY}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEFAULT_SOCKET = "unix:///var/run/docker.sock"

Environment = Mapping[str, str | None]


def client_config(environ: Mapping[str, str]) -> Path:
    """The configuration file of docker's client."""
    folder = environ.get("DOCKER_CONFIG")
    return Path(folder, "config.json") if folder else Path(environ.get("HOME") or "/", ".docker", "config.json")


def read_config(environ: Mapping[str, str]) -> dict[str, object]:
    """What that file says; nothing if there is none or it cannot be read."""
    try:
        config = json.loads(client_config(environ).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def of_client(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that compose will give to each container, in capitals; none if no proxy is configured."""
    proxies = read_config(environ).get("proxies")
    engines = proxies if isinstance(proxies, dict) else {}
    chosen = engines.get(environ.get("DOCKER_HOST") or DEFAULT_SOCKET) or engines.get("default") or {}
    names = {**NAMES, "noProxy": NO_PROXY}
    return {names[key]: str(value) for key, value in chosen.items() if key in names and value}


def bypassing(environment: Environment, client: Mapping[str, str], services: Iterable[str]) -> dict[str, str]:
    """The variables by which a service reaches its own host and ``services`` directly; none if it has no proxy at all.

    ``environment`` is the service's own, which comes before the ``client``'s.
    """
    present = {**client, **{key.upper(): value for key, value in environment.items() if key.upper() in _KNOWN}}
    if not any(present.get(name) for name in NAMES.values()):
        return {}
    words = dict.fromkeys([*filter(None, re.split(r"[,\s]+", present.get(NO_PROXY) or "")), *LOOPBACK, *services])
    return {NO_PROXY: ",".join(words), NO_PROXY.lower(): ",".join(words)}


def without_any(environment: Environment, client: Mapping[str, str]) -> dict[str, str]:
    """The variables by which a service has no proxy; none if it has none anyway."""
    names = {*client, *(key.upper() for key in environment)} & set(NAMES.values())
    return {spelled: "" for name in sorted(names) for spelled in (name, name.lower())}


def in_words(variables: Iterable[str], environ: Mapping[str, str]) -> str:
    """A sentence for messages about a service that does not answer, if one of its environment's variables is a proxy.

    ``variables`` are such as ``HTTP_PROXY=http://user:password@host``; no password is repeated.
    """
    pairs = (variable.partition("=") for variable in variables)
    seen = {name.upper(): value for name, _, value in pairs if name.upper() in NAMES.values() and value}
    if not seen:
        return ""
    shown = ", ".join(f"{name}={re.sub(r'//[^/@]*@', '//...@', value)}" for name, value in sorted(seen.items()))
    source = f" (from {client_config(environ)})" if of_client(environ) else ""
    return f"A proxy is set in the container{source}: {shown}. A healthcheck must reach its own host without it."
