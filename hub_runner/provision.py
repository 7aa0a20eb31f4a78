"""What an environment is made of: the repository's model as this run may own it, and images that are here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub_runner import images, model
from hub_runner.engine import Engine
from hub_runner.environment import Environment
from hub_runner.observer import Observers
from hub_runner.owner import Owner
from hub_runner.plan import Plan
from hub_runner.result import Image

Learn = Callable[..., None]  # is told what has become known for the log's header, by name


def provision(plan: Plan, me: Owner, engine: Engine, *, folder: Path, observers: Observers, learn: Learn) -> Environment:
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
        images.ensure(engine.client, image, progress=observers.note, timeout=settings.pull_timeout)
    learn(
        engine=engine.version(),
        compose=plan.compose,
        images={name: Image(reference=it, digest=engine.digest(it)) for name, it in used.items()},
        stand_in=_said(chosen, set(used.values())),
    )
    builds = len(used) < len(owned["services"])
    return Environment(
        project=me.run,
        engine=engine,
        model=owned,
        folder=folder,
        environ=plan.environ,
        observers=observers,
        patience=settings.health_timeout + (settings.pull_timeout if builds else 0),
    )


def _said(chosen: images.Chosen, used: set[str]) -> str | None:
    """A stand-in that the repository's compose file does not use was not tested on."""
    return chosen.stand_in if used & {chosen.odoo, chosen.db} else None
