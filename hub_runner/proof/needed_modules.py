"""Whether proof.json lists each module of the commit that the tested one needs, and from where: else it is not compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from hub_runner.checkout import committed, snapshot
from hub_runner.checkout.committed import NotCommitted
from hub_runner.checkout.modules import MANIFEST, NAME, parsed
from hub_runner.errors import UsageError
from hub_runner.proof.bundle import Bundle
from hub_runner.proof.disagreement import Disagreement, Reason, contradiction
from hub_runner.proof.waived_findings import settings_of
from hub_runner.settings import PROOF, RESULT


def all_listed(bundle: Bundle, root: Path, commit: str) -> Iterator[Disagreement]:
    """What proof.json leaves out of the modules that a run of this commit copies. ``root`` is the checkout here."""
    info = bundle.result.info
    for name, value in info.along.items():
        if name not in bundle.trees or snapshot.digest(bundle.trees[name].files) != value:
            yield contradiction(f"The files of {name} that {PROOF} lists do not come to the digest that {RESULT} names")
    for name, folder in _needed((info.module, *info.along), root, commit):
        known, where = bundle.trees.get(name), f"{folder} of commit {commit[:12]}"
        if known and known.folder:
            if known.folder != folder:
                text = f"{where} is {name} by the settings there, and {PROOF} has the files of {known.folder}."
                yield Disagreement(reason=Reason.OTHER_FILES, text=text)
        elif name != info.module:
            said = "says that it came from elsewhere" if known else "does not list its files"
            text = f"{where} is needed by {info.module}, and {PROOF} {said}."
            yield Disagreement(reason=Reason.OTHER_FILES, text=text)


def _needed(names: Iterable[str], root: Path, commit: str) -> Iterator[tuple[str, PurePosixPath]]:
    """These modules, and all that they depend on, as far as they lie in the commit's addons folders; and where."""
    folders = committed.folders(root, commit)
    there = {folder.name for folder in folders}  # most dependencies are Odoo's own: git is not asked for each
    addons, seen, queue = list(dict.fromkeys(_addons(folders, root, commit))), set[str](), list(names)
    while queue:
        name = queue.pop()
        if name in seen or name not in there or not NAME.fullmatch(name):
            continue
        seen.add(name)
        if found := _module(name, addons, root, commit):
            folder, manifest = found
            yield name, folder
            try:
                queue += map(str, parsed(manifest, Path(folder)).depends)
            except UsageError:  # it is no module of any run, and the lists of files say so
                continue


def _module(name: str, addons: Sequence[PurePosixPath], root: Path, commit: str) -> tuple[PurePosixPath, bytes] | None:
    """The folder and the manifest of the first module of that name; None if it is Odoo's own, or of another repository."""
    for parent in addons:
        for folder in ([parent] if parent.name == name else []) + [parent / name]:  # an addons folder may be a module
            try:
                files = committed.files(root, commit, folder)
            except NotCommitted:
                continue
            if MANIFEST in files:
                return folder, files[MANIFEST]
    return None


def _addons(folders: Sequence[PurePosixPath], root: Path, commit: str) -> Iterator[PurePosixPath]:
    """The addons folders that the commit's own settings name, below the checkout: no other ones are in the commit."""
    for name in settings_of(root, commit).addons:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            continue
        if any(mark in name for mark in "*?["):
            depth = None if "**" in name else len(path.parts)
            yield from sorted(it for it in folders if depth in (None, len(it.parts)) and fnmatch(str(it), str(path)))
        else:
            yield path
