"""Fetches what an image lacks, with this machine's pip and all of its configuration, before anything of Docker is touched.

So indexes, certificates, passwords and proxies work as they do for `pip` here, and none of them comes near an image. Only
wheels are taken as they are; of a source archive nothing is run here: it is read as text and built later, without a network.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.host import process
from hub_runner.requirements import archives
from hub_runner.requirements.archives import Source
from hub_runner.requirements.files import expanded
from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.pins import Pins
from hub_runner.requirements.recipe import Recipe
from hub_runner.requirements.wanted import SETTING, Package
from hub_runner.text import last, shorten, without_credentials

PROGRAM = Path(__file__).with_name("as_image.py")
NO_SOURCE = 1  # an exit code of as_image
MOST_SOURCES = 40  # source archives in one list of requirements: more are a circle of our own making
_NOT_FOUND = re.compile(r"^ERROR: No matching distribution found for (?P<requirement>.+)$", re.MULTILINE)
_CONFLICT = re.compile(r"ResolutionImpossible|conflicting dependencies")
# With -vv pip says which page it did not get and why. That an index does not know a name (404) is an answer.
_UNREACHED = re.compile(r"Could not fetch URL (?P<url>\S+): (?!404)(?P<why>[^\n]*)|ERROR: HTTP error (?!404)\d+[^\n]*")
_CAUSE = re.compile(r"The conflict is caused by:\n((?:    .*\n)+)")
_INDEXES = re.compile(r"^Looking in indexes: (?P<indexes>.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What was fetched into ``folder``: wheels, sources that must be built, and below ``build`` what they are built with.

    ``versions`` is by the names of all distributions that will be added; ``names`` are those that they make importable.
    """

    folder: Path
    versions: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    names: frozenset[str] = frozenset()


def fetch(packages: Sequence[Package], inventory: Inventory, recipe: Recipe, folder: Path, *, timeout: float) -> Fetched:
    """Resolves ``packages`` beside what the image has, and fetches what it lacks into ``folder``. ``timeout`` in seconds.

    Raises UsageError for a name or version that no index has and for a conflict, EnvironmentFailure if no index answers.
    """
    pip = _Pip(inventory, folder, recipe.options, timeout)
    pins = Pins.of(packages, inventory, pip.stubs)
    (folder / "requirements.txt").write_text("".join(f"{_line(it)}\n" for it in packages), encoding="utf-8")
    lists = ("--requirement", str(folder / "requirements.txt"), "--constraint", str(folder / "constraints.txt"))
    sources = dict[str, Source]()
    while said := _download(pip, (*pins.constraints, *recipe.constraints), lists):
        if _CONFLICT.search(said) and pins.loosen(said):
            continue
        match = _NOT_FOUND.search(said)
        if not match or len(sources) == MOST_SOURCES:
            raise _failure(said, inventory, packages)
        source = pip.source(match["requirement"])
        if source is None:
            raise _unreached(said) if _UNREACHED.search(said) else _unknown(match["requirement"], packages)
        if sources.get(source.name) == source:
            raise _failure(said, inventory, packages)
        sources[source.name] = source
        archives.stub(pip.stubs, source.name, source.version, source.requires)
    return _fetched(pip, folder, sources)


def _fetched(pip: _Pip, folder: Path, sources: Mapping[str, Source]) -> Fetched:
    versions, names, used = dict[str, str](), set[str](), list[Source]()
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        name, version, *_ = parse_wheel_filename(wheel.name)
        source = next((it for it in sources.values() if canonicalize_name(it.name) == name), None)
        if not archives.is_stub(wheel):
            versions[name] = str(version)
            names |= archives.top_level(wheel)
            continue
        wheel.unlink()
        if source:
            versions[name] = str(source.version)
            names |= {name.replace("-", "_"), source.name}
            used.append(source)
    for path in (folder / "sources").iterdir():
        if path not in {it.path for it in used}:
            path.unlink()
    build = sorted({requirement for source in used for requirement in source.build})
    if build and (said := pip.download("build", *build)):
        raise EnvironmentFailure(
            f"What {', '.join(it.path.name for it in used)} must be built with could not be fetched:\n{_last(said)}"
        )
    return Fetched(folder=folder, versions=versions, sources=tuple(used), names=frozenset(names))


def _download(pip: _Pip, constraints: Sequence[str], lists: Sequence[str]) -> str:
    (pip.folder / "constraints.txt").write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
    return pip.download("wheels", f"--find-links={pip.stubs}", *lists)


def _line(package: Package) -> str:
    """The marker was true for the image, or the package would not be missing."""
    return str(package.requirement).partition(";")[0].strip()


class _Pip:
    """pip of this machine, asked on behalf of the image."""

    def __init__(self, inventory: Inventory, folder: Path, options: Sequence[str], timeout: float) -> None:
        self.folder, self.timeout, self.stubs = folder, timeout, folder / "stubs"
        for name in ("stubs", "wheels", "sources", "build"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._environment = json.dumps(inventory.environment)
        python = inventory.environment["python_full_version"].partition("+")[0]
        minor = "".join(python.split(".")[:2])
        tags = ("--implementation=cp", *(f"--abi={it}" for it in (f"cp{minor}", "abi3", "none")))
        platforms = (f"--platform={tag}" for tag in inventory.platforms)
        self._options = (f"--python-version={python}", *tags, *platforms, *map(expanded, options))

    def download(self, target: str, *arguments: str) -> str:
        """Fetches wheels; empty if that worked, else what pip said."""
        command = (
            "download",
            "-vv",
            "--only-binary=:all:",
            f"--dest={self.folder / target}",
            *self._options,
            *arguments,
        )
        code, said = self._run(command)
        return said or f"pip ended with exit code {code}." if code else ""

    def source(self, requirement: str) -> Source | None:
        """The source archive of a requirement that has no wheel; None if no index that answers has one."""
        code, said = self._run(("source", str(self.folder / "sources"), *self._options, requirement))
        match = re.search(r"^source (\S+)$", said, re.MULTILINE)
        if code == 0 and match:
            return archives.read_source(self.folder / "sources" / match[1])
        if code == NO_SOURCE:
            return None
        raise EnvironmentFailure(f"The source of {without_credentials(requirement)} could not be fetched:\n{_last(said)}")

    def _run(self, command: Sequence[str]) -> tuple[int, str]:
        try:
            done = process.completed(
                (sys.executable, "-P", str(PROGRAM), self._environment, *command),
                environ=pip_environment(os.environ),
                timeout=self.timeout,
                merged=True,
            )
        except subprocess.TimeoutExpired as error:
            raise EnvironmentFailure(
                f"The package index did not give all packages within {self.timeout:g} s (pull-timeout). {_unreached('')}"
            ) from error
        from hub_runner.requirements.as_image import UNKNOWN_PIP  # loads pip, which few runs need

        said = done.stdout.decode(errors="replace")
        if done.returncode == UNKNOWN_PIP or "No module named 'pip" in said:
            raise EnvironmentFailure(
                f"hub-runner cannot fetch packages with the pip of this Python ({sys.executable}): install another version."
            )
        return done.returncode, said


def _failure(said: str, inventory: Inventory, packages: Sequence[Package]) -> Exception:
    """What pip's words mean."""
    if _UNREACHED.search(said):
        return _unreached(said)
    if _CONFLICT.search(said):
        match = _CAUSE.search(said)
        words = re.sub(
            rf"(?:\+|\.){archives.MARK}", " (in the image)", without_credentials(match[1].rstrip()) if match else _last(said)
        )
        wanted = "\n".join(f"    {without_credentials(it.requirement)}, wanted by {it.source}" for it in packages)
        return UsageError(
            f"These packages do not go together with what the image has:\n{wanted}\npip said:\n{words}\n"
            f"Name a version that does, or name in {SETTING} which package of the image is to be replaced."
        )
    return EnvironmentFailure(f"pip could not fetch the packages for Python {inventory.python}:\n{_last(said)}")


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for a pip that asks nobody, and that is content outside of a virtual environment."""
    ours = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {
        "PIP_RETRIES": "2",
        **{name: value for name, value in environ.items() if name != "PIP_REQUIRE_VIRTUALENV"},
        **ours,
    }


def unreached(said: str) -> EnvironmentFailure | None:
    """The failure if pip, asked with -vv, said that an index did not answer."""
    return _unreached(said) if _UNREACHED.search(said) else None


def _unreached(said: str) -> EnvironmentFailure:
    match = _INDEXES.search(said)
    indexes = match["indexes"] if match else os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple")
    seen = _UNREACHED.search(said)
    reason = f": {without_credentials(shorten(seen[0], 300))}" if seen else ""
    return EnvironmentFailure(
        f"The package index does not answer as it should ({without_credentials(indexes)}){reason}. hub-runner asks it "
        "with this machine's pip: look at `pip config list` and at the proxy in the environment, then try again."
    )


def _unknown(requirement: str, packages: Sequence[Package]) -> UsageError:
    name = canonicalize_name(re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0])
    source = next((it.source for it in packages if canonicalize_name(it.requirement.name) == name), "another package")
    return UsageError(
        f"No package index has {without_credentials(requirement)} for the Python of the image; {source} wants it. "
        "If that is the name of an import, say which distribution brings it: "
        f'{SETTING} = ["{name.replace("-", "_")}=DISTRIBUTION"]. '
        "hub-runner does not guess who owns a name."
    )


def _last(said: str) -> str:
    return "\n".join(f"    {line}" for line in last(without_credentials(said), 12))
