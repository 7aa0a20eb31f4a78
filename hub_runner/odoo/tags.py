"""Odoo's test tags: what is one, and that none of them selects tests of another module than the tested one."""

from __future__ import annotations

import re

from hub_runner.errors import UsageError

_COMMA = re.compile(r",(?![^\[]*\])")  # a tag's parameters in square brackets may hold commas
_TAG = re.compile(
    r"(?P<sign>[+-]?)(?P<tag>\*|\w*)(?P<file>/[\w/.-]+\.py)?(?:/(?P<module>\w+))?(?P<rest>(?::\w*)?(?:\.\w*)?(?:\[.*\])?)"
)


def restricted(module: str, tags: str) -> str:
    """``tags`` as Odoo takes them, restricted to ``module``; without any, its standard tests. Raises UsageError."""
    words = [word.strip() for word in _COMMA.split(tags) if word.strip()]
    kept = [_restricted(module, word) for word in words]
    if not any(not word.startswith("-") for word in kept):
        kept.insert(0, f"/{module}")
    return ",".join(kept)


def _restricted(module: str, word: str) -> str:
    match = _TAG.fullmatch(word)
    if not match:
        raise UsageError(
            f"{word!r} is not a test tag. Odoo takes [-][tag][/module][:Class][.method], for example "
            f"/{module}:TestRock.test_escalate, separated by commas."
        )
    sign, tag, file, named, rest = match["sign"], match["tag"], match["file"], match["module"], match["rest"]
    if sign == "-" or (file and f"/{module}/" in file) or named == module:
        return word
    if file or named:
        raise UsageError(f"The test tag {word!r} selects tests of {file or named}, and this run tests {module}.")
    return f"{sign}{tag}/{module}{rest}"
