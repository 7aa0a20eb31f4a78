"""The files of a module as they are in a commit, read from git's own store: nothing is checked out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from hub_runner.checkout import git
from hub_runner.checkout.git import LINK, SUBMODULE
from hub_runner.checkout.snapshot import SKIPPED
from hub_runner.errors import UsageError
from hub_runner.host import process

FOLDER = "040000"  # mode of git's entry
DEPTH = 40  # links to links that are followed


class NotCommitted(Exception):
    """The commit, or the folder in it, is not in the repository. The message is a sentence without its full stop."""


def commit_of(root: Path, reference: str) -> str:
    """The full name of the commit that ``reference`` leads to. Raises NotCommitted."""
    try:
        return git.named_commit(root, reference)
    except UsageError as error:
        raise NotCommitted(str(error).rstrip(".")) from error


def files(root: Path, commit: str, folder: PurePosixPath) -> dict[str, bytes]:
    """The files that a run would copy from the folder of a module, by path. Links are followed inside the commit.

    ``folder`` is relative to ``root``, the checkout, which may be a folder of the repository. Raises NotCommitted.
    """
    prefix = (git.ask(root, "rev-parse", "--show-prefix") or "").strip()
    return _Commit(root, commit).below(PurePosixPath(prefix) / folder)


def folders(root: Path, commit: str) -> list[PurePosixPath]:
    """All folders of the checkout in the commit, and links, which may lead to one; sorted, as seen from ``root``."""
    listing = git.ask(root, "ls-tree", "-r", "-t", "-z", commit) or ""
    entries = (entry.partition("\t") for entry in filter(None, listing.split("\0")))
    return [PurePosixPath(name) for about, _, name in entries if about.startswith((FOLDER, LINK))]


def text(root: Path, commit: str, path: str) -> str:
    """One file of the checkout, as UTF-8. Raises NotCommitted, or ValueError if it is no text."""
    content = git.ask(root, "show", f"{commit}:./{path}")
    if content is None:
        raise NotCommitted(f"commit {commit[:12]} has no {path}")
    return content


class _Commit:
    def __init__(self, root: Path, commit: str) -> None:
        self.root, self.commit = root, commit

    def below(self, folder: PurePosixPath) -> dict[str, bytes]:
        """By path below ``folder``, whose own path starts at the top of the repository."""
        objects = dict(self._entries(folder, PurePosixPath(), DEPTH))
        if not objects:
            raise NotCommitted(f"commit {self.commit[:12]} has no files in {folder}")
        contents = self._contents(list(dict.fromkeys(objects.values())))
        return {path: contents[name] for path, name in objects.items()}

    def _entries(self, folder: PurePosixPath, shown: PurePosixPath, depth: int) -> Iterator[tuple[str, str]]:
        """Paths below ``shown``, and the names of the objects that hold the files."""
        where = "" if folder == PurePosixPath() else str(folder)
        try:
            listing = git.demand(self.root, "ls-tree", "-r", "-z", "--full-tree", f"{self.commit}:{where}")
        except UsageError:
            listing = None  # it is a link, or nothing
        if listing is None:
            target = self._target(folder)
            if target is not None and depth:
                yield from self._entries(target, shown, depth - 1)
            return
        for entry in filter(None, listing.split("\0")):
            about, _, name = entry.partition("\t")
            mode, _, identity = about.split(" ")[:3]
            path = PurePosixPath(name)
            if SKIPPED.intersection(path.parts[:-1]):
                continue
            if mode == SUBMODULE:
                raise NotCommitted(f"{folder / path} is a submodule: verify in there, against its own commit")
            if mode != LINK:
                yield str(shown / path), identity
            elif depth:
                yield from self._linked(folder / path, shown / path, depth)

    def _linked(self, path: PurePosixPath, shown: PurePosixPath, depth: int) -> Iterator[tuple[str, str]]:
        """What a link leads to, as long as it stays in the repository."""
        checked = self._check(path)
        if checked[1:2] == ["blob"]:
            yield str(shown), checked[0]
        elif checked[1:2] == ["tree"] and path.name not in SKIPPED and (target := self._target(path)) is not None:
            yield from self._entries(target, shown, depth - 1)

    def _check(self, path: PurePosixPath) -> list[str]:
        """``[NAME, KIND, SIZE]`` of the object that ``path`` leads to; other words if it leads to none in this commit."""
        answer = self._batch(("--batch-check", "--follow-symlinks"), f"{self.commit}:{path}\n".encode())
        return answer.decode(errors="replace").split("\n")[0].split(" ")

    def _target(self, path: PurePosixPath) -> PurePosixPath | None:
        """Where the first link on the way of ``path`` leads; None if there is none, or it leaves the repository."""
        for end in range(1, len(path.parts) + 1):
            part = PurePosixPath(*path.parts[:end])
            entry = git.ask(self.root, "ls-tree", "-z", "--full-tree", self.commit, "--", str(part))
            if entry and entry.startswith(LINK):
                link = self._contents([entry.split(" ")[2].partition("\t")[0]]).popitem()[1].decode(errors="surrogateescape")
                return _joined(part.parent, PurePosixPath(link), path.parts[end:])
        return None

    def _contents(self, names: list[str]) -> dict[str, bytes]:
        """What objects hold, by their names."""
        answer = self._batch(("--batch",), "".join(f"{name}\n" for name in names).encode())
        contents, at = {}, 0
        for name in names:
            end = answer.index(b"\n", at)
            size = int(answer[at:end].split(b" ")[2])
            contents[name] = answer[end + 1 : end + 1 + size]
            at = end + 2 + size
        return contents

    def _batch(self, how: tuple[str, ...], asked: bytes) -> bytes:
        command = ("git", "--no-optional-locks", "-C", str(self.root), "cat-file", *how)
        try:
            done = process.completed(command, given=asked, timeout=60, environ=git.environ())
            done.check_returncode()
            return done.stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise NotCommitted(f"git could not read the files of commit {self.commit[:12]}: {error}") from error


def _joined(folder: PurePosixPath, link: PurePosixPath, rest: tuple[str, ...]) -> PurePosixPath | None:
    """The path of ``link`` as seen from ``folder``, without dots; None if it leaves the repository."""
    parts = list(folder.parts)
    if link.is_absolute():
        return None
    for part in (*link.parts, *rest):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def differences(tested: Mapping[str, str], committed: Mapping[str, str]) -> list[str]:
    """A phrase for each file that differs; both are sums by path."""
    changed = [f"{path} is another one" for path, value in tested.items() if committed.get(path, value) != value]
    extra = [f"{path} is not committed" for path in tested if path not in committed]
    gone = [f"{path} is committed and was not tested" for path in committed if path not in tested]
    return [*changed, *extra, *gone]
