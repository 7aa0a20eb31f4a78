"""The modules of a checkout: where they lie and what their manifests say.

Standard library only, because ``nox -l`` reads this too.
"""

from __future__ import annotations

import contextlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_runner.checkout.manifest_text import read_manifest
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.text import closest, counted, did_you_mean, listed

MANIFEST = "__manifest__.py"
MANIFEST_OF_OLD = "__openerp__.py"
# Files in the root and in the addons folders that name what modules need: packages of Python, other repositories of modules.
REQUIREMENTS = ("requirements.txt", "test-requirements.txt")
OCA_DEPENDENCIES = "oca_dependencies.txt"
NAMED = 40  # modules that a message lists
# What Odoo accepts as a module's name. No path, option or shell syntax fits it.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_WITH_SERIES = re.compile(r"(\d+\.\d)\.\d+\.\d+\.\d+")


@dataclass(frozen=True, kw_only=True)
class Module:
    """An Odoo addon on disk."""

    name: str
    folder: Path
    manifest: Mapping[str, Any]  # a Python literal of the module's author: each key is checked where it is used

    @property
    def version(self) -> str:
        return str(self.manifest.get("version", "1.0"))

    @property
    def series(self) -> str:
        """Of Odoo, such as 18.0, if the version begins with one; else empty."""
        match = _WITH_SERIES.fullmatch(self.version)
        return match[1] if match else ""

    @property
    def depends(self) -> tuple[str, ...]:
        depends = self.manifest.get("depends") or ("base",)
        return tuple(sorted(depends) if isinstance(depends, set) else depends)

    @property
    def installable(self) -> bool:
        return bool(self.manifest.get("installable", True))

    @property
    def triggers(self) -> tuple[str, ...]:
        """The modules that make Odoo install this one by itself as soon as all of them are installed; () if none do."""
        auto_install = self.manifest.get("auto_install")
        if isinstance(auto_install, (list, tuple, set)):
            return tuple(str(name) for name in auto_install)
        return self.depends if auto_install else ()

    @property
    def data_files(self) -> list[str]:
        """The files that ``data`` and ``demo`` of the manifest name, in the order in which Odoo loads them."""
        return [str(entry) for key in ("data", "demo") for entry in self.manifest.get(key) or ()]

    def external_dependencies(self, kind: str) -> list[str]:
        """What the manifest asks for of this kind: ``python``, ``bin`` (programs) or ``deb``. Raises UsageError."""
        wanted = self.manifest.get("external_dependencies") or {}
        names = (wanted.get(kind) or []) if isinstance(wanted, dict) else None
        if not isinstance(names, (list, tuple)):
            message = f"'external_dependencies' must be a dictionary of lists, not {wanted!r}"
            raise UsageError(f"{self.folder / MANIFEST}: {message}.")
        return [str(name) for name in names]

    def seen_from(self, root: Path) -> str:
        """Its folder as a path of the checkout ``root``: ``.`` for the checkout itself; its name if it lies elsewhere."""
        folder, root = self.folder.resolve(), root.resolve()
        return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else self.name

    @property
    def summary(self) -> str:
        """One line for people: the manifest's summary, else its name."""
        return " ".join(str(self.manifest.get("summary") or self.manifest.get("name") or "").split())


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The folders of all modules of a checkout, listed once. Manifests are read when they are asked for."""

    addons: tuple[Path, ...]
    folders: Mapping[str, Path]  # by the module's name, sorted
    others: Mapping[str, tuple[Path, ...]]  # folders of the same name that come later, so that nobody uses them

    def find(self, name: str) -> Module:
        """The module called ``name``, or the one whose folder the path ``name`` leads to.

        Raises UsageError that lists the modules, with the likeliest one first.
        """
        return demand_installable(read(self.folders[self.named(name)]))

    def named(self, name: str) -> str:
        """The name of that module, whose manifest may be broken. Raises UsageError if there is none."""
        if not NAME.fullmatch(name):
            name = self._name_at(name)
        if name in self.folders:
            return name
        if message := self._without_manifest(name):
            raise UsageError(message)
        advice = f"{did_you_mean(closest(name, self.folders))} {self.listing()}".lstrip()
        raise UsageError(f"There is no module {name!r}. {advice}")

    def _name_at(self, path: str) -> str:
        """Tab completion types ``addons/hub_meeting/`` for ``hub_meeting``."""
        try:
            folder = Path(path).resolve() if path.strip() else None
            name = self.containing(Path(path)) if folder else None
            unused = self.unused(Path(path)) if folder and not name else ""
            if folder and name and NAME.fullmatch(name) and self.folders[name].resolve() == folder:
                return name
            if unused:
                raise UsageError(unused)
            if folder and NAME.fullmatch(folder.name) and any(folder.parent == parent.resolve() for parent in self.addons):
                return folder.name  # a folder among modules: what is wrong with it is said of its name
        except (OSError, ValueError, RuntimeError):  # too long, a null byte, links in a circle
            name = None
        if (name := path if path in self.folders else name) and not NAME.fullmatch(name):
            raise UsageError(f"{self.folders[name]}: {ill_named(name)}.")
        raise UsageError(
            f"{path!r} is not a module name (letters, digits, underscores) and not the path of a module's folder. "
            f"{self.listing()}"
        )

    def _without_manifest(self, name: str) -> str:
        """What is said of a folder that is no module because its manifest is not there; nothing if there is no folder."""
        for folder in (parent / name for parent in self.addons):
            if os.path.isdir(folder):  # noqa: PTH112  # says False if permission is denied
                entries = _entries(folder)
                names = {entry.name for entry in entries} - {"__init__.py"}
                close = sorted(names & {MANIFEST_OF_OLD}) or closest(MANIFEST, names)
                meant = f" Is {close[0]} meant to be it?" if close else ""
                inner = [entry for entry in entries if (entry / MANIFEST).is_file()]
                lower = f" {inner[0]} has one: is it the module, one folder too deep?" if inner else ""
                return f"{folder} is no module: it has no {MANIFEST}.{meant}{lower}"
        return ""

    def containing(self, path: Path) -> str | None:
        """The name of the module in whose folder ``path`` lies, or whose folder it is; of several names, the written one."""
        known: dict[Path, list[str]] = {}
        for name, folder in self.folders.items():
            known.setdefault(folder.resolve(), []).append(name)
        real, written = path.resolve(), Path(os.path.abspath(path))  # noqa: PTH100  # links are not followed
        names = next((known[folder] for folder in (real, *real.parents) if folder in known), [])
        meant = (name for name in names if written.is_relative_to(self.folders[name].absolute()))
        return next(meant, names[0] if names else None)

    def unused(self, path: Path) -> str:
        """What is said of a path in a folder that another one of the same name comes before; nothing of any other path."""
        real = path.resolve()
        for name, folders in self.others.items():
            if any(real.is_relative_to(folder.resolve()) for folder in folders):
                return f"{path} is not used, because {self.folders[name]} has the same name and comes first in `addons`."
        return ""

    def listing(self) -> str:
        """A sentence that names the modules there are, at most ``NAMED`` of them."""
        names = [name for name in self.folders if NAME.fullmatch(name)]
        where = ", ".join(str(folder) for folder in self.addons)
        if not names:
            return f"No folder with a {MANIFEST} was found in {where}: set `addons` in [tool.hub-runner] of pyproject.toml."
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"Modules in {where}: {', '.join(names[:NAMED])}{more}."

    def summaries(self) -> Iterator[tuple[str, str]]:
        """Name and summary of every module. A module with a broken manifest is listed as such and stops nothing."""
        for name, folder in self.folders.items():
            try:
                yield name, read(folder).summary
            except UsageError:
                yield name, "(its manifest cannot be read)"

    def installable(self) -> list[Module]:
        """All modules but those that say they are not installable. Raises UsageError for a broken manifest."""
        return [module for module in (read(self.folders[name]) for name in self.testable()) if module.installable]

    def testable(self) -> Iterator[str]:
        """The names of these, and of modules whose manifest is broken: a run of one says what is wrong with it."""
        for name, folder in self.folders.items():
            installable = True
            with contextlib.suppress(UsageError):
                installable = read(folder).installable
            if installable and NAME.fullmatch(name):
                yield name

    def along(self, module: Module, names: Sequence[str]) -> list[Module]:
        """The modules that the setting ``with`` names, ``module`` left out. Raises UsageError."""
        everything = self.installable() if "all" in names else []
        named = (self.find(name) for name in names if name != "all")
        return list({other.name: other for other in (*everything, *named) if other.name != module.name}.values())

    def doubles(self, names: Sequence[str]) -> Iterator[str]:
        """A sentence for each of ``names`` that several folders have: which one is used, and which are not."""
        for name in names:
            if others := self.others.get(name):
                more = f" and {len(others) - 3} more" if len(others) > 3 else ""
                unused = ", ".join(str(folder) for folder in others[:3])
                yield (
                    f"{counted(len(others) + 1, 'folder')} of the checkout are called {name}. {self.folders[name]} is used, "
                    f"because it comes first in `addons`; {unused}{more} {'are' if len(others) > 1 else 'is'} not."
                )


def catalogue(addons: Sequence[Path]) -> Catalogue:
    """Lists the modules in the folders ``addons``; an entry of it may be a module itself.

    Raises UsageError if a folder cannot be read.
    """
    found: dict[str, list[Path]] = {}
    for parent in addons:
        # os.path and not pathlib: it says False if permission is denied, and then _entries says what is wrong
        for folder in [parent] if os.path.isfile(parent / MANIFEST) else _entries(parent):  # noqa: PTH113
            if _is_module(folder):
                found.setdefault(folder.name or folder.resolve().name, []).append(folder)
    return Catalogue(
        addons=tuple(addons),
        folders={name: found[name][0] for name in sorted(found)},
        others={name: tuple(folders[1:]) for name, folders in found.items() if len(folders) > 1},
    )


def _entries(parent: Path) -> list[Path]:
    try:
        return sorted(parent.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UsageError(f"{parent} cannot be read: {error.strerror}.") from error


def _is_module(folder: Path) -> bool:
    """A folder that may be seen but not entered counts as a module: reading its manifest then says what is wrong."""
    try:
        (folder / MANIFEST).stat()
    except PermissionError:
        return bool(NAME.fullmatch(folder.name))
    except OSError:
        return False
    return True


def ill_named(name: str) -> str:
    """What is said of a folder whose name cannot be a module's."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    better = re.sub(r"\W+", "_", ascii_only).strip("_")
    such_as = f", such as {better}" if NAME.fullmatch(better) else ""
    return f"the name of a module has letters (a-z), digits and underscores only: rename the folder{such_as}"


def read(folder: Path) -> Module:
    """The module in ``folder``. Raises ManifestError with file and line, or UsageError if it cannot be read."""
    path = folder / MANIFEST
    try:
        return parsed(path.read_bytes(), folder)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def parsed(content: bytes, folder: Path) -> Module:
    """The module in ``folder``, with ``content`` for its manifest. Raises ManifestError."""
    manifest = read_manifest(content, folder / MANIFEST)
    return Module(name=folder.name or folder.resolve().name, folder=folder, manifest=manifest)


def demand_installable(module: Module) -> Module:
    """``module`` itself. Raises UsageError if Odoo would ignore it with nothing but a warning and exit code 0."""
    if not module.installable:
        raise UsageError(f"{module.folder / MANIFEST} says 'installable': False: Odoo would ignore {module.name} silently.")
    return module


@contextlib.contextmanager
def told_together() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """What is wrong with several modules is told at once: the block gets a context manager to wrap the work on each.

    Raises what was wrong with one of them, or one UsageError for several, also if the engine was in the way of the rest.
    """
    refusals: dict[str, UsageError] = {}

    @contextlib.contextmanager
    def gathered() -> Iterator[None]:
        try:
            yield
        except UsageError as error:
            refusals.setdefault(str(error), error)

    try:
        yield gathered
    except EnvironmentFailure:
        if not refusals:
            raise
    if len(refusals) == 1:
        raise next(iter(refusals.values()))
    if refusals:
        raise UsageError("\n".join(listed(list(refusals))))
