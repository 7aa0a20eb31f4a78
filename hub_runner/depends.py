"""Which modules come along with one: the repository's own by their files, Odoo's own by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub_runner.errors import UsageError
from hub_runner.modules import MANIFEST, Module, folders, installable, read

if TYPE_CHECKING:
    from manifestoo_core.odoo_series import OdooSeries


@dataclass(frozen=True, kw_only=True)
class Closure:
    """All that a module needs, itself included."""

    local: tuple[Module, ...]  # of this checkout, sorted by name
    core: tuple[str, ...]  # Odoo's own modules that they name directly, sorted


def closure(module: Module, addons: tuple[Path, ...], odoo_image: str) -> Closure:
    """Follows ``depends`` through the checkout. Raises UsageError for a dependency that nobody has."""
    known, series = folders(addons), _series(odoo_image)
    local, core, queue = {module.name: module}, set[str](), [module]
    while queue:
        current = queue.pop()
        for name in current.depends:
            if name in known and name not in local:
                local[name] = installable(read(known[name]))
                queue.append(local[name])
            elif name not in known:
                _refuse_unknown(name, current, series)
                core.add(name)
    return Closure(local=tuple(local[name] for name in sorted(local)), core=tuple(sorted(core)))


def _refuse_unknown(name: str, module: Module, series: OdooSeries | None) -> None:
    from manifestoo_core.core_addons import is_core_ce_addon

    if series and not is_core_ce_addon(name, series):
        raise UsageError(
            f"{module.folder / MANIFEST}: {module.name} depends on {name!r}, which is neither in this checkout nor one of "
            f"Odoo {series.value} Community's own modules. Correct the name, or add its folder to `addons` in "
            "[tool.hub-runner]."
        )


def _series(odoo_image: str) -> OdooSeries | None:
    """Of an official image; None for any other, because it may bring modules that only it knows."""
    from manifestoo_core.odoo_series import OdooSeries

    match = re.fullmatch(r"(?:docker\.io/)?(?:library/)?odoo:(\d+\.\d)\b.*", odoo_image)
    return OdooSeries(match[1]) if match and match[1] in {it.value for it in OdooSeries} else None
