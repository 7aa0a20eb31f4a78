"""The derived image: an image of Odoo with what the tested modules need on top, built by BuildKit."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
from pathlib import Path

import pip
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from hub_runner.engine import compose
from hub_runner.engine.compose import Tail
from hub_runner.engine.environment import Environment
from hub_runner.errors import EnvironmentFailure, HubRunnerError, UsageError
from hub_runner.requirements import system
from hub_runner.requirements.dockerfile import dockerfile
from hub_runner.requirements.fetch import Fetched
from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.recipe import Recipe

LABEL = "hub-runner.derived"  # its value is all that is known of such an image, as JSON
# Arguments of a build that BuildKit keeps out of layers.
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_UNKNOWN = re.compile(r"E: Unable to locate package (\S+)|E: Version '.*' for '(?:.*)' was not found")
_UNREACHED = re.compile(r"(?:E: Failed to fetch|Err:\d+|curl: \(\d+\)) [^\n]*")


def build(
    environment: Environment, recipe: Recipe, base: str, fetched: Fetched, inventory: Inventory, *, timeout: float
) -> None:
    """Builds the image and gives it its name. ``timeout`` is in seconds. Raises EnvironmentFailure or UsageError."""
    engine, image_pip = environment.engine, _image_pip(inventory) if fetched.versions else None
    if fetched.versions and not image_pip:
        shutil.copytree(
            Path(pip.__file__).parent, fetched.folder / "pip" / "pip", ignore=shutil.ignore_patterns("__pycache__")
        )
    image = engine.api.inspect_image(base)
    text = dockerfile(base, recipe, fetched, user=image["Config"].get("User") or "root", image_pip=image_pip)
    (fetched.folder / "Dockerfile").write_text(text, encoding="utf-8")
    about = {
        "base": {"reference": base, "digest": recipe.base, "size": image["Size"]},
        "packages": dict(fetched.versions),
        "names": sorted(fetched.names),
        "system": sorted(recipe.system),
        "only_for": recipe.only_for,
    }
    command = (
        # The host's network and proxies are for apt alone: each other command says that it has none.
        *("docker", "build", "--network", "host", "--force-rm", "--progress", "plain", "--tag", recipe.reference),
        *(word for name in PROXIES if name in environment.environ for word in ("--build-arg", name)),
        *("--label", f"{LABEL}={json.dumps(about, sort_keys=True)}", str(fetched.folder)),
    )
    output = Tail(16384)
    with compose.started(command, {**environment.environ, "DOCKER_BUILDKIT": "1"}) as client:
        code = compose.follow(client, timeout, output.add, environment.observers.output)
    if code != 0:
        raise failure(code, str(output), recipe, fetched, timeout)
    layers = image["RootFS"]["Layers"]
    if engine.api.inspect_image(recipe.reference)["RootFS"]["Layers"][: len(layers)] != layers:
        engine.api.remove_image(recipe.reference)
        raise EnvironmentFailure(f"The image {base} was replaced while packages were added to it. Try again.")


def _image_pip(inventory: Inventory) -> Version | None:
    """The version of the image's own pip, if its Python is too old for ours; None: ours installs. Many an image has none."""
    supported = importlib.metadata.metadata("pip")["Requires-Python"] or ""
    if SpecifierSet(supported).contains(inventory.environment["python_full_version"].partition("+")[0]):
        return None
    if (installed := inventory.distributions.get("pip")) and installed.version:
        return installed.version
    raise EnvironmentFailure(
        f"The image has Python {inventory.python} and no pip, and the pip of this machine is too new for it ({supported})."
    )


def failure(code: int | None, said: str, recipe: Recipe, fetched: Fetched, timeout: float) -> HubRunnerError:
    """What to say of a build that ended with ``code``, or not within ``timeout`` seconds (None)."""
    lines = "\n".join(f"    {line}" for line in _telling(said))
    names = ", ".join((*fetched.versions, *recipe.system))
    if "buildx" in said and ("missing" in said or "broken" in said):
        return EnvironmentFailure(
            f"BuildKit adds packages to images, and docker has no buildx plugin: install docker-buildx. It said:\n{lines}"
        )
    if code is None:
        return EnvironmentFailure(
            f"Adding {names} to the image took longer than {timeout:g} s (pull-timeout). The last lines:\n{lines}"
        )
    if unknown := _UNKNOWN.findall(said):
        return UsageError(
            f"The package sources of the image have no {' and no '.join(dict.fromkeys(unknown))}. Correct the name in the "
            f"manifest or in {system.SETTING}: it is that of a package of the image's own system."
        )
    if match := _UNREACHED.search(said):
        return EnvironmentFailure(f"The package source does not answer: {match[0]}. Packages of the system come from there.")
    hint = ""
    if fetched.sources:
        built = ", ".join(source.name for source in fetched.sources)
        hint = f" {built} had to be built from source: a compiler or header that is missing there is a system package."
    return EnvironmentFailure(f"{names} could not be added to the image.{hint} The last lines:\n{lines}")


def _telling(said: str) -> list[str]:
    """What the command that failed printed last, without what BuildKit repeats of it."""
    printed = [match[1] for match in re.finditer(r"^#\d+ \d+\.\d+ (.*)$", said, re.MULTILINE) if match[1].strip()]
    return (printed or said.splitlines())[-15:]
