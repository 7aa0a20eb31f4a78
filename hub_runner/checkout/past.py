"""The modules as they were at another commit of the checkout's git repository. Git is only asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from hub_runner.checkout import committed, git, snapshot
from hub_runner.checkout.closure import Closure, closure
from hub_runner.checkout.committed import NotCommitted
from hub_runner.checkout.modules import MANIFEST, Catalogue, Module, parsed, read
from hub_runner.checkout.snapshot import Files
from hub_runner.errors import UsageError

RELEASED = "released"  # stands for the newest tag that the checkout's history has


@dataclass(frozen=True, kw_only=True)
class Past:
    """A module, and what it needs of the checkout, as they were at ``ref``. Folders are those of today's checkout."""

    ref: str  # as git knows it: a tag's name for RELEASED
    commit: str
    module: Module
    closure: Closure
    files: Mapping[str, Files]
    as_today: tuple[str, ...]  # dependencies that come from elsewhere: git knows nothing of their past

    @property
    def name(self) -> str:
        """For people."""
        return self.ref if self.commit.startswith(self.ref) else f"{self.ref} ({self.commit[:10]})"


def past(
    modules: Sequence[Module], ref: str, catalogue: Catalogue, odoo_image: str, elsewhere: Callable[[str], Path | None]
) -> Past:
    """The first of ``modules`` as it was at ``ref``, installed with the others. Raises UsageError if it was not there."""
    module = modules[0]
    top = git.ask(module.folder, "rev-parse", "--show-toplevel")
    if not top:
        raise UsageError(
            f"An upgrade begins from files that git has kept, and {module.folder} is in no git repository that git can read "
            "here. Leave upgrade-from out, or run it in a clone."
        )
    name = _newest_tag(module.folder) if ref == RELEASED else ref
    commit = git.named_commit(module.folder, name)
    tree = _Tree(Path(top.strip()), commit, name, catalogue, elsewhere)
    old = [tree.module(it.name) for it in modules]
    try:
        needed = closure(old, replace(catalogue, folders={}), odoo_image, tree.find)
    except UsageError as error:
        raise UsageError(f"At {name}, {module.name} has dependencies that cannot be had: {error}") from error
    _refuse_other_series(needed, catalogue, name)
    gone = sorted(it.name for it in needed.local if it.name in tree.files and it.name not in catalogue.folders)
    if gone:
        raise UsageError(
            f"At {name}, {module.name} depends on {', '.join(gone)}, and today's checkout has no such module: its files "
            "would be missing while Odoo upgrades. Keep it until databases are upgraded, or name a later ref."
        )
    as_today = {it.name: snapshot.files(it, within=catalogue.addons) for it in needed.local if it.name not in tree.files}
    return Past(
        ref=name,
        commit=commit,
        module=next(it for it in needed.local if it.name == module.name),
        closure=needed,
        files={it.name: as_today.get(it.name) or tree.files[it.name] for it in needed.local},
        as_today=tuple(as_today),
    )


def with_packages_of(needed: Closure, before: Past | None) -> Closure:
    """``needed``, with the modules of ``before`` that asked for other packages then."""
    if not before:
        return needed
    known = {module.name: module.manifest.get("external_dependencies") for module in needed.local}
    others = [it for it in before.closure.local if known.get(it.name) != it.manifest.get("external_dependencies")]
    return replace(needed, local=(*needed.local, *others))


def _newest_tag(folder: Path) -> str:
    if tag := git.ask(folder, "describe", "--tags", "--abbrev=0"):
        return tag.strip()
    raise UsageError(
        "upgrade-from is `released`, the newest tag before this commit, and git finds none. Name another ref, or fetch the "
        "tags (`git fetch --tags`; in CI fetch-depth: 0)."
    )


def _refuse_other_series(needed: Closure, catalogue: Catalogue, ref: str) -> None:
    for old in needed.local:
        today = read(catalogue.folders[old.name]) if old.name in catalogue.folders else old
        if old.series and today.series and old.series != today.series:
            raise UsageError(
                f"At {ref}, {old.name} is {old.version}, for Odoo {old.series}; today it is {today.version}, for "
                f"{today.series}. One run has one Odoo: name a ref of the same series. "
                "(Migrations between series need both, as OpenUpgrade has.)"
            )


@dataclass
class _Tree:
    """The modules in the tree of a commit; each is read when it is asked for. ``files`` are those that were found."""

    top: Path
    commit: str
    ref: str
    catalogue: Catalogue  # today's
    elsewhere: Callable[[str], Path | None]
    files: dict[str, Files] = field(default_factory=dict)

    def module(self, name: str) -> Module:
        """Raises UsageError if there is none, or none that can be installed."""
        module = self._read(name)
        if not module:
            raise UsageError(f"{self.ref} has no module {name}: there is nothing to upgrade from. Name a later ref.")
        if not module.installable:
            raise UsageError(f"At {self.ref}, the manifest of {name} says 'installable': False. Name another ref.")
        return module

    def find(self, name: str) -> Module | Path | None:
        """A dependency: as it was, as it is if git does not know it, or from where the checkout names it."""
        if module := self._read(name):
            return module
        today = self.catalogue.folders.get(name)
        return today if today and not self._tracks(today) else self.elsewhere(name)

    def _tracks(self, folder: Path) -> bool:
        """Whether the repository has the module there now: it has none outside, in a submodule, or in an ignored folder."""
        path = self._relative(folder)
        manifest = f":(top,literal){path}/{MANIFEST}" if path else f":(top,literal){MANIFEST}"
        return path is not None and bool(git.demand(self.top, "ls-files", "-z", "--", manifest))

    def _read(self, name: str) -> Module | None:
        path = self._path(name)
        if path is None:
            return None
        try:
            self.files[name] = dict(sorted(committed.files(self.top, self.commit, PurePosixPath(path)).items()))
            return replace(parsed(self.files[name][MANIFEST], self.catalogue.folders.get(name, self.top / path)), name=name)
        except (UsageError, NotCommitted) as error:
            raise UsageError(f"At {self.ref}: {str(error).rstrip('.')}.") from error

    def _path(self, name: str) -> str | None:
        """Where it lies today, or anywhere else; a module that today's checkout lacks, in one of its addons folders."""
        today, paths = self.catalogue.folders.get(name), self._paths.get(name, [])
        if today:
            here = self._relative(today)
            return here if here in paths else next(iter(paths), None)
        addons = [self._relative(folder) for folder in self.catalogue.addons]
        return next((path for path in paths if path.rpartition("/")[0] in addons), None)

    def _relative(self, folder: Path) -> str | None:
        """As a path in the repository; None for a folder that lies elsewhere."""
        folder, top = folder.resolve(), self.top.resolve()
        if not folder.is_relative_to(top):
            return None
        return "" if folder == top else folder.relative_to(top).as_posix()

    @cached_property
    def _paths(self) -> Mapping[str, list[str]]:
        """The folders of all modules at the commit, by name, as paths in the repository; "" is a module's own repository."""
        listed: dict[str, list[str]] = {}
        for file in git.demand(self.top, "ls-tree", "-r", "-z", "--full-tree", "--name-only", self.commit).split("\0"):
            path, _, base = file.rpartition("/")
            if base == MANIFEST:
                listed.setdefault(path.rpartition("/")[2] or self.top.name, []).append(path)
        return listed
