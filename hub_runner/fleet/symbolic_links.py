"""Where the symbolic links of modules lead to: a run follows them, so what is there belongs to the module."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hub_runner.checkout.git import LINK, SUBMODULE, demand

FOLLOWED = 40  # links on one way: with more than these, the kernel calls it a circle


def repositories(top: Path) -> Iterator[tuple[Path, list[Path]]]:
    """The repository ``top`` and all submodules in it, also those of submodules, each with the links that its index has.

    Raises UsageError in git's words.
    """
    by_mode: dict[str, list[Path]] = {LINK: [], SUBMODULE: []}
    for line in demand(top, "ls-files", "--stage", "-z").split("\0"):
        mode = line.partition(" ")[0]
        if mode in by_mode:
            by_mode[mode].append(top / line.partition("\t")[2])
    yield top, by_mode[LINK]
    for folder in dict.fromkeys(by_mode[SUBMODULE]):  # each side of a conflict is an entry of its own
        if (folder / ".git").exists():
            yield from repositories(folder)


def names_by_folder(folders: Mapping[str, Path]) -> dict[Path, list[str]]:
    """The modules by their real folder: links may give one folder several names."""
    found: dict[Path, list[str]] = {}
    for name, folder in folders.items():
        found.setdefault(Path(os.path.realpath(folder)), []).append(name)
    return found


def targets(folders: Mapping[str, Path], links: Sequence[Path]) -> dict[str, set[Path]]:
    """By module, the links on the way to its folder, and all that its own links pass and lead to.

    ``folders`` are those of the catalogue, ``links`` all that are tracked. A link that turns to another folder changes no
    file of either one, so each link on the way counts like a file.
    """
    by_folder = names_by_folder(folders)
    found: dict[str, set[Path]] = {}
    for name, folder in folders.items():
        if passed := set(list(_way(folder.absolute()))[:-1]):
            found[name] = passed
    own: dict[str, list[Path]] = {}
    for link in links:
        for home in (name for parent in link.parents for name in by_folder.get(parent, ())):
            own.setdefault(home, []).append(link)
    for name, of_module in own.items():
        found.setdefault(name, set()).update(_all_ways(of_module, links))
    return found


def _all_ways(own: Sequence[Path], links: Sequence[Path]) -> set[Path]:
    """What the links ``own`` pass and lead to, and the links that lie there."""
    found: set[Path] = set()
    queue = list(own)
    while queue:
        way = set(_way(queue.pop())) - found
        found |= way
        queue += [link for link in links if link not in found and any(link.is_relative_to(place) for place in way)]
    return found


def _way(path: Path) -> Iterator[Path]:
    """Each link that is followed on the way to the absolute ``path``, and last where it ends, whether that exists or not."""
    parts = list(reversed(path.parts))
    here, left = Path(), FOLLOWED
    while parts:
        part = parts.pop()
        here = here.parent if part == ".." else here / part
        if left and os.path.islink(here):  # noqa: PTH114  # says False if permission is denied
            yield here
            left -= 1
            parts += reversed(Path(os.readlink(here)).parts)  # noqa: PTH115  # with an absolute one, `here` begins anew
            here = here.parent
    yield here
