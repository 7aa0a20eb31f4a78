"""Tours of a module that no Python test starts: they look like tests, and nothing ever runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# How tours are registered: since 16.0, and before that.
_TOUR = re.compile(
    rb"""\.category\(\s*["']web_tour\.tours["']\s*\)\s*\.add\(\s*["']([\w.-]+)["']|\btour\.register\(\s*["']([\w.-]+)["']"""
)


def unstarted(files: Mapping[str, bytes]) -> Iterator[str]:
    """A sentence for each file below ``static/tests`` with tours that no test of the module names.

    ``files`` are the module's contents by path. Tours elsewhere may be meant for people.
    """
    tests = b"\n".join(content for path, content in files.items() if path.startswith("tests/") and path.endswith(".py"))
    for path, content in sorted(files.items()):
        if path.startswith("static/tests/") and path.endswith(".js"):
            names = [(new or old) for new, old in _TOUR.findall(content)]
            lonely = [name.decode() for name in names if name not in tests]
            if lonely:
                yield f"{path} has {_tours(lonely)} that no Python test starts (start_tour): {', '.join(lonely)}."


def _tours(names: list[str]) -> str:
    return "a tour" if len(names) == 1 else f"{len(names)} tours"
