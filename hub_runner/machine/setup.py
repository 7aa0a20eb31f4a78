"""Makes a fresh machine able to run: finds, starts or installs an engine and Compose, gets the images of the settings."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import docker
import tenacity

from hub_runner.engine import compose, images
from hub_runner.engine.client import Engine, Failures, complaint, connect, context_name
from hub_runner.engine.images import NO_REGISTRY, StandIn
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.signals import held
from hub_runner.machine import standins
from hub_runner.machine.commands import Command, Progress, output, run
from hub_runner.machine.packages import install, listed_parts, need_root
from hub_runner.settings import Settings

LOG = Path("/var/log/dockerd.log")
# A user's PATH on Debian has no sbin.
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
SYSTEMD: Command = ("systemctl", "start", "docker")
START_TIMEOUT = 60.0  # seconds


def setup(settings: Settings, *, out: TextIO = sys.stdout) -> None:
    """Installs, starts, pulls and builds what is missing, and says so before. Raises EnvironmentFailure, Interrupted."""
    progress = Progress(out)
    try:
        with contextlib.closing(progress), held() as signals:  # nothing that was started outlives an interruption
            signals.interruptible(lambda: _setup(settings, progress))
    except Failures as error:
        raise EnvironmentFailure(f"{complaint(error)} Run `nox -s setup` again: it goes on from here.") from error


def _setup(settings: Settings, progress: Progress) -> None:
    with contextlib.closing(ready(progress).client) as client:
        get_images(settings, client, progress)
        chosen = images.choose(settings, client)
    state = "nothing to do" if progress.quiet else "ready"
    loud = f" !! {chosen.stand_in}." if chosen.stand_in else ""
    progress.say(f"{state}: engine, Compose, {chosen.odoo} and {chosen.db} are here.{loud}")


def get_images(settings: Settings, client: docker.DockerClient, progress: Progress) -> None:
    """Pulls the images of the settings, or builds their stand-ins. Raises EnvironmentFailure."""
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
    """Gets ``reference``; if it could not be pulled, the stand-in that must be built for it. Raises EnvironmentFailure."""
    if images.present(client, reference) or (stand_in and not standins.outdated(client, [stand_in])):
        return None
    progress.step(f"Going to pull {reference}.")
    try:
        images.ensure(client, reference, progress=progress.live, timeout=settings.pull_timeout)
    except EnvironmentFailure as error:
        if stand_in is None:
            raise
        reason = str(error).partition(NO_REGISTRY)[0].strip()
        progress.say(f"{reason}\nGoing to build a stand-in instead: {stand_in.reference}, {stand_in.contents}.")
        return stand_in
    return None


def ready(progress: Progress) -> Engine:
    """An engine that answers, with a client and a Compose that are recent enough. Raises EnvironmentFailure."""
    answers = is_answering()
    if parts := missing(need_engine=not answers and is_ours()):
        install(parts, progress)
        if still := missing(need_engine=False):
            raise EnvironmentFailure(f"Installed, still missing: {listed_parts(still)}. Something older hides it on PATH.")
        answers = is_answering()
    if not answers and is_ours():
        start(progress)
    return connect()


def is_answering() -> bool:
    """Also if its only answer is that this user may not: then it is there, and needs no start."""
    try:
        connect().client.close()
    except EnvironmentFailure as error:
        return "Permission" in str(error.__cause__)
    return True


def is_ours() -> bool:
    """Whether the engine that ``docker`` talks to is one that this machine itself runs on its default socket."""
    return platform.system() == "Linux" and not os.environ.get("DOCKER_HOST") and context_name() == "default"


def missing(*, need_engine: bool) -> set[str]:
    """What of engine, client and compose is not here."""
    found = {
        "engine": not need_engine or shutil.which("dockerd", path=SEARCH) is not None,
        "client": shutil.which("docker") is not None,
        "compose": has_compose(),
    }
    return {part for part, there in found.items() if not there}


def has_compose() -> bool:
    try:
        compose.version(os.environ)
    except EnvironmentFailure:
        return False
    return True


def start(progress: Progress, *, timeout: float = START_TIMEOUT) -> None:
    """Starts the installed engine and waits until it answers. Raises EnvironmentFailure."""
    by_hand = not Path("/run/systemd/system").is_dir()
    shown = f"dockerd >> {LOG} 2>&1 &" if by_hand else " ".join(SYSTEMD)
    need_root("The Docker engine is installed but does not run.", shown)
    progress.step(f"Starting the Docker engine: {shown}")
    process = detached(("dockerd",), LOG) if by_hand else None
    try:
        if process is None:
            run([SYSTEMD], on_line=progress.live)
        wait(process, timeout)
    except EnvironmentFailure as error:
        why = f"ended with exit {process.returncode}" if process and process.returncode else f"no answer in {timeout:.0f} s"
        raise EnvironmentFailure(f"The Docker engine did not start ({why}). {tail(by_hand)}") from error


def detached(command: Command, log: Path) -> subprocess.Popen[bytes]:
    """In a session of its own, so that it outlives this command and hears nothing of its terminal."""
    with log.open("ab") as file:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PATH": SEARCH},
        )


def wait(process: subprocess.Popen[bytes] | None, timeout: float) -> None:
    """Until the engine answers; not a moment longer once its process has ended."""
    ended = tenacity.retry_if_exception(lambda _: process is None or process.poll() is None)
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(EnvironmentFailure) & ended,
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(0.2),
        reraise=True,
    )
    retrying(connect).client.close()


def tail(by_hand: bool) -> str:
    """The end of the engine's own log: it alone knows why it did not start."""
    if by_hand:
        name, lines = str(LOG), "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
    else:
        name, journal = "journalctl -u docker", ("journalctl", "-u", "docker", "-n", "15", "--no-pager", "-o", "cat")
        lines = output(journal) or ""
    return f"The end of its log ({name}):\n{lines}"
