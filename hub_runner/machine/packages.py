"""What has to be installed for setup, and its installation through apt as root, never with sudo.

If this user is not root, the failure says what root would have to run.
"""

from __future__ import annotations

import os
import platform
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from hub_runner.engine.compose import SINCE
from hub_runner.errors import EnvironmentFailure
from hub_runner.machine.commands import Command, Progress, output, run

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
        raise EnvironmentFailure(f"Missing: {listed_parts(parts)}. Setup cannot install on {pretty}. {BY_HAND}")
    packages = _packages(parts, engine="docker.io", client="docker-cli", compose="docker-compose")
    if version != 12:
        return Plan(packages=packages)
    if mirror is None:
        raise EnvironmentFailure(f"apt has no source of Debian's packages from which to install. {BY_HAND}")
    return Plan(packages=packages, files=backports(mirror))


def listed_parts(parts: set[str]) -> str:
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


def install(parts: set[str], progress: Progress) -> None:
    """Installs ``parts`` (see ``plan``) with apt. Raises EnvironmentFailure, which says what root would have to run."""
    problem = f"Docker is not complete here; missing: {listed_parts(parts)}."
    if platform.system() != "Linux":
        raise EnvironmentFailure(f"{problem} {BY_HAND}")
    system = os_release()
    needed = plan(system, parts, system_mirror(system))
    need_root(problem, needed.script)
    apt(needed, progress)


def apt(plan: Plan, progress: Progress) -> None:
    """Says what is going to be installed, then does it. Needs root."""
    progress.say(f"Going to install with apt: {' '.join(plan.packages)}, and what they depend on.")
    for path, text in plan.files.items():
        progress.say(f"Going to write {path}.")
        Path(path).write_text(text, encoding="utf-8")
    update, install = plan.commands
    try:
        step(update, progress)
    except EnvironmentFailure as error:  # often a foreign source, which we do not need: the installation will tell
        progress.say(f"{error}\nGoing on all the same.")
    step(install, progress)


def step(command: Command, progress: Progress) -> None:
    progress.step(f"$ {' '.join(command)}")
    run([command], on_line=progress.live, environ=NOBODY_ANSWERS)


def need_root(problem: str, script: str) -> None:
    """Raises EnvironmentFailure, with ``script`` to be run as root, if this user is not root."""
    if os.geteuid() != 0:
        commands = "\n".join(f"    {line}" for line in script.splitlines())
        raise EnvironmentFailure(
            f"{problem} This user may not mend that. As root, run:\n{commands}\nthen `nox -s setup` again."
        )


def os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def system_mirror(system: dict[str, str]) -> str | None:
    return mirror(output(MIRRORS) or "", system)
