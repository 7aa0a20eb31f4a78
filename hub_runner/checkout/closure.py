"""Which modules come along with those that are tested: the checkout's own by their files, Odoo's own by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub_runner.checkout.manifest_text import ManifestError, missing_comma
from hub_runner.checkout.modules import MANIFEST, NAME, Catalogue, Module, demand_installable, read
from hub_runner.errors import UsageError

if TYPE_CHECKING:
    from manifestoo_core.odoo_series import OdooSeries


@dataclass(frozen=True, kw_only=True)
class Closure:
    """All that a set of modules needs, the set included."""

    local: tuple[Module, ...]  # of this checkout, sorted by name
    core: tuple[str, ...]  # Odoo's own modules that they name directly, sorted


def closure(
    modules: Sequence[Module],
    catalogue: Catalogue,
    odoo_image: str,
    elsewhere: Callable[[str], Path | Module | None] = lambda _: None,
) -> Closure:
    """Follows ``depends`` of ``modules`` through the checkout. Raises UsageError that names all dependencies nobody has.

    ``elsewhere`` is asked for a module, or its folder, that the checkout does not have.
    """
    series = series_of(odoo_image)
    unknown: list[tuple[Module, str]] = []  # modules, each with a dependency that nobody has
    broken: list[ManifestError] = []
    local, core, queue = {module.name: module for module in modules}, set[str](), list(modules)
    while queue:
        current = queue.pop()
        for name in current.depends:
            if name in local or name in core:
                continue
            if found := catalogue.folders.get(name) or elsewhere(name):
                try:
                    local[name] = demand_installable(found if isinstance(found, Module) else read(found))
                except ManifestError as error:
                    broken.append(error)
                    core.add(name)  # not looked at again: all broken manifests are told at once
                    continue
                queue.append(local[name])
            else:
                if is_unknown(name, series):
                    unknown.append((current, name))
                core.add(name)
    if broken:
        raise broken[0] if len(broken) == 1 else UsageError(" ".join(map(str, broken)))
    if unknown and series:
        raise _unknown(unknown, series)
    return Closure(local=tuple(local[name] for name in sorted(local)), core=tuple(sorted(core)))


def _unknown(found: Sequence[tuple[Module, str]], series: OdooSeries) -> UsageError:
    told = "; ".join(
        f"{module.folder / MANIFEST}: {module.name} depends on {name!r}{_joined(module, name)}" for module, name in found
    )
    what, example = ("It is", found[0][1]) if len(found) == 1 else ("They are", "NAME")
    return UsageError(
        f"{told}. {what} neither in this checkout nor among Odoo {series.value} Community's own modules. "
        "Correct the name, or say where the module is: its folder in `addons`, its repository in "
        f"[tool.hub-runner.repositories] or oca_dependencies.txt, or its package odoo-addon-{example} in "
        "test-requirements.txt."
    )


def _joined(module: Module, name: str) -> str:
    """Why a name that nobody knows may be two: Python joins texts between which no comma stands."""
    text = (module.folder / MANIFEST).read_text(encoding="utf-8", errors="replace")
    found = missing_comma(text, name)
    return f" (a comma is missing after {found[1]!r} in line {found[0]})" if found else ""


def is_unknown(name: str, series: OdooSeries | None) -> bool:
    """Whether Odoo Community of ``series`` certainly has no module ``name``; False if the series is not known."""
    from manifestoo_core.core_addons import is_core_ce_addon  # not at the top: `nox -l` lists modules without it

    return series is not None and not is_core_ce_addon(name, series)


def series_of(odoo_image: str) -> OdooSeries | None:
    """The series of an official image; None for any other, because it may bring modules that only it knows."""
    from manifestoo_core.odoo_series import OdooSeries

    match = re.fullmatch(r"(?:docker\.io/)?(?:library/)?odoo:(\d+\.\d)\b.*", odoo_image)
    return OdooSeries(match[1]) if match and match[1] in {series.value for series in OdooSeries} else None


def automatic(catalogue: Catalogue) -> list[Module]:
    """The modules of the checkout that Odoo installs by itself as soon as others are installed (``auto_install``)."""
    return [module for name, folder in catalogue.folders.items() if (module := _automatic(name, folder))]


def _automatic(name: str, folder: Path) -> Module | None:
    try:
        if b"auto_install" not in (folder / MANIFEST).read_bytes():  # most have none, and need not be parsed
            return None
        module = read(folder)
    except (OSError, UsageError):  # a broken neighbour is no concern of a run
        return None
    return module if module.installable and module.triggers and NAME.fullmatch(name) else None


def left_out(closure: Closure, catalogue: Catalogue, automatic: Sequence[Module]) -> Iterator[str]:
    """A sentence for each of the modules ``automatic`` that Odoo would install beside ``closure``, if it were there.

    A run copies only what the tested module depends on, so such a module is missing from it although a production
    database has it. Whether Odoo's own modules among its triggers will be installed is not known here.
    """
    local = {module.name for module in closure.local}
    for module in automatic:
        own = [trigger for trigger in module.triggers if trigger in catalogue.folders]
        if module.name not in local and own and local.issuperset(own):
            others = [trigger for trigger in module.triggers if trigger not in own]
            condition = f" once {' and '.join(others)} {'is' if len(others) == 1 else 'are'} installed" if others else ""
            yield (
                f"Odoo installs {module.name} ({module.folder}) by itself beside {' and '.join(own)}{condition}; this run "
                f"leaves it out. `--with {module.name}` takes it along."
            )
