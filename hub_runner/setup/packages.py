"""What has to be installed, from where, and with which commands: values only, nothing here touches the machine."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from hub_runner.errors import EnvironmentFailure
from hub_runner.plugin import SINCE
from hub_runner.setup.process import Command

# Debian 12's own engine is 20.10 and its Compose the old 1.29. Debian 13's need no more than libc 2.34.
BACKPORTED = ("docker.io", "docker-cli", "docker-compose", "docker-buildx")
NOBODY_ANSWERS = {"DEBIAN_FRONTEND": "noninteractive"}
BY_HAND = "Install Docker (https://docs.docker.com/engine/install/) with its Compose plugin, then run `nox -s setup` again."
PARTS = {"engine": "the engine (dockerd)", "client": "the docker client", "compose": f"Compose {SINCE} or later"}
UPDATE: Command = ("apt-get", "update")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Files to write, then commands to run, as root."""

    packages: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)  # path: content

    @property
    def commands(self) -> tuple[Command, Command]:
        return UPDATE, ("apt-get", "install", "-y", "--no-install-recommends", *self.packages)

    @property
    def script(self) -> str:
        """The same for a person to paste into a shell."""
        writes = [f"printf '%s\\n' {shlex.join(text.splitlines())} > {path}" for path, text in self.files.items()]
        return "\n".join([*writes, *map(shlex.join, self.commands)])


def plan(system: dict[str, str], parts: set[str], mirror: str | None) -> Plan:
    """How to install ``parts`` (engine, client, compose) on ``system`` (its os-release). Raises EnvironmentFailure."""
    name, version = system.get("ID", ""), _number(system.get("VERSION_ID", ""))
    if name == "ubuntu":
        return Plan(packages=_packages(parts, engine="docker.io", client="docker.io", compose="docker-compose-v2"))
    if name != "debian" or (version or 99) < 12:
        pretty = system.get("PRETTY_NAME", "this system")
        raise EnvironmentFailure(f"Missing: {words(parts)}. Setup cannot install on {pretty}. {BY_HAND}")
    packages = _packages(parts, engine="docker.io", client="docker-cli", compose="docker-compose")
    if version != 12:
        return Plan(packages=packages)
    if mirror is None:
        raise EnvironmentFailure(f"apt has no source of Debian's packages from which to install. {BY_HAND}")
    return Plan(packages=packages, files=backports(mirror))


def words(parts: set[str]) -> str:
    return ", ".join(text for part, text in PARTS.items() if part in parts)


def _packages(parts: set[str], *, engine: str, client: str, compose: str) -> tuple[str, ...]:
    """An engine brings its client and its rules for the network along; Compose and buildx are plugins of the client."""
    by_part = {"engine": (engine, client, "iptables"), "client": (client,), "compose": (compose, "docker-buildx")}
    return tuple(dict.fromkeys(name for part, names in by_part.items() if part in parts for name in names))


def _number(version: str) -> int | None:
    major = version.partition(".")[0]
    return int(major) if major.isdigit() else None


def backports(mirror: str) -> dict[str, str]:
    """A source of Debian 13 from which nothing but Docker is ever taken."""
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    return {
        "/etc/apt/sources.list.d/hub-runner-trixie.list": f"deb [signed-by={key}] {mirror} trixie main\n",
        "/etc/apt/preferences.d/hub-runner-trixie": (
            "Package: *\nPin: release n=trixie\nPin-Priority: -1\n\n"
            f"Package: {' '.join(BACKPORTED)}\nPin: release n=trixie\nPin-Priority: 990\n"
        ),
    }


# Without --no-release-info apt keeps quiet about what it has not downloaded yet, which on a fresh machine is everything.
MIRRORS: Command = (
    *("apt-get", "indextargets", "--no-release-info"),
    *("--format", "$(SITE) $(RELEASE)", "Created-By: Packages"),
)


def mirror(targets: str, system: dict[str, str]) -> str | None:
    """The mirror of the system's own release in the output of MIRRORS: never one that we made up."""
    names = {system.get("VERSION_CODENAME"), "stable", "oldstable", "testing", "unstable"}
    pairs = (line.split() for line in targets.splitlines() if system.get("ID") == "debian")
    return next((pair[0] for pair in pairs if len(pair) == 2 and pair[1] in names), None)
