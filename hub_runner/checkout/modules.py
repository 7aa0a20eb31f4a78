"""The modules of a checkout: where they lie and what their manifests say. Standard library only: ``nox -l`` reads it too.

Which modules come along with one: the repository's own by their files, Odoo's own by name.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub_runner.errors import UsageError

MANIFEST = "__manifest__.py"
# What Odoo accepts as the name of an addon, and nothing that a path, an option or a shell could make something of.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Module:
    """An Odoo addon on disk."""

    name: str
    folder: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        return str(self.manifest.get("version", "1.0"))

    @property
    def depends(self) -> tuple[str, ...]:
        return tuple(self.manifest.get("depends") or ("base",))

    @property
    def installable(self) -> bool:
        return bool(self.manifest.get("installable", True))

    @property
    def summary(self) -> str:
        """One line for people: the manifest's summary, else its name."""
        return " ".join(str(self.manifest.get("summary") or self.manifest.get("name") or "").split())


def folders(addons: tuple[Path, ...]) -> dict[str, Path]:
    """Every module's folder by its name, sorted; the first addons folder wins where two hold the same name.

    Raises UsageError where a folder cannot be read."""
    found: dict[str, Path] = {}
    for parent in addons:
        for name in _entries(parent):
            if _is_module(parent / name):
                found.setdefault(name, parent / name)
    return dict(sorted(found.items()))


def _entries(parent: Path) -> list[str]:
    try:
        return [path.name for path in parent.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UsageError(f"{parent} cannot be read: {error.strerror}.") from error


def _is_module(folder: Path) -> bool:
    """One that may be seen and not entered counts: reading its manifest will say so, and silence would not."""
    try:
        (folder / MANIFEST).stat()
    except PermissionError:
        return bool(NAME.fullmatch(folder.name))
    except OSError:
        return False
    return True


def read(folder: Path) -> Module:
    """The module in ``folder``. Raises UsageError with file and line where its manifest is none."""
    path = folder / MANIFEST
    try:
        manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UsageError(f"{path}, line {error.lineno}: the manifest has a syntax error: {error.msg}.") from error
    except (ValueError, TypeError, MemoryError, RecursionError) as error:
        raise UsageError(f"{path}: the manifest must be one literal Python dictionary ({error}).") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    if not isinstance(manifest, dict):
        raise UsageError(f"{path}: the manifest must be a dictionary, not a {type(manifest).__name__}.")
    depends = manifest.get("depends") or []
    if not isinstance(depends, (list, tuple)) or not all(isinstance(name, str) for name in depends):
        raise UsageError(f"{path}: 'depends' must be a list of module names, not {depends!r}.")
    return Module(name=folder.name, folder=folder, manifest=manifest)


def discover(addons: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    """Name and summary of every module, for a menu: a broken manifest is listed as such and breaks nothing."""
    for name, folder in folders(addons).items():
        try:
            yield name, read(folder).summary
        except UsageError:
            yield name, "(its manifest cannot be read)"


def find(name: str, addons: tuple[Path, ...]) -> Module:
    """The module called ``name``. Raises UsageError that lists the modules, with the likeliest one first."""
    known = folders(addons)
    if name in known and NAME.fullmatch(name):
        return installable(read(known[name]))
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a module name: letters, digits and underscores only, no path. {listing(addons)}")
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise UsageError(f"There is no module {name!r}.{hint} {listing(addons)}")


def installable(module: Module) -> Module:
    """``module`` itself. Raises UsageError where Odoo would ignore it with nothing but a warning and exit code 0."""
    if not module.installable:
        raise UsageError(f"{module.folder / MANIFEST} says 'installable': False: Odoo would ignore {module.name} silently.")
    return module


def listing(addons: tuple[Path, ...], most: int = 40) -> str:
    """A sentence that names the modules there are."""
    names = list(folders(addons))
    where = ", ".join(str(folder) for folder in addons)
    if not names:
        return f"No folder with a {MANIFEST} was found in {where}: set `addons` in [tool.hub-runner] of pyproject.toml."
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"Modules in {where}: {', '.join(names[:most])}{more}."


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
