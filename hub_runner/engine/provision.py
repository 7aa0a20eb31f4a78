"""What an environment is made of: images that are here, and the repository's model as one run may own it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub_runner.engine import images, proxies
from hub_runner.engine.client import Engine
from hub_runner.engine.compose_overrides import Overrides, own, used_images
from hub_runner.engine.composefile import addons_target
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import ODOO, Model
from hub_runner.observers import Observers
from hub_runner.result import Image
from hub_runner.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Provision:
    """An environment that can be started, and what the log's header says of it."""

    environment: Environment
    images: dict[str, Image]  # by service; not those that compose builds
    stand_in: str | None  # a warning if the images are not those that were asked for


def provision(
    model: Model,
    settings: Settings,
    engine: Engine,
    *,
    run_id: str,
    labels: Mapping[str, str],
    environ: Mapping[str, str],
    observers: Observers,
    crons: bool = False,
) -> Provision:
    """Chooses the images, pulls what is missing and labels everything. Raises EnvironmentFailure.

    ``crons`` says whether Odoo's server runs scheduled actions: those of a database under test would change it.
    """
    chosen = images.choose(settings, engine.client)
    instead = {settings.odoo_image: chosen.odoo, settings.db_image: chosen.db}
    used = used_images(model, instead)
    for name, image in used.items():
        images.ensure(
            engine.client,
            image,
            environ=environ,
            progress=observers.note,
            timeout=settings.pull_timeout,
            platform=model["services"][name].get("platform", ""),
        )
    overrides = Overrides(
        run_id=run_id,
        labels=labels,
        addons=settings.addons_folders,
        target=addons_target(model, settings.addons_folders),
        images=instead,
        image_volumes={image: engine.image_volumes(image) for image in set(used.values())},
        image_commands={used[ODOO]: engine.image_command(used[ODOO])} if ODOO in used else {},
        proxies=proxies.of_client(environ),
        internet=settings.internet,
        crons=crons,
    )
    owned = own(model, overrides)
    builds = any(service.get("build") for service in owned["services"].values())
    environment = Environment(
        run_id=run_id,
        engine=engine,
        model=owned,
        environ=environ,
        observers=observers,
        patience=settings.health_timeout + (settings.pull_timeout if builds else 0),
    )
    return Provision(
        environment=environment,
        images={name: Image(reference=it, digest=engine.digest(it)) for name, it in used.items()},
        # A stand-in that the repository's compose file does not use was not tested on.
        stand_in=chosen.stand_in if {chosen.odoo, chosen.db} & set(used.values()) else None,
    )
