"""Makes a fresh machine able to run: an engine that answers, Compose, and the images of the settings."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO

import docker

from hub_runner import images
from hub_runner.errors import EnvironmentFailure
from hub_runner.images import StandIn
from hub_runner.pull import NO_REGISTRY
from hub_runner.settings import Settings
from hub_runner.setup import daemon, standins
from hub_runner.setup.progress import Progress
from hub_runner.signals import held


def setup(settings: Settings, *, out: TextIO = sys.stdout) -> None:
    """Installs, starts, pulls and builds what is missing, and says so before. Raises EnvironmentFailure, Interrupted."""
    with held() as signals, signals.raising():  # nothing that was started outlives an interruption
        _setup(settings, Progress(out))


def _setup(settings: Settings, progress: Progress) -> None:
    with contextlib.closing(daemon.ready(progress).client) as client:
        get_images(settings, client, progress)
        chosen = images.choose(settings, client)
    state = "nothing to do" if progress.quiet else "ready"
    loud = f" !! {chosen.stand_in}." if chosen.stand_in else ""
    progress.say(f"{state}: engine, Compose, {chosen.odoo} and {chosen.db} are here.{loud}")


def get_images(settings: Settings, client: docker.DockerClient, progress: Progress) -> None:
    allowed = {s.replaces: s for s in images.stand_ins(settings)}
    needed = [
        stand_in
        for reference in dict.fromkeys((settings.odoo_image, settings.db_image))
        if (stand_in := pull(reference, allowed.get(reference), settings, client, progress))
    ]
    if needed:
        standins.build(client, needed, progress)


def pull(
    reference: str, stand_in: StandIn | None, settings: Settings, client: docker.DockerClient, progress: Progress
) -> StandIn | None:
    """Gets ``reference``; where it is not to be had, the stand-in that must be built for it. Raises EnvironmentFailure."""
    if images.present(client, reference) or (stand_in and not standins.outdated(client, [stand_in])):
        return None
    progress.step(f"Going to pull {reference}.")
    try:
        images.ensure(client, reference, progress=progress.live, timeout=settings.pull_timeout)
    except EnvironmentFailure as error:
        if stand_in is None:
            raise
        words = str(error).partition(NO_REGISTRY)[0].strip()
        progress.say(f"{words}\nGoing to build a stand-in instead: {stand_in.reference}, {stand_in.contents}.")
        return stand_in
    return None
