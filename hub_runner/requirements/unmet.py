"""Python packages that manifests name, the image lacks and nobody installs: known without an engine."""

from __future__ import annotations

from hub_runner.checkout.modules import Catalogue, Module, read
from hub_runner.errors import UsageError
from hub_runner.requirements import inventory
from hub_runner.requirements.missing import python_packages
from hub_runner.requirements.wanted import of_module
from hub_runner.settings import Settings


def unmet(settings: Settings, modules: Catalogue) -> dict[str, tuple[str, ...]]:
    """The names of such packages as the manifest of each module has them, by module.

    Empty if `install-requirements` is on, or if no run has looked at the image yet: then nobody knows.
    """
    seen = None if settings.install_requirements else inventory.known(settings.odoo_image)
    if seen is None:
        return {}
    lacking: dict[str, tuple[str, ...]] = {}
    for name, folder in modules.folders.items():
        try:
            module: Module = read(folder)
            packages = python_packages(of_module(module, settings), seen)
        except UsageError:  # a broken manifest or requirement is told by itself
            continue
        if packages:
            lacking[name] = tuple(package.imported for package in packages if package.imported)
    return lacking
