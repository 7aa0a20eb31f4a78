"""Which lines of a module's Python files have changed since a commit."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from hub_runner.checkout.git import ask, demand, named_commit
from hub_runner.checkout.modules import Module

Lines = Collection[int]
ALL = range(1, 10**9)  # all lines of a new file, whichever length it has
_FILE = re.compile(r'^\+\+\+ "?b/(?P<name>[^\t\n]*?)"?\t?$')
_HUNK = re.compile(r"^@@ -\S+ \+(?P<first>\d+)(?:,(?P<count>\d+))? @@")
# Nothing that a user's configuration of git says about diffs may have a say.
_PLAIN = (
    *("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--relative"),
    *("--src-prefix=a/", "--dst-prefix=b/"),
)


def changed_lines(root: Path, module: Module, since: str) -> Mapping[str, Lines]:
    """The numbers of changed lines by file as a path of the checkout ``root``. The working tree and new files are included.

    They are compared with the last commit that both histories have: what others changed since then is not ours. Raises
    UsageError if git cannot tell: no repository, no such commit.
    """
    folder = module.folder
    commit = named_commit(folder, since)
    base = (ask(folder, "merge-base", commit, "HEAD") or commit).strip()
    found = of_diff(demand(folder, "-c", "core.quotePath=false", "diff", *_PLAIN, base, "--", "."))
    new = demand(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", ".").split("\0")
    shown = PurePosixPath(module.seen_from(root))
    every = {**found, **dict.fromkeys(new, ALL)}
    return {(shown / name).as_posix(): lines for name, lines in every.items() if name.endswith(".py")}


def of_diff(text: str) -> dict[str, Lines]:
    """The lines that the newer side of a unified diff without context has. A line that looks like a header is none."""
    found: dict[str, set[int]] = {}
    name, left = "", 0
    for line in text.split("\n"):
        if left and line.startswith(("+", "-", "\\")):
            left -= line.startswith("+")
        elif match := _HUNK.match(line):
            first, left = int(match["first"]), int(match["count"] or 1)
            found.setdefault(name, set()).update(range(first, first + left))
        elif match := _FILE.match(line):
            name = match["name"]
    return {file: frozenset(lines) for file, lines in found.items()}
