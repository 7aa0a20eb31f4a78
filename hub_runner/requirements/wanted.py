"""What a module's tests ask for beyond Odoo, read from the checkout alone: manifests, requirements files and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from hub_runner.checkout.closure import Closure
from hub_runner.checkout.modules import MANIFEST, REQUIREMENTS, Module
from hub_runner.errors import UsageError
from hub_runner.requirements import files, names
from hub_runner.requirements.names import distribution
from hub_runner.requirements.system import SystemPackage, wanted_packages
from hub_runner.settings import Settings

SETTING = "python-packages"


@dataclass(frozen=True, kw_only=True)
class Package:
    """One wanted distribution of Python.

    ``source`` says who asks for it. ``imported`` is the name as a manifest has it: Odoo is content if it can be imported.
    ``explicit`` packages come from the setting, and may replace what the image has.
    """

    requirement: Requirement
    source: str
    imported: str = ""
    explicit: bool = False


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """All that the closure of a module asks for. ``options`` and ``constraints`` are pip's, out of requirements files."""

    python: tuple[Package, ...] = ()
    system: tuple[SystemPackage, ...] = ()
    browser: bool = False
    options: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.python or self.system or self.browser)


COVERAGE = Package(requirement=Requirement("coverage"), source="the setting coverage", imported="coverage")


def wanted(settings: Settings, closure: Closure, *, drives_browser: bool = False) -> Wanted:
    """What the closure, the checkout's requirements files and the settings ask for. Raises UsageError.

    ``drives_browser`` says whether the tests start tours or other JavaScript.
    """
    found = [files.read(path, settings.root) for path in requirements_files(settings)]
    from_settings, renamed = _setting(settings)
    from_manifests = tuple(package for module in closure.local for package in _of_manifest(module, renamed))
    from_files = tuple(
        Package(requirement=it.requirement, source=it.place)
        for file in found
        for it in file.requirements
        if names.module(it.requirement) is None  # a module is no package to install: see elsewhere.py
    )
    return Wanted(
        python=(*from_settings, *from_manifests, *from_files, *([COVERAGE] if settings.measures_coverage else [])),
        system=wanted_packages(settings, closure.local),
        browser=settings.browser == "true" or (settings.browser == "auto" and drives_browser),
        options=tuple(dict.fromkeys(option for file in found for option in file.options)),
        constraints=tuple(dict.fromkeys(line for file in found for line in file.constraints)),
    )


def of_module(module: Module, settings: Settings) -> Wanted:
    """The Python packages that the manifest of one module asks for. Raises UsageError."""
    return Wanted(python=tuple(_of_manifest(module, _setting(settings)[1])))


def requirements_files(settings: Settings) -> Iterator[Path]:
    """In the checkout's root and in each addons folder."""
    for folder in dict.fromkeys(path.resolve() for path in (settings.root, *settings.addons_folders)):
        for name in REQUIREMENTS:
            path = folder / name
            if path.is_file():
                yield path


def _of_manifest(module: Module, renamed: dict[str, str]) -> Iterator[Package]:
    source, names = str(module.folder / MANIFEST), module.external_dependencies("python")
    for name in names:
        yield Package(requirement=_parsed(name, source, renamed), source=source, imported=name)
    if not all(re.fullmatch(r"[\w-]+", name) for name in names):
        # Without it Odoo refuses each name that is more than letters, digits, dashes and underscores.
        yield Package(requirement=Requirement("packaging"), source=f"{source}, which has a version range")


def _parsed(text: str, source: str, renamed: dict[str, str]) -> Requirement:
    try:
        return Requirement(renamed.get(text) or distribution(text))
    except InvalidRequirement as error:
        raise UsageError(f"{source}: {text!r} is not a requirement of Python ({str(error).splitlines()[0]}).") from error


def _setting(settings: Settings) -> tuple[tuple[Package, ...], dict[str, str]]:
    """The packages of the setting, and the distributions that it gives to import names (``NAME=DISTRIBUTION``)."""
    packages, renamed, source = list[Package](), dict[str, str](), f"the setting {SETTING}"
    for text in settings.python_packages:
        name, equals, rest = text.partition("=")
        if equals and rest and not rest.startswith("=") and name.replace(".", "_").isidentifier():
            renamed[name] = rest
        else:
            packages.append(Package(requirement=_parsed(text, source, {}), source=source, explicit=True))
    return tuple(packages), renamed
