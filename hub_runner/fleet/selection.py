"""Which modules a command means: by their names, by patterns, all of them, or those that have changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from hub_runner.checkout.manifest_text import ManifestError
from hub_runner.checkout.modules import NAME, Catalogue, catalogue, ill_named, told_together
from hub_runner.errors import UsageError
from hub_runner.fleet.changed import changes
from hub_runner.odoo import places
from hub_runner.odoo.choice import Choice, Place
from hub_runner.settings import Settings

PATTERN = frozenset("*?[")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the command line asks for. ``names`` may be module names, paths of modules and patterns."""

    names: Sequence[str] = ()
    everything: bool = False
    changed_since: str | None = None  # a commit
    exclude: Sequence[str] = ()  # patterns of module names


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The modules that are meant, sorted, each with the reason; empty only if nothing has changed."""

    reasons: dict[str, str]
    notes: tuple[str, ...] = ()


def select(request: Request, settings: Settings) -> Selection:
    """The modules that ``request`` means. Raises UsageError if it means none, unless nothing has changed."""
    modules = catalogue(settings.addons_folders)
    if request.changed_since == "":  # a variable of CI that is not set, perhaps
        raise UsageError("--changed-since is empty. Name a commit, or leave it out: then all that is asked for is meant.")
    if request.everything and request.names:
        raise UsageError(f"--all and names exclude each other: {' '.join(request.names)}.")
    if not (request.everything or request.names or request.changed_since):
        raise UsageError(
            f"Which module? Say `nox -s test -- MODULE`, `-- --all` or `-- --changed-since REF`. {modules.listing()}"
        )
    notes: tuple[str, ...] = ()
    if request.names:
        reasons: dict[str, str] = {}
        with told_together() as gathered:
            for argument in request.names:
                with gathered():
                    reasons |= dict.fromkeys(_named(argument, modules), "named")
    else:
        reasons = dict.fromkeys(modules.testable(), "all modules are asked for")
        notes = tuple(_left_out(modules))
    if request.changed_since:
        changed = changes(settings, modules, request.changed_since)
        reasons = {name: changed.reasons[name] for name in reasons if name in changed.reasons}
        notes += changed.notes
    kept = {name: why for name, why in reasons.items() if not _fits(name, request.exclude)}
    if not kept and not request.changed_since:
        left = f" All of them are excluded by {' '.join(request.exclude)}." if reasons else ""
        raise UsageError(f"No module is left to test.{left} {modules.listing()}")
    return Selection(reasons=kept, notes=notes)


def chosen(request: Request, settings: Settings, choice: Choice) -> tuple[Request, dict[str, Choice]]:
    """The request with names of modules in place of test files, and for each of those modules which tests are asked for.

    A module that is named itself is meant as a whole. Raises UsageError for a file that lies in no module.
    """
    modules: Catalogue | None = None
    names: list[str] = []
    found: dict[str, list[Place]] = {}
    for word in request.names:
        if not (parsed := places.parsed(word)):
            names.append(word)
            continue
        modules = modules or catalogue(settings.addons_folders)
        path, place = parsed
        name = modules.containing(Path(path))
        if not name:
            raise UsageError(modules.unused(Path(path)) or f"{path!r} lies in the folder of no module. {modules.listing()}")
        file = Path(path).resolve().relative_to(modules.folders[name].resolve()).as_posix()
        found.setdefault(name, []).append(replace(place, file=file))
    if not modules:
        return replace(request, names=tuple(dict.fromkeys(names))), {}
    whole = set[str]()
    for word in names:
        with contextlib.suppress(UsageError):  # `select` raises it
            whole.update(_named(word, modules))
    narrowed = {name: replace(choice, places=tuple(asked)) for name, asked in found.items() if name not in whole}
    return replace(request, names=tuple(dict.fromkeys((*names, *found)))), narrowed


def _named(argument: str, modules: Catalogue) -> list[str]:
    if NAME.fullmatch(argument) or not PATTERN & set(argument):
        name = modules.named(argument)
        with contextlib.suppress(ManifestError):  # its run says what is wrong, with all else that is
            modules.find(name)
        return [name]
    if found := [name for name in modules.testable() if fnmatchcase(name, argument)]:
        return found
    raise UsageError(f"No module fits the pattern {argument!r}. {modules.listing()}")


def _left_out(modules: Catalogue) -> Iterator[str]:
    """A sentence for each folder that has a manifest and a name that no module may have."""
    for name, folder in modules.folders.items():
        if not NAME.fullmatch(name):
            yield f"{folder} is left out: {ill_named(name)}."


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
