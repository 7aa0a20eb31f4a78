"""Modules of Odoo that are packages of Python, as OCA publishes them: fetched by this machine's pip, unpacked, kept."""

from __future__ import annotations

import email.parser
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from hub_runner.checkout.modules import MANIFEST
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.host import process
from hub_runner.host.folders import cache_folder
from hub_runner.requirements.fetch import pip_environment, unreached
from hub_runner.requirements.files import expanded
from hub_runner.text import last, without_credentials

ROOM = "modules"  # in the user's cache folder


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A module out of a package. ``requires`` are the packages that it needs, not those of Odoo itself."""

    distribution: str
    version: str
    folder: Path
    requires: tuple[Requirement, ...]


def fetched(requirement: Requirement, module: str, series: str, *, options: Sequence[str], timeout: float) -> Fetched:
    """The module of a package. ``series`` limits a requirement that names no version. ``timeout`` is in seconds.

    Raises UsageError if no index has it or it holds no such module, EnvironmentFailure if no index answers.
    """
    if not requirement.specifier and not requirement.url and series:
        requirement = Requirement(str(requirement))
        requirement.specifier = SpecifierSet(f"=={series}.*")
    key = hashlib.sha256("\0".join((str(requirement), *options)).encode()).hexdigest()[:32]
    folder = cache_folder() / ROOM / key
    if not folder.is_dir():
        _keep(_download(requirement, options, timeout), folder)
    return _read(folder, module)


def _download(requirement: Requirement, options: Sequence[str], timeout: float) -> Path:
    """The wheel, in a temporary folder that is the caller's to remove."""
    target = Path(tempfile.mkdtemp(prefix="hub-runner-"))
    command = ("download", "-vv", "--no-deps", "--only-binary=:all:", "--ignore-requires-python", f"--dest={target}")
    shown = without_credentials(requirement)
    try:
        done = process.completed(
            (sys.executable, "-P", "-m", "pip", *command, *map(expanded, (*options, str(requirement)))),
            environ=pip_environment(os.environ),
            timeout=timeout,
            merged=True,
        )
    except subprocess.TimeoutExpired as error:
        shutil.rmtree(target, ignore_errors=True)
        raise EnvironmentFailure(f"{shown} could not be fetched within {timeout:g} s (pull-timeout).") from error
    wheels = list(target.glob("*.whl"))
    if done.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    shutil.rmtree(target, ignore_errors=True)
    output = done.stdout.decode(errors="replace")
    if failure := unreached(output):
        raise failure
    if re.search(r"^ERROR: No matching distribution found", output, re.MULTILINE):
        raise UsageError(f"No package index has {shown}. Correct the requirement, or name the module's repository.")
    lines = "\n".join(f"    {line}" for line in last(without_credentials(output), 8))
    raise EnvironmentFailure(f"{shown} could not be fetched. pip said:\n{lines}")


def _keep(wheel: Path, folder: Path) -> None:
    """Unpacks the wheel under its final name in one step, so that no half of it is ever used."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unpacked = Path(tempfile.mkdtemp(dir=folder.parent))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)  # zipfile keeps every name inside of the folder
        try:
            unpacked.rename(folder)
        except OSError:  # another run was quicker
            shutil.rmtree(unpacked, ignore_errors=True)
    except OSError as error:
        raise EnvironmentFailure(f"{wheel.name} could not be kept in {folder.parent}: {error.strerror}.") from error
    finally:
        shutil.rmtree(wheel.parent, ignore_errors=True)


def _read(folder: Path, module: str) -> Fetched:
    found = folder / "odoo" / "addons" / module
    text = next((path.read_text(encoding="utf-8") for path in folder.glob("*.dist-info/METADATA")), "")
    metadata = email.parser.HeaderParser().parsestr(text)
    if not (found / MANIFEST).is_file():
        raise UsageError(
            f"The package {metadata['Name'] or folder.name} has no module {PurePosixPath('odoo/addons', module)}."
        )
    requires = tuple(Requirement(text) for text in metadata.get_all("Requires-Dist") or ())
    return Fetched(distribution=metadata["Name"], version=metadata["Version"], folder=found, requires=requires)
