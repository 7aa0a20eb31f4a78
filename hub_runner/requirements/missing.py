"""What an image lacks of what is wanted, known without a network: pure comparison of ``Wanted`` with ``Inventory``."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub_runner.errors import UsageError
from hub_runner.requirements.inventory import Installed, Inventory
from hub_runner.requirements.wanted import SETTING, Package, Wanted
from hub_runner.text import listed


def missing(wanted: Wanted, inventory: Inventory) -> tuple[Package, ...]:
    """The packages that must be added to the image. Raises UsageError for one that the image has in another version."""
    found, conflicts = list[Package](), list[str]()
    for package in wanted.python:
        if not _applies(package.requirement, inventory) or _is_importable(package, inventory):
            continue
        installed = inventory.distributions.get(canonicalize_name(package.requirement.name))
        if installed is None:
            found.append(package)
        elif not _fits(package.requirement, installed):
            if _replaced(package, wanted):
                found.append(package)
            else:
                conflicts.append(f"{package.source}: {package.requirement}, and the image has {installed.version}")
        else:
            found += _extras(package, installed, inventory)
    if conflicts:
        raise UsageError(_conflict(conflicts))
    return tuple(found)


def _replaced(package: Package, wanted: Wanted) -> bool:
    """Whether the setting names the same distribution: only then a package of the image is replaced."""
    name = canonicalize_name(package.requirement.name)
    return any(it.explicit and canonicalize_name(it.requirement.name) == name for it in wanted.python)


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


def _conflict(conflicts: list[str]) -> str:
    lines = "\n".join(f"    {line}" for line in listed(conflicts))
    return (
        f"A package is wanted in a version that the image does not have:\n{lines}\nOdoo's own packages are not replaced "
        f"without a word. Correct the requirement, or name it in {SETTING} to replace the image's: then the log says so."
    )


def refuse(packages: tuple[Package, ...]) -> UsageError:
    """What to say of missing packages if they may not be installed."""
    lines = "\n".join(f"    {it.requirement}, wanted by {it.source}" for it in packages)
    return UsageError(
        f"The image lacks {'a package' if len(packages) == 1 else f'{len(packages)} packages'} of Python:\n{lines}\n"
        "`install-requirements` is off. Turn it on in [tool.hub-runner] (or --install-requirements), or name an image in "
        "odoo-image that has it."
    )
