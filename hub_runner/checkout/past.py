"""The modules as they were at another commit of the checkout's git repository. Git is only asked."""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hub_runner.checkout import git, snapshot
from hub_runner.checkout.closure import Closure, closure
from hub_runner.checkout.modules import MANIFEST, Catalogue, Module, read
from hub_runner.checkout.snapshot import Files
from hub_runner.errors import UsageError

RELEASED = "released"  # stands for the newest tag that the checkout's history has
_SERIES = re.compile(r"(\d+\.\d)\.\d+\.\d+\.\d+")


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
    with tempfile.TemporaryDirectory(prefix="hub-runner-") as folder:
        tree = _Tree(Path(top.strip()), commit, name, Path(folder), catalogue, elsewhere)
        old = [tree.module(it.name) for it in modules]
        try:
            needed = closure(old, replace(catalogue, folders={}), odoo_image, tree.find)
        except UsageError as error:
            raise UsageError(
                f"At {name}, {module.name} has dependencies that cannot be had: {_without(folder, error)}"
            ) from error
        _refuse_other_series(needed, catalogue, name)
        gone = sorted(it.name for it in needed.local if it.name in tree.extracted and it.name not in catalogue.folders)
        if gone:
            raise UsageError(
                f"At {name}, {module.name} depends on {', '.join(gone)}, and today's checkout has no such module: its files "
                "would be missing while Odoo upgrades. Keep it until databases are upgraded, or name a later ref."
            )
        files = {it.name: snapshot.files(it, within=(Path(folder), *catalogue.addons)) for it in needed.local}
        local = tuple(replace(it, folder=catalogue.folders.get(it.name, it.folder)) for it in needed.local)
        return Past(
            ref=name,
            commit=commit,
            module=next(it for it in local if it.name == module.name),
            closure=replace(needed, local=local),
            files=files,
            as_today=tuple(it.name for it in local if it.name not in tree.extracted),
        )


def _without(folder: str, error: UsageError) -> str:
    """Its message with paths as they are below the temporary folder."""
    return str(error).replace(f"{folder}/", "")


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
        then, now = _SERIES.fullmatch(old.version), _SERIES.fullmatch(today.version)
        if then and now and then[1] != now[1]:
            raise UsageError(
                f"At {ref}, {old.name} is {old.version}, for Odoo {then[1]}; today it is {today.version}, for {now[1]}. One "
                "run has one Odoo: name a ref of the same series. (Migrations between series need both, as OpenUpgrade has.)"
            )


@dataclass
class _Tree:
    """The modules in the tree of a commit; each is put into ``folder`` when it is asked for."""

    top: Path
    commit: str
    ref: str
    folder: Path
    catalogue: Catalogue  # today's
    elsewhere: Callable[[str], Path | None]
    extracted: dict[str, Path] = field(default_factory=dict)

    def module(self, name: str) -> Module:
        """Raises UsageError if there is none, or none that can be installed."""
        folder = self._extract(name)
        if not folder:
            raise UsageError(f"{self.ref} has no module {name}: there is nothing to upgrade from. Name a later ref.")
        module = self._read(folder)
        if not module.installable:
            raise UsageError(f"At {self.ref}, the manifest of {name} says 'installable': False. Name another ref.")
        return module

    def find(self, name: str) -> Path | None:
        """The folder of a dependency: as it was, as it is if git does not know it, or where the checkout names it."""
        if folder := self._extract(name):
            self._read(folder)
            return folder
        today = self.catalogue.folders.get(name)
        return today if today and self._relative(today) is None else self.elsewhere(name)

    def _read(self, folder: Path) -> Module:
        try:
            return read(folder)
        except UsageError as error:
            raise UsageError(f"At {self.ref}: {_without(str(self.folder), error)}") from error

    def _extract(self, name: str) -> Path | None:
        if name in self.extracted:
            return self.extracted[name]
        path = self._path(name)
        if path is None:
            return None
        self.extracted[name] = _unpacked(git.archive(self.top, self.commit, path), path, self.folder / name)
        return self.extracted[name]

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
        return folder.relative_to(top).as_posix().removeprefix(".") if folder.is_relative_to(top) else None

    @property
    def _paths(self) -> Mapping[str, list[str]]:
        """The folders of all modules at the commit, by name, as paths in the repository; "" is a module's own repository."""
        if not self._listed:
            for file in git.demand(self.top, "ls-tree", "-r", "-z", "--name-only", self.commit).split("\0"):
                path, _, base = file.rpartition("/")
                if base == MANIFEST:
                    self._listed.setdefault(path.rpartition("/")[2] or self.top.name, []).append(path)
        return self._listed

    _listed: dict[str, list[str]] = field(default_factory=dict)


def _unpacked(archive: bytes, path: str, target: Path) -> Path:
    """The files below ``path`` in a tar that git has made, put into the folder ``target``."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for entry in tar:
            file = target / entry.name.removeprefix(f"{path}/" if path else "")
            if entry.isreg() or entry.issym():
                file.parent.mkdir(parents=True, exist_ok=True)
            if entry.issym():
                file.symlink_to(entry.linkname)
            elif entry.isreg():
                content = tar.extractfile(entry)
                assert content
                file.write_bytes(content.read())
    return target
