"""Docker's compose plugin: which one is here, and whether it is recent enough."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hub_runner import compose
from hub_runner.errors import EnvironmentFailure

OLDEST = (2, 20)
SINCE = ".".join(map(str, OLDEST))


def version(environ: Mapping[str, str]) -> str:
    """The plugin's version, such as 2.26.1. Raises EnvironmentFailure where it is missing or too old."""
    code, words, complaint = compose.ask(("docker", "compose", "version", "--short"), environ)
    words = words.strip()
    if code != 0 or not words:
        raise EnvironmentFailure(too_old(f"It said: {(complaint.strip() or 'nothing').splitlines()[0].rstrip('.')}."))
    numbers = re.match(r"v?(\d+)\.(\d+)", words)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise EnvironmentFailure(too_old(f"This is {words}."))
    return words


def too_old(seen: str) -> str:
    return (
        f"Docker's compose plugin is missing or too old ({SINCE} or later is needed). {seen} `nox -s setup` installs what "
        "is missing."
    )
