"""Builds the stand-in images for machines that reach no registry, from the packages of the machine's own Debian mirror."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound
from docker.models.images import Image

from hub_runner.engine.images import ODOO, StandIn
from hub_runner.errors import EnvironmentFailure
from hub_runner.machine import packages
from hub_runner.machine.commands import Command, Progress, run

IMAGES = Path(__file__).parent / "images"
BASE = "hub-runner/debian:trixie"
LABEL = "hub-runner.recipe"
EXPECT = {"odoo": "2 to 5 minutes", "postgres": "half a minute", "base": "20 to 40 seconds"}


def is_current(client: docker.DockerClient, reference: str, recipe: str) -> bool:
    """Whether the image is here and was made from the recipe as it stands now."""
    image = find(client, reference)
    return image is not None and image.labels.get(LABEL) == recipe


def find(client: docker.DockerClient, reference: str) -> Image | None:
    try:
        return client.images.get(reference)
    except ImageNotFound:
        return None


def forget(client: docker.DockerClient, replaced: Sequence[Image]) -> None:
    """Removes images that lost their name to newer ones. One that a run still uses stays until somebody prunes."""
    for image in replaced:
        with contextlib.suppress(APIError):
            client.images.remove(str(image.id))


def recipe(folder: Path) -> str:
    """A digest of all that an image is built from, its base included."""
    digest = hashlib.sha256(" ".join(base_command("MIRROR", Path("base.tar"))).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def base_command(mirror: str, archive: Path) -> Command:
    """Makes a small Debian: without manuals, and without waiting for the disk, for a build that dies is begun anew."""
    lean = ("force-unsafe-io", "path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/man/*")
    options = (*(f"--dpkgopt={option}" for option in lean), '--aptopt=Acquire::Languages "none"')
    if mirror.startswith("https:"):
        options = (*options, "--include=ca-certificates")
    return ("mmdebstrap", "--variant=minbase", *options, "trixie", str(archive), mirror)


def import_command(archive: Path, recipe: str) -> Command:
    return ("docker", "import", "--change", f"LABEL {LABEL}={recipe}", str(archive), BASE)


def build_command(stand_in: StandIn, mirror: str) -> Command:
    """The host's network and proxies: it is known that packages can be had there."""
    folder = IMAGES / stand_in.folder
    arguments = (f"BASE={BASE}", f"MIRROR={mirror}", "http_proxy", "https_proxy", "no_proxy")
    return (
        *("docker", "build", "--network", "host", "--force-rm"),
        *(word for argument in arguments for word in ("--build-arg", argument)),
        *("--label", f"{LABEL}={recipe(folder)}", "--tag", stand_in.reference, str(folder)),
    )


def outdated(client: docker.DockerClient, stand_ins: Sequence[StandIn]) -> list[StandIn]:
    return [s for s in stand_ins if not is_current(client, s.reference, recipe(IMAGES / s.folder))]


def build(client: docker.DockerClient, stand_ins: Sequence[StandIn], progress: Progress) -> None:
    """Builds them beside each other. An image gets its name only once it is complete. Raises EnvironmentFailure."""
    mirror = packages.system_mirror(packages.os_release())
    if mirror is None:
        names = " and ".join(s.reference for s in stand_ins)
        raise EnvironmentFailure(
            f"Stand-ins ({names}) are built from Debian's packages, and apt knows no Debian mirror on this machine. "
            "Bring the images from one that reaches a registry: `docker save` there, `docker load` here."
        )
    build_base(client, mirror, progress)
    replaced = [image for s in stand_ins if (image := find(client, s.reference))]
    expect = EXPECT["odoo" if ODOO in stand_ins else "postgres"]
    progress.step(f"Building {' and '.join(f'{s.reference} ({s.contents})' for s in stand_ins)}. Expect {expect}.")
    run([build_command(s, mirror) for s in stand_ins], on_line=progress.live, environ={"BUILDKIT_PROGRESS": "plain"})
    progress.say(f"Built in {progress.elapsed:.0f} s.")
    forget(client, replaced)


def build_base(client: docker.DockerClient, mirror: str, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix="hub-runner-") as folder:
        archive = Path(folder) / "base.tar"
        wanted = recipe(Path(folder))
        if is_current(client, BASE, wanted):
            return
        install_mmdebstrap(progress)
        progress.step(f"Building {BASE}, on which the others stand. Expect {EXPECT['base']}.")
        run([base_command(mirror, archive)], on_line=progress.live)
        run([import_command(archive, wanted)], on_line=progress.live)


def install_mmdebstrap(progress: Progress) -> None:
    if shutil.which("mmdebstrap") is None:
        plan = packages.Plan(packages=("mmdebstrap",))
        packages.need_root("Stand-in images need mmdebstrap, which is not installed.", plan.script)
        packages.apt(plan, progress)
