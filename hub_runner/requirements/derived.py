"""The derived image: an image of Odoo with what the tested modules need on top, built by BuildKit without a network.

Wheels lie in the build's context, which no layer keeps. What a source archive does while it is built happens in a stage that
is thrown away, without a network, a password or a file of this machine in reach.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from pathlib import Path

import pip
from packaging.specifiers import SpecifierSet

from hub_runner.engine import compose
from hub_runner.engine.compose import Tail
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure
from hub_runner.requirements.fetch import Fetched
from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.recipe import Recipe

LABEL = "hub-runner.derived"  # its value is all that is known of such an image, as JSON
CONTEXT = "/hub-runner-context"  # where a build sees its context, while a command runs
PIP = "python3 -m pip --isolated --disable-pip-version-check --no-cache-dir"


def build(
    environment: Environment, recipe: Recipe, base: str, fetched: Fetched, inventory: Inventory, *, timeout: float
) -> None:
    """Builds the image and gives it its name. ``timeout`` is in seconds. Raises EnvironmentFailure."""
    engine, own_pip = environment.engine, _brings_pip(inventory)
    if own_pip:
        shutil.copytree(
            Path(pip.__file__).parent, fetched.folder / "pip" / "pip", ignore=shutil.ignore_patterns("__pycache__")
        )
    image = engine.api.inspect_image(base)
    text = dockerfile(base, fetched, user=image["Config"].get("User") or "root", own_pip=own_pip)
    (fetched.folder / "Dockerfile").write_text(text, encoding="utf-8")
    about = {
        "base": {"reference": base, "digest": recipe.base, "size": image["Size"]},
        "packages": dict(fetched.versions),
        "names": sorted(fetched.names),
    }
    command = (
        *("docker", "build", "--network", "none", "--force-rm", "--progress", "plain", "--tag", recipe.reference),
        *("--label", f"{LABEL}={json.dumps(about, sort_keys=True)}", str(fetched.folder)),
    )
    said = Tail(8192)
    with compose.started(command, {**environment.environ, "DOCKER_BUILDKIT": "1"}) as client:
        code = compose.follow(client, timeout, said.add, environment.observers.output)
    if code != 0:
        raise EnvironmentFailure(_why(code, str(said), fetched, timeout))
    layers = image["RootFS"]["Layers"]
    if engine.api.inspect_image(recipe.reference)["RootFS"]["Layers"][: len(layers)] != layers:
        engine.api.remove_image(recipe.reference)
        raise EnvironmentFailure(f"The image {base} was replaced while packages were added to it. Try again.")


def dockerfile(base: str, fetched: Fetched, *, user: str, own_pip: bool) -> str:
    """How the image is built. Nothing is replaced or removed: what is added comes before the rest on Python's path."""
    path = f"PYTHONPATH={CONTEXT}/pip " if own_pip else ""
    added = " ".join(f"{name}=={version}" for name, version in sorted(fetched.versions.items()))
    lines = [f"FROM {base} AS base", "USER root"]
    mounts = f"--mount=type=bind,target={CONTEXT}"
    if fetched.sources:
        archives = " ".join(f"{CONTEXT}/sources/{it.path.name}" for it in fetched.sources)
        lines += [
            "FROM base AS built",
            f"RUN --network=none {mounts} {path}{PIP} wheel --no-index --find-links {CONTEXT}/build --no-deps"
            f" --wheel-dir /hub-runner-built {archives}",
            "FROM base",
        ]
    from_built = " --mount=type=bind,from=built,source=/hub-runner-built,target=/hub-runner-built" if fetched.sources else ""
    find = f"--find-links {CONTEXT}/wheels" + (" --find-links /hub-runner-built" if fetched.sources else "")
    lines += [
        f"RUN --network=none {mounts}{from_built} {path}{PIP} install --no-index {find} --no-deps --ignore-installed"
        f" --break-system-packages --root-user-action=ignore {added}",
        f"USER {user}",
    ]
    return "\n".join(lines) + "\n"


def _brings_pip(inventory: Inventory) -> bool:
    """Whether our own pip installs, which many an image lacks; an image with an old Python needs one of its own."""
    supported = importlib.metadata.metadata("pip")["Requires-Python"] or ""
    if SpecifierSet(supported).contains(inventory.environment["python_full_version"].partition("+")[0]):
        return True
    if "pip" in inventory.distributions:
        return False
    raise EnvironmentFailure(
        f"The image has Python {inventory.python} and no pip, and the pip of this machine is too new for it ({supported})."
    )


def _why(code: int | None, said: str, fetched: Fetched, timeout: float) -> str:
    lines = "\n".join(f"    {line}" for line in said.splitlines()[-15:])
    if "buildx" in said and ("missing" in said or "broken" in said):
        return f"BuildKit adds packages to images, and docker has no buildx plugin: install docker-buildx. It said:\n{lines}"
    names = ", ".join(fetched.versions)
    if code is None:
        return f"Adding {names} to the image took longer than {timeout:g} s (pull-timeout). The last lines:\n{lines}"
    hint = ""
    if fetched.sources:
        built = ", ".join(it.name for it in fetched.sources)
        hint = f" {built} had to be built from source: a compiler or header that is missing there is a system package."
    return f"{names} could not be added to the image.{hint} The last lines:\n{lines}"
