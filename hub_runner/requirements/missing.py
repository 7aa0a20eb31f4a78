"""What an image lacks of what is wanted, known without a network: ``Wanted`` is compared with ``Inventory``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub_runner.checkout.modules import Catalogue, read
from hub_runner.errors import UsageError
from hub_runner.requirements import browser
from hub_runner.requirements.inventory import Installed, Inventory, known
from hub_runner.requirements.system import SystemPackage, unnamed
from hub_runner.requirements.version_conflicts import conflict, may_replace
from hub_runner.requirements.wanted import Package, Wanted, of_module
from hub_runner.settings import Settings
from hub_runner.text import counted


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """What must be added to the image."""

    python: tuple[Package, ...] = ()
    system: tuple[SystemPackage, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.python or self.system)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*(it.requirement.name for it in self.python), *(it.name for it in self.system))))


def missing(wanted: Wanted, inventory: Inventory, *, install: bool = True) -> Lacking:
    """What the image lacks. Raises UsageError for what it has in another version, and for what may not be installed.

    A browser that the tests could use is no reason to refuse a run that may not install one: Odoo skips those tests.
    """
    python, system = list(python_packages(wanted, inventory)), list(_system(wanted, inventory))
    if wanted.browser and install:
        python += browser.python_packages(inventory)
        system += browser.system_packages(inventory)
    if system and "apt-get" not in inventory.programs:
        raise UsageError(
            f"The image has no apt-get to install {', '.join(package.name for package in system)}, wanted by "
            f"{system[0].source}. Name an image in odoo-image that has what is wanted."
        )
    lacking = Lacking(python=tuple(python), system=tuple(system))
    if lacking and not install:
        raise refuse(lacking)
    return lacking


def _system(wanted: Wanted, inventory: Inventory) -> Iterator[SystemPackage]:
    for package in wanted.system:
        if package.program and package.program in inventory.programs:
            continue
        if not package.name:
            raise unnamed(package)
        name, _, version = package.name.partition("=")
        here = inventory.packages.get(name.partition(":")[0])
        if here is None or (version and version != here):
            yield package


def python_packages(wanted: Wanted, inventory: Inventory) -> tuple[Package, ...]:
    """The wanted distributions that the image lacks. Raises UsageError for those that it has in another version."""
    found, conflicts = list[Package](), list[str]()
    for package in wanted.python:
        if not _applies(package.requirement, inventory) or _is_importable(package, inventory):
            continue
        installed = inventory.distributions.get(canonicalize_name(package.requirement.name))
        if installed is None:
            found.append(package)
        elif not _fits(package.requirement, installed):
            if may_replace(package, wanted, inventory):
                found.append(package)
            else:
                conflicts.append(f"{package.source}: {package.requirement}, and the image has {installed.version}")
        else:
            found += _extras(package, installed, inventory)
    if conflicts:
        raise UsageError(conflict(conflicts))
    return tuple(found)


def _applies(requirement: Requirement, inventory: Inventory) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(inventory.environment)


def _is_importable(package: Package, inventory: Inventory) -> bool:
    """Odoo takes the name of an import, too, as long as it stands alone."""
    return package.imported in inventory.importable and (
        canonicalize_name(package.requirement.name) not in inventory.distributions
    )


def _fits(requirement: Requirement, installed: Installed) -> bool:
    if installed.version is None:
        return not requirement.specifier
    return requirement.specifier.contains(installed.version, prereleases=True) and not requirement.url


def _extras(package: Package, installed: Installed, inventory: Inventory) -> Iterator[Package]:
    """What the extras that are asked for need, if the distribution itself is there."""
    extras = set(package.requirement.extras)
    for requirement in installed.extra_requirements(extras, inventory.environment) if extras else ():
        other = inventory.distributions.get(canonicalize_name(requirement.name))
        if other is None or not _fits(requirement, other):
            yield Package(requirement=requirement, source=f"{package.source} ({package.requirement})")


def refuse(lacking: Lacking) -> UsageError:
    """What to say of missing packages if they may not be installed."""
    python = [f"    {package.requirement}, wanted by {package.source}" for package in lacking.python]
    system = [f"    {package.name} (of the system), wanted by {package.source}" for package in lacking.system]
    lines = "\n".join((*python, *system))
    return UsageError(
        f"The image lacks {counted(len(lacking.python) + len(lacking.system), 'package')}:\n{lines}\n"
        "`install-requirements` is off. Turn it on in [tool.hub-runner] (or --install-requirements), or name an image in "
        "odoo-image that has it."
    )


def unmet(settings: Settings, modules: Catalogue) -> dict[str, tuple[str, ...]]:
    """The names of such packages as the manifest of each module has them, by module.

    Empty if `install-requirements` is on, or if no run has looked at the image yet: then nobody knows.
    """
    seen = None if settings.install_requirements else known(settings.odoo_image)
    if seen is None:
        return {}
    lacking: dict[str, tuple[str, ...]] = {}
    for name, folder in modules.folders.items():
        try:
            packages = python_packages(of_module(read(folder), settings), seen)
        except UsageError:  # a broken manifest or requirement is told by itself
            continue
        if packages:
            lacking[name] = tuple(package.imported for package in packages if package.imported)
    return lacking
