"""Which images a run uses, and the stand-ins for those that no registry gives.

How a missing image gets here, and clear words where it is not to be had.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import docker
import urllib3
from docker.errors import APIError, DockerException, ImageNotFound

from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import Settings


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """An image of our own that takes the place of a default one where no registry is reached."""

    replaces: str
    reference: str
    contents: str
    folder: str  # of its Dockerfile, below setup/images


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
    """The images of a run; ``stand_in`` says loudly where they are not those that were asked for."""

    odoo: str
    db: str
    stand_in: str | None


def choose(settings: Settings, client: docker.DockerClient) -> Chosen:
    """What the settings ask for, or its stand-in where only that is here. What is neither is left to be pulled."""
    return pick(settings, lambda reference: present(client, reference))


def pick(settings: Settings, here: Callable[[str], bool]) -> Chosen:
    used = [s for s in stand_ins(settings) if not here(s.replaces) and here(s.reference)]
    return Chosen(
        odoo=ODOO.reference if ODOO in used else settings.odoo_image,
        db=DB.reference if DB in used else settings.db_image,
        stand_in=warning(used) if used else None,
    )


def stand_ins(settings: Settings) -> list[StandIn]:
    """Those that may take the place of an image of the settings: of a default one only, and only where it is allowed."""
    wanted = {settings.odoo_image: ODOO, settings.db_image: DB}
    return [s for image, s in wanted.items() if settings.fallback_images and image == s.replaces]


def warning(used: list[StandIn]) -> str:
    missing = " and ".join(s.replaces for s in used)
    instead = " and ".join(f"{s.reference} ({s.contents})" for s in used)
    return f"{missing} {'are' if len(used) > 1 else 'is'} not to be had here: tested on {instead}"


# The engine gives up by itself on a registry that does not answer, with better words than ours, within 15 to 30 s.
FIRST_WORD = 45.0
SPEAK_EVERY = 10.0


def present(client: docker.DockerClient, reference: str) -> bool:
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    except APIError as error:
        raise EnvironmentFailure(refusal(reference, error.explanation or str(error))) from error
    return True


def ensure(
    client: docker.DockerClient,
    reference: str,
    *,
    progress: Callable[[str], None],
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Pull ``reference`` unless the engine has it. ``timeout`` is in seconds. Raises EnvironmentFailure."""
    if present(client, reference):
        return
    pull, spoken = Pull(), -SPEAK_EVERY
    for event in _events(client, reference, timeout, clock):
        if "error" in event:
            raise EnvironmentFailure(refusal(reference, str(event["error"])))
        pull.take(event)
        if clock() - spoken >= SPEAK_EVERY:
            progress(f"Pulling {reference}: {pull}")
            spoken = clock()


@dataclass
class Pull:
    """How far a pull has come, from the engine's events on each layer."""

    layers: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, event: dict[str, Any]) -> None:
        detail = event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and detail.get("total"):
            self.layers[event["id"]] = (detail.get("current", 0), detail["total"])
        elif event.get("status") == "Download complete" and event["id"] in self.layers:
            total = self.layers[event["id"]][1]
            self.layers[event["id"]] = (total, total)

    def __str__(self) -> str:
        done, total = (sum(values) / 1e6 for values in zip(*self.layers.values(), strict=True)) if self.layers else (0, 0)
        return f"{done:.0f} of {total:.0f} MB"


def _events(
    client: docker.DockerClient, reference: str, timeout: float, clock: Callable[[], float]
) -> Iterator[dict[str, Any]]:
    """The events of a pull. It is read in a thread of its own: the SDK sets no time limit on it, and cannot."""
    words: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_read, args=(client, reference, words), name=f"pull {reference}", daemon=True).start()
    end, patience = clock() + timeout, min(timeout, FIRST_WORD)
    while True:
        try:
            event = words.get(timeout=max(0.0, patience))
        except queue.Empty:
            raise EnvironmentFailure(refusal(reference, f"no answer within {patience:.0f} s (time limit)")) from None
        if event is None:
            return
        yield event
        patience = end - clock()


def _read(client: docker.DockerClient, reference: str, words: queue.Queue[dict[str, Any] | None]) -> None:
    try:
        for event in client.api.pull(reference, stream=True, decode=True):
            words.put(event)
    except APIError as error:
        words.put({"error": error.explanation or str(error)})
    except (DockerException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        words.put({"error": f"the engine went away: {error}"})
    finally:
        words.put(None)


ADVICE = (
    (("no space left", "disk quota"), "The engine's disk is full: `docker system df` says with what."),
    (("toomanyrequests", "rate limit"), "Log in with `docker login`, or try again later."),
    (("denied", "unauthorized", "forbidden"), "There is no such image, or it wants a `docker login` first."),
    (("manifest unknown", "not found"), "There is no such image: look at odoo-image and db-image in the settings."),
    (("invalid reference",), "That is not the name of an image: look at odoo-image and db-image in the settings."),
)
NO_REGISTRY = (
    "No registry is reached from the engine. `nox -s setup` builds stand-ins for the default images where it may;"
    " `docker load` takes any image that was saved elsewhere."
)


def refusal(reference: str, words: str) -> str:
    """What failed, the registry's words, and what to do next."""
    low = words.lower()
    advice = (text for marks, text in ADVICE if any(mark in low for mark in marks))
    return f"The image {reference} is not to be had: {words.rstrip('.')}. {next(advice, NO_REGISTRY)}"
