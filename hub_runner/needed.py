"""The packages that hub-runner is built on, and what to say where one is missing: that is no defect of ours."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from hub_runner.errors import EnvironmentFailure

# As they are imported; requests comes with docker.
PACKAGES = ("docker", "junitparser", "manifestoo_core", "psutil", "requests", "rich", "tenacity", "tomli")


@contextlib.contextmanager
def packages() -> Iterator[None]:
    """Raises EnvironmentFailure where the block imports one that is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in PACKAGES:
            raise
        raise EnvironmentFailure(
            f"This Python ({sys.executable}) lacks the package {error.name!r}, which hub-runner needs. `nox -s test -- "
            "MODULE` makes an environment that has all of them. Without nox, in a virtual environment: `pip install PATH`, "
            "with the path of a clone of hub-runner."
        ) from error
