"""Which files of a checkout differ from a commit, and what that means for its modules.

A module counts as changed if its files differ, if it depends on one that does, or if something differs that decides for all.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hub_runner import report
from hub_runner.checkout.git import SUBMODULE, ask, demand, named_commit
from hub_runner.checkout.modules import MANIFEST, Catalogue, read
from hub_runner.errors import UsageError
from hub_runner.exit_codes import ExitCode
from hub_runner.fleet.deciding import deciding
from hub_runner.fleet.symbolic_links import names_by_folder, repositories, targets
from hub_runner.settings import OWN_FOLDER, WRITTEN, Settings
from hub_runner.text import counted, say

_Rank = tuple[int, str]  # of a folder for modules: what comes first is used


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Why each changed module counts as changed, and what could not be compared."""

    reasons: Mapping[str, str]  # by module, in the order of the catalogue
    notes: tuple[str, ...] = ()


def changes(settings: Settings, modules: Catalogue, since: str) -> Changes:
    """What differs from the commit ``since``, the working tree and new files included.

    Raises UsageError if git cannot tell: no repository, no such commit, a clone without that part of the history.
    """
    top = _top(settings.root)
    files = sorted(_Comparison(top, named_commit(settings.root, since)).files())
    folders = {name: Path(os.path.realpath(folder)) for name, folder in modules.folders.items()}
    common = [file for file in files if not set(folders.values()).intersection(file.parents)]
    if why := next(deciding(common, settings, top, since), None):
        return Changes(reasons=dict.fromkeys(modules.folders, f"{why} differs, which decides for all modules"))
    tracked = dict(repositories(top))
    own = _touched(files, folders, targets(modules.folders, [link for links in tracked.values() for link in links]))
    addons = _Addons(settings)
    gone = _gone(common, addons)
    for name in _uncovered(gone, modules, addons):
        own.setdefault(name, []).append("another folder of that name is gone")
    reasons = _dependents(own, gone.keys() - modules.folders.keys(), modules, settings.with_)
    outside = [name for name, folder in folders.items() if not _compared(folder, tracked)]
    ignored = [name for name in _ignored(folders, tracked) if name not in outside]
    return Changes(
        reasons={name: reasons[name] for name in modules.folders if name in reasons},
        notes=(
            *_not_compared(outside, f"they do not belong to the repository {top}"),
            *_not_compared(ignored, "git ignores their files"),
        ),
    )


def _top(root: Path) -> Path:
    return Path(os.path.realpath(demand(root, "rev-parse", "--show-toplevel").rstrip("\n")))


def nothing_changed(settings: Settings, since: str | None) -> int:
    """Says so, in the log, too: an older log must not be taken for this command's. Returns the exit code."""
    message = f"no module that is asked for has changed since {since}."
    report.refused(settings.output_folder, message)
    say(f"hub-runner: nothing to test: {message}")  # standard output may be JSON
    return ExitCode.PASSED


@dataclass(frozen=True)
class _Comparison:
    """Of one repository with one of its commits; None stands for a commit that has no files."""

    top: Path
    commit: str | None

    def files(self) -> Iterator[Path]:
        """The real paths of all files that differ or are new, those of submodules included."""
        # Both names of a file that was renamed count; textconv and other tools of the user's must not have a say.
        options = ("--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
        for path in self._paths("diff", *options, self.commit) if self.commit else self._paths("ls-files", "--cached"):
            yield from self._submodule(path) if (path / ".git").exists() else (path,)
        yield from self._paths("ls-files", "--others", "--exclude-standard")

    def _paths(self, *arguments: str) -> Iterator[Path]:
        names = demand(self.top, *arguments, "-z").split("\0")
        return (self.top / name for name in names if name and not _written(name))

    def _submodule(self, folder: Path) -> Iterator[Path]:
        before = self._commit_of(folder) if self.commit else None
        if before and not ask(folder, "rev-parse", "--verify", "--quiet", f"{before}^{{commit}}"):
            before = None  # not fetched here: all of its files count
        yield from _Comparison(folder, before).files()

    def _commit_of(self, submodule: Path) -> str | None:
        name = submodule.relative_to(self.top).as_posix()
        entry = demand(self.top, "ls-tree", str(self.commit), "--", name).split()
        return entry[2] if len(entry) > 2 and entry[0] == SUBMODULE else None


def _written(name: str) -> bool:
    """What runs write is no change of a module, also not of one that is the whole repository."""
    return name in WRITTEN or name.partition("/")[0] == OWN_FOLDER


def _touched(files: Iterable[Path], folders: Mapping[str, Path], links: Mapping[str, set[Path]]) -> dict[str, list[str]]:
    """The changed files of each module, as seen from its folder."""
    by_folder = names_by_folder(folders)
    found: dict[str, list[str]] = {}
    for file in files:
        for parent in file.parents:
            for name in by_folder.get(parent, ()):
                found.setdefault(name, []).append(file.relative_to(parent).as_posix())
        for name, places in links.items():
            if folders[name] not in file.parents and any(file.is_relative_to(place) for place in places):
                found.setdefault(name, []).append(file.name)
    return found


def _gone(files: Iterable[Path], addons: _Addons) -> dict[str, _Rank]:
    """The modules whose folder the commit had and the working tree has no more, each with the rank of that in `addons`."""
    found: dict[str, _Rank] = {}
    for file in files:
        # The folder of a module may have been a link or a submodule, too: then it is all that git names.
        folder = file.parent if file.name == MANIFEST and addons.rank(file.parent.parent) else file
        rank = addons.rank(folder.parent)
        if rank and not (folder / MANIFEST).exists():
            found[folder.name] = min(rank, found.get(folder.name, rank))
    return found


def _uncovered(gone: Mapping[str, _Rank], modules: Catalogue, addons: _Addons) -> Iterator[str]:
    """The modules that are used from another folder now, because the one that came before it in `addons` is gone."""
    for name in gone.keys() & modules.folders.keys():
        rank = addons.rank(Path(os.path.realpath(modules.folders[name].parent)))
        if rank is None or gone[name] < rank:
            yield name


class _Addons:
    """The folders that the setting `addons` names. One that fits a pattern may be gone: so its name alone is compared."""

    def __init__(self, settings: Settings) -> None:
        roots = dict.fromkeys((str(settings.root), os.path.realpath(settings.root)))
        self._patterns = [
            (number, Path(os.path.normpath(os.path.join(glob.escape(root), name))), "**" in name)  # noqa: PTH118
            for number, name in enumerate(settings.addons)
            for root in roots
        ]
        self._known = {
            Path(os.path.realpath(folder)): self._by_name(folder) or (0, "") for folder in settings.addons_folders
        }

    def rank(self, folder: Path) -> _Rank | None:
        """Where a folder, given by its real path, comes in the setting; None if it is not meant."""
        return self._known.get(folder) or self._by_name(folder)

    def _by_name(self, folder: Path) -> _Rank | None:
        for number, pattern, is_deep in self._patterns:
            if (is_deep or len(pattern.parts) == len(folder.parts)) and fnmatchcase(str(folder), str(pattern)):
                return number, str(folder)
        return None


def _dependents(
    own: Mapping[str, list[str]], deleted: Set[str], modules: Catalogue, along: Collection[str]
) -> dict[str, str]:
    """Why each module counts as changed: by its own files, or by a module that it needs, directly or not.

    ``along`` is the setting `with`: each run needs what it names.
    """
    reasons = {name: f"changed: {_few(files)}" for name, files in own.items()}
    needed_by: dict[str, list[str]] = {}
    for name, folder in modules.folders.items():
        try:
            for dependency in read(folder).depends:
                needed_by.setdefault(dependency, []).append(name)
        except UsageError:  # a run of that module says what is wrong with its manifest
            continue
    queue = [*((name, name) for name in own), *((name, f"{name}, which is gone") for name in sorted(deleted))]
    while queue:
        name, words = queue.pop(0)
        for dependent in needed_by.get(name, ()):
            if dependent not in reasons:
                reasons[dependent] = f"depends on {words}"
                queue.append((dependent, dependent))
    if taken := next((name for name in modules.folders if name in reasons and (name in along or "all" in along)), None):
        reasons = {**dict.fromkeys(modules.folders, f"is tested with {taken}"), **reasons}
    return reasons


def _few(files: list[str]) -> str:
    more = len(files) - 2
    return ", ".join(files[:2]) + (f" and {counted(more, 'file')} more" if more > 0 else "")


def _compared(folder: Path, repositories: Collection[Path]) -> bool:
    """Whether a folder belongs to one of the ``repositories``, and not to a clone or worktree of its own."""
    for parent in (folder, *folder.parents):
        if parent in repositories or (parent / ".git").exists():
            return parent in repositories
    return False


def _ignored(folders: Mapping[str, Path], repositories: Iterable[Path]) -> Iterator[str]:
    """The modules whose manifest git is told to ignore."""
    command = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    paths = {top / name for top in repositories for name in demand(top, *command).split("\0") if name}
    return (name for name, folder in folders.items() if not paths.isdisjoint((folder / MANIFEST, folder, *folder.parents)))


def _not_compared(names: Sequence[str], why: str) -> Iterator[str]:
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"Not compared, because {why}: {', '.join(names[:3])}{more}."
