"""The Dockerfile of a derived image.

Packages of the system come by apt from the image's own sources; that command alone has a network. Wheels lie in the build's
context, which no layer keeps. What a source archive does while it is built happens in a stage that is thrown away, without a
network, a password or a file of this machine in reach.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from hub_runner.requirements.fetch import Fetched
from hub_runner.requirements.recipe import Recipe

BUILT = "/hub-runner-built"  # where wheels lie that were built from source
CONTEXT = "/hub-runner-context"  # where a build sees its context, while a command runs
PIP = "python3 -m pip --isolated --disable-pip-version-check --no-cache-dir"
AS_ROOT = " --break-system-packages --root-user-action=ignore"  # a pip that is older knows neither, and asks for neither
AS_ROOT_SINCE = Version("23.0.1")


def dockerfile(base: str, recipe: Recipe, fetched: Fetched, *, user: str, image_pip: Version | None) -> str:
    """How the image is built. Nothing is replaced or removed: what is added comes before the rest on Python's path.

    ``image_pip`` is the version of the image's pip if that installs; None if ours does, which lies in the build's context.
    """
    lines = [f"FROM {base} AS base", "USER root", *_system(recipe)]
    if fetched.versions:
        lines += _python(fetched, image_pip)
    return "\n".join((*lines, f"USER {user}")) + "\n"


def _system(recipe: Recipe) -> Iterator[str]:
    """From the sources of the image itself. A name that is an address is downloaded first."""
    files = {name: f"/tmp/{number}.deb" for number, name in enumerate(recipe.system) if "://" in name}  # noqa: S108  # in a build
    names = " ".join(files.get(name, name) for name in sorted(recipe.system))
    if names:
        downloads = "".join(f" && curl --fail --silent --show-error --location --output {files[it]} {it}" for it in files)
        remove = f" && rm -rf {' '.join(files.values())} /var/lib/apt/lists/* /var/cache/apt/*"
        install = "DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends"
        yield f"RUN apt-get update{downloads} && {install} {names}{remove}"


def _python(fetched: Fetched, image_pip: Version | None) -> Iterator[str]:
    path = "" if image_pip else f"PYTHONPATH={CONTEXT}/pip "
    as_root = "" if image_pip and image_pip < AS_ROOT_SINCE else AS_ROOT
    added = " ".join(f"{name}=={version}" for name, version in sorted(fetched.versions.items()))
    mounts, find = f"--mount=type=bind,target={CONTEXT}", f"--find-links {CONTEXT}/wheels"
    if fetched.sources:
        archives = " ".join(f"{CONTEXT}/sources/{source.path.name}" for source in fetched.sources)
        yield "FROM base AS built"
        yield (
            f"RUN --network=none {mounts} {path}{PIP} wheel --no-index --find-links {CONTEXT}/build --no-deps"
            f" --wheel-dir {BUILT} {archives}"
        )
        yield "FROM base"
        mounts += f" --mount=type=bind,from=built,source={BUILT},target={BUILT}"
        find += f" --find-links {BUILT}"
    yield (
        f"RUN --network=none {mounts} {path}{PIP} install --no-index {find} --no-deps --ignore-installed{as_root} {added}"
    )
