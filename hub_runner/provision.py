"""What an environment is made of: the repository's model as this run may own it, and images that are here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub_runner import images, model
from hub_runner.engine import Engine
from hub_runner.model import Model
from hub_runner.owner import Owner
from hub_runner.plan import Plan
from hub_runner.result import Image


@dataclass(frozen=True, kw_only=True)
class Provision:
    """All that compose needs. ``stand_in`` says loudly where an image is not the one that was asked for."""

    model: Model
    images: dict[str, Image]  # by service
    stand_in: str | None
    built: bool  # compose builds some of the images, which takes its time


def provision(plan: Plan, me: Owner, engine: Engine, *, progress: Callable[[str], None]) -> Provision:
    """Chooses the images, pulls what is missing and labels everything. Raises EnvironmentFailure."""
    settings = plan.settings
    chosen = images.choose(settings, engine.client)
    owned = model.own(
        plan.model,
        project=me.run,
        labels=me.labels,
        addons=settings.addons_folders,
        images={settings.odoo_image: chosen.odoo, settings.db_image: chosen.db},
    )
    used = {name: it["image"] for name, it in owned["services"].items() if not it.get("build")}
    for image in used.values():
        images.ensure(engine.client, image, progress=progress, timeout=settings.pull_timeout)
    digests = {name: Image(reference=it, digest=engine.digest(it)) for name, it in used.items()}
    return Provision(
        model=owned, images=digests, stand_in=_said(chosen, set(used.values())), built=len(used) < len(owned["services"])
    )


def _said(chosen: images.Chosen, used: set[str]) -> str | None:
    """A stand-in that the repository's compose file does not use was not tested on."""
    return chosen.stand_in if used & {chosen.odoo, chosen.db} else None
