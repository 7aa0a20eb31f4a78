"""What compose, the engine or a container's log say of a failure, told so that its first cause comes first."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping

from hub_runner.engine import proxies

DISK_FULL = "engine's disk is full: `docker system df` says with what."
# What compose or the engine say, and what it means for whoever reads it. Groups of the pattern can be used in the sentence.
MEANINGS = (
    (
        r"bind source path does not exist: (?P<path>\S+)",
        "the engine has no {path}, which the compose file mounts. Make it, or use a named volume: a run makes no folder on "
        "the host, for it would stay. The engine looks on its own host: if this runner is itself in a container, or the "
        "engine is remote, no file of the checkout is there.",
    ),
    (
        r"wanted (?P<wanted>\S+), actual: (?P<actual>\S+)",
        "{platform} asks for {wanted}, and the image here is for {actual}.",
    ),
    (
        r"predefined address pools have been fully subnetted|non-overlapping IPv4 address pool",
        "the engine has no address range left for another network. Remove networks that nobody needs (`docker network ls`), "
        "or give it more in `default-address-pools` of its daemon.json.",
    ),
    (
        r"no available IPv4 addresses on this network's address pools",
        "the engine gives a network fewer addresses than the compose file has services: lower `size` of "
        "`default-address-pools` in its daemon.json (24 gives 253).",
    ),
    (r"[Nn]o space left on device", f"the {DISK_FULL}"),
    (
        r"No chain/target/match by that name|iptables failed",
        "the engine's firewall rules are gone, as after a flush of iptables: restart the engine, which makes them again.",
    ),
    (
        r"No such image: (?P<image>\S+)",
        "the image {image} was removed after this run had found it, as `docker image prune` does it. Try again.",
    ),
    (
        r"network (?P<network>\S+) (?:not found|was found but has incorrect label)",
        "the network {network} was removed while the run started, as `docker network prune` does it. Try again.",
    ),
    (
        r"[Nn]o such container: (?P<container>[^\s\"]+)",
        "the container {container} was removed while the run started, as `docker container prune` does it. Try again.",
    ),
    (
        r"(?P<volume>[^\s:]+): no such volume",
        "the volume {volume} was removed while the run started, as `docker volume prune` does it. Try again.",
    ),
    (
        r"Cannot connect to the Docker daemon|error during connect|unexpected EOF",
        "the engine went away while the run started.",
    ),
    (r"error getting credentials", "{credentials}"),
)
# Lines that healthchecks and Odoo's first look at an empty server cause in good runs, too.
NOISE = re.compile(
    r'(?:FATAL|ERROR):\s+(?:database "[^"]*" does not exist|the database system is (?:starting up|shutting down)'
    r'|relation "[^"]*" does not exist)|\b(?:DETAIL|STATEMENT|HINT):'
)
CAUSE = re.compile(r"\b(?:FATAL|CRITICAL|PANIC|ERROR)\b|^\S*(?:Error|Exception): ")


def why_not_started(output: str, environ: Mapping[str, str]) -> str | None:
    """The cause of a failure as a sentence, if what compose said is one of ``MEANINGS``."""
    for pattern, meaning in MEANINGS:
        if match := re.search(pattern, output):
            platform = (
                "DOCKER_DEFAULT_PLATFORM" if environ.get("DOCKER_DEFAULT_PLATFORM") else "`platform` in the compose file"
            )
            more = {"platform": platform, "credentials": missing_helper(environ) or "docker's client has no credentials"}
            return meaning.format(**more, **match.groupdict())
    return None


def last_error(output: str) -> str:
    """The last line of compose's output that looks like an error, or its very last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["compose said nothing"]
    return ([line for line in lines if re.search(r"rror|failed|nvalid|denied|cannot|not found", line)] or lines)[-1]


def missing_helper(environ: Mapping[str, str]) -> str:
    """A sentence on a credential helper that docker's configuration names and PATH does not have; empty if all are there."""
    config = proxies.read_config(environ)
    stores = config.get("credHelpers")
    names = [config.get("credsStore"), *(stores.values() if isinstance(stores, dict) else ())]
    for name in names:
        if isinstance(name, str) and name and not shutil.which(f"docker-credential-{name}", path=environ.get("PATH")):
            return (
                f"{proxies.client_config(environ)} names the credential helper docker-credential-{name}, which is not on "
                "PATH: install it, or take credsStore and credHelpers out of that file"
            )
    return ""


def without_noise(log: str) -> str:
    """The lines of a log that may have to do with a failure."""
    return "\n".join(line for line in log.splitlines() if not NOISE.search(line))


def telling_line(log: str) -> str:
    """The last line that names an error; empty if there is none."""
    lines = [line.strip() for line in without_noise(log).splitlines() if CAUSE.search(line)]
    return lines[-1] if lines else ""
