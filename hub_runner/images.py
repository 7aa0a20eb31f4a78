"""Which images a run uses, and the stand-ins for those that no registry gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import docker

from hub_runner.pull import ensure as ensure
from hub_runner.pull import present as present
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
