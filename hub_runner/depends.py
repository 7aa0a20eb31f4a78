"""Which modules come along with one: the repository's own by their files, Odoo's own by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hub_runner.errors import UsageError
from hub_runner.modules import MANIFEST, Module, folders, read


@dataclass(frozen=True, kw_only=True)
class Closure:
    """All that a module needs, itself included."""

    local: tuple[Module, ...]  # of this checkout, sorted by name
    core: tuple[str, ...]  # Odoo's own modules that they name directly, sorted


def closure(module: Module, addons: tuple[Path, ...], odoo_image: str) -> Closure:
    """Follows ``depends`` through the checkout. Raises UsageError for a dependency that nobody has."""
    known, core_modules = folders(addons), _core_modules(odoo_image)
    local, core, queue = {module.name: module}, set[str](), [module]
    while queue:
        current = queue.pop()
        for name in current.depends:
            if name in known and name not in local:
                local[name] = read(known[name])
                queue.append(local[name])
            elif name not in known:
                _refuse_unknown(name, current, core_modules, odoo_image)
                core.add(name)
    return Closure(local=tuple(local[name] for name in sorted(local)), core=tuple(sorted(core)))


def _refuse_unknown(name: str, module: Module, core_modules: frozenset[str] | None, odoo_image: str) -> None:
    if core_modules is not None and name not in core_modules:
        raise UsageError(
            f"{module.folder / MANIFEST}: {module.name} depends on {name!r}, which is neither in this checkout nor one "
            f"of Odoo's own modules ({odoo_image}). Correct the name, or add its folder to `addons` in [tool.hub-runner]."
        )


def _core_modules(odoo_image: str) -> frozenset[str] | None:
    """Odoo's own modules; None where the image is not an official one, because it may bring more."""
    match = re.fullmatch(r"(?:docker\.io/)?(?:library/)?odoo:(\d+\.\d)\b.*", odoo_image)
    if not match:
        return None
    from manifestoo_core.core_addons import get_core_addons
    from manifestoo_core.odoo_series import OdooSeries

    try:
        return frozenset(get_core_addons(OdooSeries(match[1])))
    except ValueError:
        return None
