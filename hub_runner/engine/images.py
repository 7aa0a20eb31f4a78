"""The images of a run: which are used, the stand-ins for those that no registry gives, and pulling what is missing."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import docker
from docker.errors import APIError, ImageNotFound

from hub_runner.engine import compose
from hub_runner.engine.compose import Tail
from hub_runner.engine.explanation import DISK_FULL, missing_helper
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.settings import Settings

# Seconds. The engine gives up by itself on a registry that does not answer, with better words than ours, within 15 to 30.
FIRST_OUTPUT = 45.0
SPEAK_EVERY = 10.0
HERE = (b"Download complete", b"Pull complete", b"Already exists")  # what `docker pull` says of a layer that has come
NO_REFERENCE = "invalid reference"  # what the engine says of a text that cannot be the name of an image
# What to do next, by what is in the engine's or the registry's complaint.
ADVICE = (
    (("no space left", "disk quota"), f"The {DISK_FULL}"),
    (("toomanyrequests", "rate limit"), "Log in with `docker login`, or try again later."),
    (("denied", "unauthorized", "forbidden"), "There is no such image, or it wants a `docker login` first."),
    (("manifest unknown", "not found"), "There is no such image: look at odoo-image and db-image in the settings."),
    ((NO_REFERENCE,), "That is not the name of an image: look at odoo-image and db-image in the settings."),
)
NO_REGISTRY = (
    "No registry is reached from the engine. `nox -s setup` builds stand-ins for the default images where it may;"
    " `docker load` takes any image that was saved elsewhere."
)


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """An image of our own that takes the place of a default one if no registry is reached."""

    replaces: str
    reference: str
    contents: str
    folder: str  # of its Dockerfile, below machine/images


ODOO = StandIn(
    replaces=Settings.odoo_image,
    reference="hub-runner/odoo:19.0",
    contents="Odoo 19.0 from Debian's packages",
    folder="odoo",
)
DB = StandIn(
    replaces=Settings.db_image,
    reference="hub-runner/postgres:17",
    contents="PostgreSQL 17 from Debian's packages",
    folder="postgres",
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The images of a run. ``stand_in`` is a warning if they are not those that were asked for."""

    odoo: str
    db: str
    stand_in: str | None


def choose(settings: Settings, client: docker.DockerClient) -> Chosen:
    """What the settings ask for, or its stand-in if only that is here. An image that is neither is left to be pulled."""
    return pick(settings, lambda reference: present(client, reference))


def pick(settings: Settings, is_here: Callable[[str], bool]) -> Chosen:
    """As ``choose``, for whoever knows by other means which images are here."""
    used = [it for it in stand_ins(settings) if not is_here(it.replaces) and is_here(it.reference)]
    return Chosen(
        odoo=ODOO.reference if ODOO in used else settings.odoo_image,
        db=DB.reference if DB in used else settings.db_image,
        stand_in=warning(used) if used else None,
    )


def stand_ins(settings: Settings) -> list[StandIn]:
    """Those that may take the place of an image of the settings: of a default one only, and only if it is allowed."""
    wanted = {settings.odoo_image: ODOO, settings.db_image: DB}
    return [it for image, it in wanted.items() if settings.fallback_images and image == it.replaces]


def warning(used: list[StandIn]) -> str:
    """What was tested on in place of what, for all reports to say."""
    missing = " and ".join(it.replaces for it in used)
    instead = " and ".join(f"{it.reference} ({it.contents})" for it in used)
    return f"{missing} {'are' if len(used) > 1 else 'is'} not here and could not be pulled: tested on {instead}"


def present(client: docker.DockerClient, reference: str) -> bool:
    """Whether the engine has the image. Raises UsageError if that is not the name of one, or EnvironmentFailure."""
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    except APIError as error:
        message = refusal(reference, error.explanation or str(error))
        raise (UsageError(message) if NO_REFERENCE in message else EnvironmentFailure(message)) from error
    return True


def ensure(
    client: docker.DockerClient,
    reference: str,
    *,
    progress: Callable[[str], None],
    timeout: float,
    environ: Mapping[str, str] = os.environ,
    platform: str = "",
) -> None:
    """Pulls ``reference`` unless the engine has it; ``timeout`` is in seconds. Raises as ``present`` does.

    Of an image for several platforms the engine takes its own, unless ``platform`` names another one.
    """
    if present(client, reference):
        return
    pull, output, spoken = Pull(), Tail(4096), -SPEAK_EVERY

    def listen(chunk: bytes) -> None:
        nonlocal spoken
        pull.add(chunk)
        output.add(chunk)
        if time.monotonic() - spoken >= SPEAK_EVERY:
            progress(f"Pulling {reference}: {pull}")
            spoken = time.monotonic()

    with compose.started(compose.pull_command(reference, platform=platform), environ) as client_process:
        code = compose.follow(client_process, timeout, listen, first_output=FIRST_OUTPUT)
    if code == 0:
        return
    late = f"no end within {timeout:g} s" if output.text else f"no answer within {min(timeout, FIRST_OUTPUT):g} s"
    complaint = f"{late} (time limit)" if code is None else output.last_line
    helper = missing_helper(environ)  # without it, docker asks the registry without credentials
    raise EnvironmentFailure(refusal(reference, complaint) + (f" {helper}." if helper else ""))


@dataclass
class Pull:
    """How far ``docker pull`` has come, from the lines that it prints on each layer."""

    layers: dict[bytes, bool] = field(default_factory=dict)  # whether a layer has come
    _begun: bytes = b""  # of a line whose end has not come yet

    def add(self, chunk: bytes) -> None:
        *lines, self._begun = (self._begun + chunk).split(b"\n")
        for line in lines:
            if match := re.fullmatch(rb"([0-9a-f]{12}): (.+)", line.strip()):
                layer, state = match.groups()
                self.layers[layer] = self.layers.get(layer, False) or state in HERE

    def __str__(self) -> str:
        return f"{sum(self.layers.values())} of {len(self.layers)} layers are here" if self.layers else "asking the registry"


def refusal(reference: str, complaint: str) -> str:
    """What failed, what the registry or the engine said, and what to do next."""
    low = complaint.lower()
    advice = (text for marks, text in ADVICE if any(mark in low for mark in marks))
    return f"The image {reference} could not be pulled: {complaint.rstrip('.')}. {next(advice, NO_REGISTRY)}"
